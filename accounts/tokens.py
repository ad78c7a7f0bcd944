"""The two tokens of a session. They are functions of its row, so a reply that got lost can be repeated exactly.

simplejwt signs and verifies; what a session is and when it ends is decided by the row alone.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from accounts.models import Session
from wholexale.common.errors import Unauthenticated

ISSUER = "wholexale"
AUDIENCE = "wholexale"
MAX_LENGTH = 4096
_CLOCK_SKEW = 10  # seconds that another host's clock may be ahead; never added to the life of a token

Claims = TypeVar("Claims", "AccessClaims", "RefreshClaims")


class AccessClaims(msgspec.Struct, frozen=True):
    """What an access token says: the person, the session and the seconds of its life."""

    typ: Literal["access"]
    sub: UUID
    sid: UUID
    iat: int
    exp: int


class RefreshClaims(msgspec.Struct, frozen=True):
    """What a refresh token says; `gen` counts the rotations before it."""

    typ: Literal["refresh"]
    sub: UUID
    sid: UUID
    gen: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both tokens of a session in its present generation; `expires_in` is the access token's life in seconds."""

    access: str
    refresh: str
    expires_in: int


def issue(session: Session) -> Tokens:
    """Sign the tokens of a session as it stands."""
    subject, session_id = str(session.user_id), str(session.id)
    issued_at, ends_at = _seconds(session.rotated_at), _seconds(session.expires_at)
    expires_at = min(issued_at + int(settings.JWT_EXPIRES_IN.total_seconds()), ends_at)
    access: dict[str, Any] = {
        "typ": "access",
        "sub": subject,
        "id": subject,  # the old backend's name of the claim
        "sid": session_id,
        "jti": f"{session_id}.{session.generation}",
        "iat": issued_at,
        "exp": expires_at,
    }
    refresh = {
        "typ": "refresh",
        "sub": subject,
        "sid": session_id,
        "gen": session.generation,
        "iat": issued_at,
        "exp": ends_at,
    }
    return Tokens(
        access=_backend(settings.JWT_SECRET).encode(access),
        refresh=_backend(settings.JWT_REFRESH_SECRET).encode(refresh),
        expires_in=expires_at - issued_at,
    )


def read_access_token(token: str) -> AccessClaims:
    """Return the claims of an access token.

    Raises:
        Unauthenticated: `INVALID_TOKEN` or `TOKEN_EXPIRED`.
    """
    return _read(token, settings.JWT_SECRET, AccessClaims)


def read_refresh_token(token: str) -> RefreshClaims:
    """Return the claims of a refresh token.

    Raises:
        Unauthenticated: `INVALID_REFRESH_TOKEN`, also where it has expired.
    """
    try:
        return _read(token, settings.JWT_REFRESH_SECRET, RefreshClaims)
    except Unauthenticated:
        raise invalid_refresh_token() from None


def invalid_token() -> Unauthenticated:
    """Build the refusal of a token that is not one of ours."""
    return Unauthenticated("INVALID_TOKEN", "The token is not valid.")


def expired_token() -> Unauthenticated:
    """Build the refusal of a token whose time is over."""
    return Unauthenticated("TOKEN_EXPIRED", "The token has expired.")


def invalid_refresh_token() -> Unauthenticated:
    """Build the refusal of a refresh token that renews nothing."""
    return Unauthenticated("INVALID_REFRESH_TOKEN", "The refresh token is not valid.")


def _read(token: str, secret: str, shape: type[Claims]) -> Claims:
    if len(token) > MAX_LENGTH or not token.isascii():
        raise invalid_token()
    try:
        claims = msgspec.convert(_backend(secret).decode(token), shape)  # type: ignore[arg-type] # stub: Token
    except TokenBackendExpiredToken:
        raise expired_token() from None
    except (TokenBackendError, msgspec.ValidationError):
        raise invalid_token() from None
    if claims.exp <= time.time():
        raise expired_token()
    return claims


@cache
def _backend(secret: str) -> TokenBackend:
    return TokenBackend("HS256", secret, audience=AUDIENCE, issuer=ISSUER, leeway=_CLOCK_SKEW)


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
