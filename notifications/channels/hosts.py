"""Which addresses are push services of browsers: a client names the address, and we connect to it."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings


def is_push_service(endpoint: str) -> bool:
    """Return whether we may push to an address: https, the usual port, nobody's name in it, and a host of `PUSH_HOSTS`.

    Outside of production also addresses of this machine, where tests and developers have push services of their own.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if not settings.IS_PRODUCTION and _is_loopback(host):
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and port in {None, 443} and any(_matches(host, one) for one in settings.PUSH_HOSTS)


def _matches(host: str, pattern: str) -> bool:
    """Return whether a host is the one named, or below it where the name begins with `*.`."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
