"""Access tokens that must never be accepted, each made from a living session; for HTTP and for sockets."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings

from accounts import tokens
from accounts.models import Session

Attack = Callable[[Session], str]

_OTHER_KEY = "another-key-that-is-long-enough-for-hs256"
_PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
    "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n-----END PUBLIC KEY-----\n"
)


def claims(session: Session) -> dict[str, Any]:
    """Return claims that are in order."""
    now = int(time.time())
    return {
        "typ": "access",
        "sub": str(session.user_id),
        "id": str(session.user_id),
        "sid": str(session.id),
        "jti": f"{session.id}.0",
        "iat": now,
        "exp": now + 600,
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
    }


def sign(payload: Any, *, key: str | None = None, digest: str = "sha256", **header: Any) -> str:
    """Sign any payload with any key under any header; by default as the server does."""
    head = {"alg": "HS256", "typ": "JWT"} | header
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = f"{_segment(json.dumps(head).encode())}.{_segment(raw)}"
    secret = settings.JWT_SECRET if key is None else key
    return f"{signed}.{_segment(hmac.new(secret.encode(), signed.encode(), digest).digest())}"


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _with(**changes: Any) -> Attack:
    return lambda session: sign(claims(session) | changes)


def _without(name: str) -> Attack:
    return lambda session: sign({key: value for key, value in claims(session).items() if key != name})


def _unsigned(alg: Any) -> Attack:
    return lambda session: sign(claims(session), alg=alg).rpartition(".")[0] + "."


def _signed_by(key: str, **header: Any) -> Attack:
    return lambda session: sign(claims(session), key=key, **header)


def _changed(change: Callable[[str], str]) -> Attack:
    return lambda session: change(tokens.issue(session).access)


def _flip(token: str, at: int) -> str:
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


def _other_signature(token: str) -> str:
    return f"{token.rpartition('.')[0]}.{_segment(hashlib.sha256(token.encode()).digest())}"


INVALID: dict[str, Attack] = {
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg NONE": _unsigned("NONE"),
    "alg nOnE": _unsigned("nOnE"),
    "alg empty": _unsigned(""),
    "alg null": _unsigned(None),
    "alg a number": _unsigned(256),
    "alg a list": _unsigned(["HS256"]),
    "alg an object": _unsigned({"HS256": True}),
    "alg none with the right signature": lambda session: sign(claims(session), alg="none"),
    "HS512 with the right key": lambda session: sign(claims(session), digest="sha512", alg="HS512"),
    "RS256 in the header": lambda session: sign(claims(session), alg="RS256"),
    "ES256 in the header": lambda session: sign(claims(session), alg="ES256"),
    "a public key as the secret": _signed_by(_PUBLIC_KEY),
    "a public key as the secret, RS256": _signed_by(_PUBLIC_KEY, alg="RS256"),
    "another key": _signed_by(_OTHER_KEY),
    "the empty key": _signed_by(""),
    "the key of refresh tokens": lambda session: sign(claims(session), key=settings.JWT_REFRESH_SECRET),
    "kid names a file": _signed_by("", kid="../../../../dev/null"),
    "kid is SQL": _signed_by(_OTHER_KEY, kid="x' UNION SELECT 'another-key"),
    "kid is an object": _signed_by(_OTHER_KEY, kid={"a": 1}),
    "jku names a foreign key set": _signed_by(_OTHER_KEY, jku="http://127.0.0.1:9/keys.json"),
    "x5u names a foreign certificate": _signed_by(_OTHER_KEY, x5u="http://127.0.0.1:9/cert.pem"),
    "jwk brings its own key": _signed_by(_OTHER_KEY, jwk={"kty": "oct", "k": _segment(_OTHER_KEY.encode())}),
    "b64 false": lambda session: sign(claims(session), b64=False, crit=["b64"]),
    "crit names what we do not know": lambda session: sign(claims(session), crit=["https://example.com/x"]),
    "a refresh token": lambda session: tokens.issue(session).refresh,
    "a refresh token with the access key": _with(typ="refresh", gen=0),
    "typ missing": _without("typ"),
    "typ a list": _with(typ=["access"]),
    "typ in capitals": _with(typ="ACCESS"),
    "aud missing": _without("aud"),
    "aud of another service": _with(aud="another"),
    "aud empty": _with(aud=""),
    "aud an object": _with(aud={"wholexale": 1}),
    "aud a list of numbers": _with(aud=[1]),
    "iss missing": _without("iss"),
    "iss of another service": _with(iss="another"),
    "iss a list": _with(iss=["wholexale"]),
    "sub missing": _without("sub"),
    "sub a number": _with(sub=1),
    "sub no id": _with(sub="1' OR '1'='1"),
    "sub null": _with(sub=None),
    "sub an object": _with(sub={"$ne": None}),
    "sid missing": _without("sid"),
    "sid null": _with(sid=None),
    "sid a list": _with(sid=[]),
    "sid an object": _with(sid={"$ne": None}),
    "jti a number": _with(jti=5),
    "iat missing": _without("iat"),
    "iat in an hour": lambda session: sign(claims(session) | {"iat": int(time.time()) + 3600}),
    "iat a word": _with(iat="now"),
    "nbf in an hour": lambda session: sign(claims(session) | {"nbf": int(time.time()) + 3600}),
    "nbf a list": _with(nbf=[1]),
    "exp missing": _without("exp"),
    "exp a word": _with(exp="never"),
    "exp digits in a string": _with(exp="99999999999"),
    "exp a fraction": _with(exp=99999999999.5),
    "exp infinite": _with(exp=float("inf")),
    "exp not a number": _with(exp=float("nan")),
    "exp null": _with(exp=None),
    "exp a list": _with(exp=[99999999999]),
    "exp of five thousand digits": lambda session: sign(
        json.dumps(claims(session) | {"exp": 0}).replace('"exp": 0', f'"exp": {"9" * 5000}').encode()
    ),
    "payload a list": lambda session: sign([claims(session)]),
    "payload a string": lambda _: sign("access"),
    "payload null": lambda _: sign(None),
    "payload no JSON": lambda _: sign(b"{"),
    "payload no UTF-8": lambda _: sign(b"\xff\xfe"),
    "payload nested deeply": lambda _: sign(b'{"a":' * 600 + b"1" + b"}" * 600),
    "payload changed": _changed(lambda token: _flip(token, token.index(".") + 40)),
    "header changed": _changed(lambda token: _flip(token, 12)),
    "signature changed": _changed(_other_signature),
    "signature empty": _changed(lambda token: token.rpartition(".")[0] + "."),
    "signature missing": _changed(lambda token: token.rpartition(".")[0]),
    "four segments": _changed(lambda token: f"{token}.x"),
    "one segment": _changed(lambda token: token.replace(".", "")),
    "only dots": _changed(lambda _: ".."),
    "no base64": _changed(lambda _: "?.?.?"),
    "two tokens": _changed(lambda token: f"{token} {token}"),
    "a blank inside": _changed(lambda token: f"{token[:20]} {token[20:]}"),
    "one megabyte": lambda session: sign(claims(session) | {"pad": "x" * 1_000_000}),
    "one megabyte of dots": lambda _: "." * 1_000_000,
    "letters beyond ASCII": _changed(lambda token: f"{token}\u00e9"),
    "a word": lambda _: "undefined",
}

EXPIRED: dict[str, Attack] = {
    "exp a second ago": lambda session: sign(claims(session) | {"exp": int(time.time()) - 1}),
    "exp now": lambda session: sign(claims(session) | {"exp": int(time.time())}),
    "exp zero": _with(exp=0),
    "exp negative": _with(exp=-1),
}

REVOKED: dict[str, Attack] = {"sid of no session": lambda session: sign(claims(session) | {"sid": str(uuid4())})}

UNKNOWN: dict[str, Attack] = {
    "sub of nobody": lambda session: sign(claims(session) | {"sub": str(uuid4())}),
    "sub and sid swapped": lambda session: sign(
        claims(session) | {"sub": str(session.id), "sid": str(session.user_id)}
    ),
}

ATTACKS: dict[str, tuple[Attack, str]] = {
    name: (attack, code)
    for code, group in (
        ("INVALID_TOKEN", INVALID),
        ("TOKEN_EXPIRED", EXPIRED),
        ("SESSION_REVOKED", REVOKED),
        ("USER_NOT_FOUND", UNKNOWN),
    )
    for name, attack in group.items()
}
"""Every attack by name, with the code of its refusal."""
