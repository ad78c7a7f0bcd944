"""Stretches of time: whole days in the time zone of a business, or moments."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Business
from finance.models import SpendingLimit
from wholexale.common.errors import FieldError, ValidationFailed

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From a day or a moment, to the end of a day or right before a moment; None is no border.

    With `at`, right after a moment or the end of a day, and no longer than that.
    """

    start: date | None = None
    end: date | None = None
    at: date | None = None

    def moments(self, business: Business) -> tuple[datetime | None, datetime | None]:
        """Return the first moment inside and the first one after, in UTC.

        Raises:
            ValidationFailed: where it ends before it begins.
        """
        if self.at is not None:
            is_moment = isinstance(self.at, datetime)  # sent in milliseconds: what happened in this one has happened
            moment = moment_after(self.at + _MILLISECOND if is_moment else self.at, business)
            return moment, moment
        start, end = first_moment(self.start, business), moment_after(self.end, business)
        if start is not None and end is not None and (end < start or _is_backwards(self.start, self.end)):
            raise ValidationFailed(details=[FieldError(path="to", msg="Not before `from`", location="query")])
        return start, end


EVER = Window()


def first_moment(border: date | None, business: Business) -> datetime | None:
    """Return when a day begins for a business; a moment is itself."""
    if border is None or isinstance(border, datetime):
        return border
    return datetime.combine(border, time.min, ZoneInfo(business.time_zone)).astimezone(UTC)


def moment_after(border: date | None, business: Business) -> datetime | None:
    """Return when the day after a day begins for a business; a moment is itself."""
    if border is None or isinstance(border, datetime):
        return border
    return first_moment(border + timedelta(days=1), business)


def _is_backwards(start: date | None, end: date | None) -> bool:
    """Return whether both are days, and the last comes before the first: they lie one midnight apart."""
    return type(start) is date and type(end) is date and end < start


def window_around(moment: datetime, window: str, time_zone: str) -> tuple[datetime, datetime]:
    """Return the ends of a window around a moment: from the midnight before its first day to that after its last.

    Days are those of the time zone, so they have 23 or 25 hours where clocks change. Weeks begin on Monday.
    """
    zone = ZoneInfo(time_zone)
    first, after = _days_around(moment.astimezone(zone).date(), window)
    starts_at, ends_at = (datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) for day in (first, after))
    return starts_at, ends_at


def _days_around(day: date, window: str) -> tuple[date, date]:
    """Return the first day of a window, and the day after its last."""
    if window == SpendingLimit.Window.DAY:
        return day, day + timedelta(days=1)
    if window == SpendingLimit.Window.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if window == SpendingLimit.Window.MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1)
    if window == SpendingLimit.Window.YEAR:
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    raise ValueError("a limit on each purchase has no window")
