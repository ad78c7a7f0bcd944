"""Rate limits: one adapter around django-ratelimit's exact counter (its decorator and its 403 are not used)."""

import ipaddress
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache, caches
from django.http import HttpRequest
from django_ratelimit import ALL
from django_ratelimit.core import _get_window, _make_cache_key, _split_rate, get_usage

from wholexale.common.errors import RateLimited

logger = logging.getLogger(__name__)

SPARE = "spare"
"""The cache in memory that counts meanwhile."""

KEPT_SECONDS = 5
"""For which a count outlives its window: it must not go between two commands."""

REST_SECONDS = 2.0
"""How long a store that did not answer is left alone. Then one caller tries it, and no other waits meanwhile.

A hung store would cost every caller its timeout, and the others the threads that wait.
"""

_rests_until = 0.0
_has_failed = False
_trying = threading.Lock()


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may happen for one key.

    `setting` names the Django setting that holds the rate, such as `5/1h`; an empty rate is no limit.
    """

    setting: str

    @property
    def rate(self) -> str:
        """Return the configured rate, or "" where this limit or all limits are off."""
        return getattr(settings, self.setting) if settings.RATE_LIMITS else ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a limit, for the `RateLimit-*` headers; `reset` in seconds."""

    limit: int
    remaining: int
    reset: int


def hit(limit: Limit, key: str) -> Usage | None:
    """Count one occurrence for a key; None where the limit is off.

    While the store does not answer each process counts by itself, from nothing: nobody is refused for want of a store,
    and nobody may guess for ever.

    Raises:
        RateLimited: above the limit, with the seconds until the window ends.
    """
    if not (rate := limit.rate):
        return None
    usage = _count(limit, key, rate) or _count_here(limit, key, rate)
    reset = max(0, usage["time_left"])
    if usage["should_limit"]:
        refusal = RateLimited(retry_after=max(1, reset))
        refusal.limit = usage["limit"]
        refusal.is_first = usage["count"] == usage["limit"] + 1
        raise refusal
    return Usage(limit=usage["limit"], remaining=max(0, usage["limit"] - usage["count"]), reset=reset)


def forget(limit: Limit, key: str) -> None:
    """Count a key from nothing again; where the store does not answer, it stays as it is until its window ends.

    What other processes have counted by themselves meanwhile stays as well.
    """
    if not (rate := limit.rate):
        return
    name = _make_cache_key(limit.setting, _get_window(key, _split_rate(rate)[1]), rate, key, ALL)
    try:
        caches[SPARE].delete(name)
        cache.delete(name)
    except Exception as error:  # noqa: BLE001 - the cache clients' errors have no common base
        logger.warning("the limit %s could not be forgotten: %s", limit.setting, error)


def store_is_back() -> None:
    """Count again at once, whatever the store did a moment ago."""
    global _has_failed  # noqa: PLW0603 - one store a process
    _has_failed = False


def _count(limit: Limit, key: str, rate: str) -> dict[str, Any] | None:
    """Return the usage after one more occurrence, None while the store does not answer."""
    if not _has_failed:
        return _ask(limit, key, rate)
    if time.monotonic() < _rests_until or not _trying.acquire(blocking=False):
        return None
    try:
        return _ask(limit, key, rate)
    finally:
        _trying.release()


def _ask(limit: Limit, key: str, rate: str) -> dict[str, Any] | None:
    """Ask the store, and remember whether it answers."""
    global _has_failed, _rests_until  # noqa: PLW0603 - one store a process
    try:
        usage = _usage(limit, key, rate)
    except Exception as error:  # noqa: BLE001 - the cache clients' errors have no common base
        _has_failed, _rests_until = True, time.monotonic() + REST_SECONDS
        logger.warning("the limit %s could not be counted: %s", limit.setting, error)
        return None
    _has_failed = False
    return usage


def _count_here(limit: Limit, key: str, rate: str) -> dict[str, Any]:
    """Count one more in the memory of this process, as `get_usage` does in the store."""
    most, period = _split_rate(rate)
    window = _get_window(key, period)
    name = _make_cache_key(limit.setting, window, rate, key, ALL)
    spare, lasts = caches[SPARE], period + KEPT_SECONDS
    try:
        count = 1 if spare.add(name, 1, lasts) else spare.incr(name)
    except ValueError:  # it was forgotten in between
        count = 1
        spare.set(name, count, lasts)
    return {"count": count, "limit": most, "should_limit": count > most, "time_left": window - int(time.time())}


def _usage(limit: Limit, key: str, rate: str) -> dict[str, Any]:
    """Count one more; where the store has lost the key just then, from nothing again.

    Raises:
        LookupError: where it has lost that as well.
    """
    for _ in range(2):
        usage: dict[str, Any] = get_usage(
            None, group=limit.setting, key=lambda _group, _request: key, rate=rate, method=ALL, increment=True
        )
        if usage["count"]:  # django-ratelimit says 0 of what was lost between its two commands, and calls it too many
            return usage
    raise LookupError("the store loses what it counts")


def client_address(request: HttpRequest) -> str:
    """Return the address of the client: the right-most hop that is not one of our own proxies."""
    return forwarded_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def forwarded_address(peer: str, forwarded_for: str) -> str:
    """Return the client's address given the peer of the connection and its `X-Forwarded-For` header."""
    hops = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), peer]
    while len(hops) > 1 and is_trusted(hops[-1]):
        hops.pop()
    return hops[-1]


def address_key(address: str) -> str | None:
    """Return the key of per-address limits (IPv6: the /64), or None where the address is not counted."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    if ip.is_loopback and settings.IS_DEVELOPMENT:
        return None
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address) if ip.version == 6 else str(ip)  # noqa: PLR2004 - IPv6


def is_trusted(address: str) -> bool:
    """Return whether an address is one of our own proxies."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXIES)
