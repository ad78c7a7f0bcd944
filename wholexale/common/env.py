"""Typed readers of environment variables.

Every reader refuses a malformed value with an error that names the variable. `NAME_FILE` may point to a file
that holds the value (mounted secrets).
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values
from iso4217 import Currency

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31557600}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)?")
_RATE = re.compile(r"(\d+)/(\d*)([smhd])")
_AMOUNT = re.compile(r"([A-Z]{3}):([0-9]{1,10})")
_ORIGIN = re.compile(
    r"(?:http://(?!.*:80$)|https://(?!.*:443$))(?:[a-z0-9][a-z0-9_.-]*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?"
)
_PERCENT = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,2}))?")


def load_dotenv(path: Path) -> None:
    """Take variables from a `.env` file; what the environment already has wins."""
    if path.is_file():
        for name, value in dotenv_values(path).items():
            os.environ.setdefault(name, value or "")


def text(name: str, default: str = "") -> str:
    """Return a string, stripped; read from the file that `NAME_FILE` names when only that is set."""
    if value := os.environ.get(name, "").strip():
        return value
    if path := os.environ.get(f"{name}_FILE", "").strip():
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from None
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return a boolean: 1/true/yes/on or 0/false/no/off."""
    value = text(name, "on" if default else "off").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}: expected on or off, got {value!r}")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """Return a whole number within bounds."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: expected a whole number, got {value!r}") from None
    if number < minimum or (maximum is not None and number > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
        raise ImproperlyConfigured(f"{name}: expected {bounds}, got {number}")
    return number


def duration(name: str, default: str) -> timedelta:
    """Return a length of time written like `7d`, `15m` or `500ms`; a bare number means seconds."""
    value = text(name, default)
    match = _DURATION.fullmatch(value)
    length = timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"]) if match else timedelta()
    if length <= timedelta():
        raise ImproperlyConfigured(f"{name}: expected a duration such as 15m or 7d, got {value!r}")
    return length


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without blanks and empty items."""
    return [word for item in text(name, default).split(",") if (word := item.strip())]


def currencies(name: str, default: str) -> list[str]:
    """Return codes of ISO 4217; those without digits (gold, tests) are no money that anybody is paid in."""
    codes = words(name, default)
    for code in codes or [""]:
        try:
            is_money = Currency(code).exponent is not None
        except ValueError:
            is_money = False
        if not is_money or codes.count(code) > 1:
            raise ImproperlyConfigured(f"{name}: expected codes of ISO 4217 in capitals, each once; got {code!r}")
    return codes


def amounts(name: str, default: str) -> dict[str, int]:
    """Return an amount in minor units for each currency; they are written in whole units, `INR:500000,USD:6000`."""
    found: dict[str, int] = {}
    for word in words(name, default) or [""]:
        match = _AMOUNT.fullmatch(word)
        try:
            digits = Currency(match[1]).exponent if match else None
        except ValueError:
            digits = None
        if match is None or digits is None or match[1] in found:
            shape = "a currency and a whole number, each currency once, such as INR:500000,USD:6000"
            raise ImproperlyConfigured(f"{name}: expected {shape}; got {word!r}")
        found[match[1]] = int(match[2]) * 10**digits
    return found


def percent(name: str, default: str) -> int:
    """Return a rate in hundredths of a percent; it is written in percent, with at most two digits behind the point."""
    value = text(name, default)
    if not (match := _PERCENT.fullmatch(value)):
        raise ImproperlyConfigured(f"{name}: expected a percentage from 0 to 99.99, such as 2.5; got {value!r}")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def choices(name: str, default: str, *, among: Collection[str]) -> list[str]:
    """Return some of the named values, each once."""
    found = words(name, default)
    if not found or len(set(found)) < len(found) or not set(found) <= set(among):
        raise ImproperlyConfigured(f"{name}: expected some of {', '.join(sorted(among))}, each once; got {found}")
    return found


def choice(name: str, default: str, *, among: Collection[str]) -> str:
    """Return one of the named values."""
    value = text(name, default).lower()
    if value not in among:
        raise ImproperlyConfigured(f"{name}: expected one of {', '.join(sorted(among))}, got {value!r}")
    return value


def rate(name: str, default: str) -> str:
    """Return a rate such as `5/1h` (five in each hour), or "" where the limit is switched off with 0."""
    value = text(name, default)
    if value == "0":
        return ""
    if not (match := _RATE.fullmatch(value)) or int(match[1]) == 0 or match[2] == "0":
        raise ImproperlyConfigured(f"{name}: expected a rate such as 5/1h, or 0 for none, got {value!r}")
    return value


def origins(name: str, default: str) -> list[str]:
    """Return origins as browsers send them, or `*`; one that is written otherwise would match nobody, silently."""
    found = words(name, default)
    for origin in found or [""]:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            shape = "scheme://host[:port] as browsers send it: lower case, no path, no default port"
            raise ImproperlyConfigured(f"{name}: expected {shape}; got {origin!r}")
    return found


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return networks, or single addresses as networks."""
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def load_generated_secrets(path: Path, names: Collection[str], *, size: int = 48) -> None:
    """Fill secrets that nobody set from a file that only its owner may read, made at the first start.

    Each is of so many random bytes, in base64url. For development only: a production deployment brings its own secrets.
    """
    if all(text(name) for name in names):
        return
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        lines = "".join(f"{name}={secrets.token_urlsafe(size)}\n" for name in names)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(lines, encoding="utf-8")
        try:
            os.link(draft, path)  # the first process wins, the others read what it wrote
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    for name, value in dotenv_values(path).items():
        if name in names and value and not text(name):  # a blank counts as unset
            os.environ[name] = value
