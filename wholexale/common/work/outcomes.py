"""How a run of work ends when it does not simply succeed, and how long to wait before the next try."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

_RANDOM = secrets.SystemRandom()
_ERROR_LENGTH = 500  # of WorkRow.last_error
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_SECRET = re.compile(r"(?i)\b(password|secret|token|bearer|authorization|api[_-]?key)\b(\s*[=:]\s*|\s+)\S+")


class Retry(Exception):
    """It did not work this time: try again, after so many seconds. Counts as a try."""

    def __init__(self, reason: str = "", *, after: float) -> None:
        """Say why, and how many seconds to wait."""
        super().__init__(reason or "to be tried again")
        self.after = max(0.0, after)


class Permanent(Exception):
    """It will never work: park the row at once."""


class Later(Exception):
    """It is not time yet: come back at that moment. Counts as no try."""

    def __init__(self, *, until: datetime) -> None:
        """Say when."""
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How long to wait after a failure: anything up to `base`, doubled with each further try, and at most `cap`.

    Full jitter: rows that failed together do not come back together.
    """

    base: timedelta = timedelta(seconds=10)
    cap: timedelta = timedelta(minutes=10)

    def after(self, tries: int) -> timedelta:
        """Return the time to wait after so many tries, the first one being 1."""
        longest = min(self.cap.total_seconds(), self.base.total_seconds() * 2.0 ** (min(tries, 32) - 1))
        return timedelta(seconds=_RANDOM.uniform(0.0, longest))


def describe(error: BaseException) -> str:
    """Return the type and the first line of an error as a row keeps it: one line, without what looks like a secret.

    Databases put values of the row into further lines.
    """
    first = next(iter(str(error).strip().splitlines()), "")
    masked = _SECRET.sub(r"\1\2***", _CREDENTIALS.sub("***", _CONTROL.sub(" ", first)))
    return f"{type(error).__name__}: {masked}".removesuffix(": ")[:_ERROR_LENGTH]
