"""Credit and spending as they should be: purchases are kept; what is owed, held and spent is counted from them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

OK, REPLAY = "ok", "replay"
Key = tuple[int, str]
"""A business, or a member, and a currency."""


@dataclass
class Bought:
    """One purchase on account; `member` is None where staff bought, `end` says how it ended and `taken` how much."""

    buyer: int
    member: int | None
    amount: int
    currency: str
    made_at: datetime
    expires_at: datetime | None
    end: str = ""
    asked: int | None = None
    taken: int = 0

    @property
    def held(self) -> int:
        """Return what is held of it now."""
        return 0 if self.end else self.amount

    @property
    def counted(self) -> int:
        """Return what counts as spent."""
        return self.taken if self.end else self.amount


@dataclass
class Line:
    """What a business may owe in a currency, and whether it may draw on that."""

    limit: int
    standing: str = "active"
    is_frozen: bool = False


@dataclass
class Credit:
    """Every purchase, and every payment; `zones` are the time zones of the businesses."""

    zones: list[str]
    lines: dict[Key, Line] = field(default_factory=dict)
    purchases: list[Bought] = field(default_factory=list)
    charged: dict[Key, int] = field(default_factory=dict)
    limits: dict[Key, tuple[str, int]] = field(default_factory=dict)

    def owed(self, buyer: int, currency: str) -> int:
        """Return what a business owes."""
        of_it = [one.taken for one in self.purchases if (one.buyer, one.currency) == (buyer, currency)]
        return sum(of_it) + self.charged.get((buyer, currency), 0)

    def held(self, buyer: int, currency: str) -> int:
        """Return what is held of a business's credit."""
        return sum(one.held for one in self.purchases if (one.buyer, one.currency) == (buyer, currency))

    def room(self, buyer: int, currency: str) -> int:
        """Return how much more a business may owe."""
        return self.lines[buyer, currency].limit - self.owed(buyer, currency) - self.held(buyer, currency)

    def spent(self, buyer: int, member: int, currency: str, window: str, now: datetime) -> int:
        """Return what a member has committed in the window around a moment, by the calendar of the business."""
        if window == "none":
            return 0
        place = _place_in(window, now.astimezone(ZoneInfo(self.zones[buyer])).date())
        return sum(one.counted for one in self._made_by(member, currency) if self._place(one, window) == place)

    def hold(self, wanted: Bought) -> str:
        """Say what a purchase comes to, and make it if it is allowed."""
        code = self._judge_growth(wanted.buyer, wanted.currency, wanted.amount)
        if code == OK and wanted.expires_at is not None and wanted.expires_at <= wanted.made_at:
            code = "TIMEOUT_IN_PAST"
        if code == OK and wanted.member is not None and (wanted.member, wanted.currency) in self.limits:
            window, limit = self.limits[wanted.member, wanted.currency]
            spent = self.spent(wanted.buyer, wanted.member, wanted.currency, window, wanted.made_at)
            code = OK if spent + wanted.amount <= limit else "SPENDING_LIMIT_EXCEEDED"
        if code == OK:
            self.purchases.append(wanted)
        return code

    def finish(self, number: int, end: str, amount: int | None, now: datetime) -> str:
        """Say what the end of a hold comes to, and end it if that is allowed."""
        one = self.purchases[number]
        is_over = one.expires_at is not None and one.expires_at <= now
        if amount is not None and amount < 1:
            return "AMOUNT_NOT_POSITIVE"
        if one.end:
            is_same = (one.end, one.asked) == (end, amount)
            return REPLAY if is_same and end != "expire" else OK if end == "expire" else "HOLD_RESOLVED"
        if end == "capture" and is_over:
            return "HOLD_EXPIRED"
        if end == "expire" and not is_over:
            return "HOLD_NOT_EXPIRED"
        if amount is not None and amount > one.amount:
            return "AMOUNT_EXCEEDS_HOLD"
        one.end, one.asked = end, amount
        one.taken = 0 if end != "capture" else one.amount if amount is None else amount
        return OK

    def repay(self, buyer: int, currency: str, amount: int) -> str:
        """Take what a business pays: always, whatever its credit."""
        if amount < 1:
            return "AMOUNT_NOT_POSITIVE"
        self.charged[buyer, currency] = self.charged.get((buyer, currency), 0) - amount
        return OK

    def charge(self, buyer: int, currency: str, amount: int) -> str:
        """Say whether a charge fits, and add it to what is owed."""
        code = self._judge_growth(buyer, currency, amount)
        if code == OK:
            self.charged[buyer, currency] = self.charged.get((buyer, currency), 0) + amount
        return code

    def set_limit(self, buyer: int, currency: str, limit: int) -> str:
        """Raise or lower a limit, also below what is used."""
        line = self.lines[buyer, currency]
        if line.limit == limit:
            return "CREDIT_LIMIT_UNCHANGED"
        line.limit = limit
        return OK

    def set_standing(self, buyer: int, currency: str, standing: str) -> str:
        """Suspend or reactivate a line."""
        line = self.lines[buyer, currency]
        if line.standing == standing:
            return "CREDIT_STATUS_UNCHANGED"
        line.standing = standing
        return OK

    def counters(self, is_in: Callable[[Bought], bool], member: int, currency: str) -> int:
        """Return what a counter of spending must say: the sum over the purchases that it covers."""
        return sum(one.counted for one in self._made_by(member, currency) if is_in(one))

    def _judge_growth(self, buyer: int, currency: str, amount: int) -> str:
        line = self.lines[buyer, currency]
        if amount < 1:
            return "AMOUNT_NOT_POSITIVE"
        if line.is_frozen:
            return "ACCOUNT_FROZEN"
        if line.standing != "active":
            return "CREDIT_NOT_ACTIVE"
        return OK if amount <= self.room(buyer, currency) else "CREDIT_LIMIT_EXCEEDED"

    def _made_by(self, member: int, currency: str) -> Iterator[Bought]:
        return (one for one in self.purchases if one.member == member and one.currency == currency)

    def _place(self, one: Bought, window: str) -> tuple[int, ...]:
        return _place_in(window, one.made_at.astimezone(ZoneInfo(self.zones[one.buyer])).date())


def _place_in(window: str, day: date) -> tuple[int, ...]:
    """Name the window that a day lies in: the year, and the month, the week or the day of it."""
    week = day.isocalendar()
    return {
        "year": (day.year,),
        "month": (day.year, day.month),
        "week": (week.year, week.week),
        "day": (day.year, day.month, day.day),
    }[window]
