"""Signatures of webhooks: `t=<seconds>,v1=<hex>`, an HMAC-SHA256 over `<seconds>.<body>`, as Stripe made it usual."""

import hashlib
import hmac
import re
import time
from collections.abc import Sequence

from finance.gateways.interface import Unverified

TOLERANCE_SECONDS = 300
_PART = re.compile(r"([a-z0-9]+)=([^,]+)")
_SECONDS = re.compile(r"[0-9]{1,12}")


def sign(body: bytes, secret: str, *, at: int | None = None) -> str:
    """Return the header of a body; `at` is in seconds since 1970, now where it is None."""
    seconds = int(time.time()) if at is None else at
    return f"t={seconds},v1={_digest(body, secret, str(seconds))}"


def verify(body: bytes, header: str, secrets: Sequence[str]) -> None:
    """Refuse a body that was not signed by one of the secrets in the last five minutes, byte for byte.

    Raises:
        Unverified: and it says no more: whoever forges learns nothing.
    """
    parts = _PART.findall(header)
    seconds = next((value for name, value in parts if name == "t"), "")
    if not _SECONDS.fullmatch(seconds) or abs(time.time() - int(seconds)) > TOLERANCE_SECONDS:
        raise Unverified
    given = [value for name, value in parts if name == "v1"]
    expected = [_digest(body, secret, seconds) for secret in secrets if secret]
    if not any([_is_same(one, other) for one in given for other in expected]):  # noqa: C419 - each is compared
        raise Unverified


def verify_plain(body: bytes, given: str, secrets: Sequence[str]) -> None:
    """Refuse a body whose plain hexadecimal HMAC-SHA256 is another: what the old backend's senders make.

    Raises:
        Unverified: also where there is no secret.
    """
    expected = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets if secret]
    if not any([_is_same(given, one) for one in expected]):  # noqa: C419 - each is compared
        raise Unverified


def _digest(body: bytes, secret: str, seconds: str) -> str:
    return hmac.new(secret.encode(), b"%b.%b" % (seconds.encode(), body), hashlib.sha256).hexdigest()


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
