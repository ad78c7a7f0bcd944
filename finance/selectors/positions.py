"""The credit of a person's business, and what went through its accounts: for overviews."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission, User
from accounts.selectors import Credit
from finance.models import Account, CreditLine, Entry
from finance.selectors.accounts import accounts_of, membership_for_reading
from finance.selectors.credit import CreditPosition, credit_positions
from finance.selectors.invoices import Ageing, ageing
from finance.selectors.kinds import ledger_type
from finance.selectors.payments import payment_totals
from finance.selectors.windows import Window

DEFAULT_CURRENCY = "INR"


@dataclass(frozen=True, slots=True)
class CreditOverview:
    """Where every credit line stands, and the one that is asked for; that is one of zeros where there is none."""

    chosen: CreditPosition
    positions: Sequence[CreditPosition]


@dataclass(frozen=True, slots=True)
class TypeTotal:
    """How many entries of a type there are, and their sum in minor units."""

    type: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class CurrencySummary:
    """What was posted and paid in one currency, what is due in it, and where the credit in it stands."""

    credit: CreditPosition
    totals: Sequence[TypeTotal] = ()
    payments: Sequence[TypeTotal] = ()
    ageing: Sequence[Ageing] = ()

    @property
    def currency(self) -> str:
        """Return the currency."""
        return self.credit.line.currency


@dataclass(frozen=True, slots=True)
class Summary:
    """What was posted in each currency, and in the one that is asked for."""

    chosen: CurrencySummary
    by_currency: Sequence[CurrencySummary]


def credit_overview(*, actor: User, currency: str | None = None) -> CreditOverview:
    """Return where the credit of the actor's business stands, in two queries; zeros for who works for none.

    The line is that of the currency asked for, else of the one the actor prefers, else the first.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = membership_for_reading(actor)
    positions = credit_positions(business_id=membership.business_id) if membership else []
    by_currency = {position.line.currency: position for position in positions}
    chosen = _chosen(actor, currency, by_currency)
    return CreditOverview(by_currency.get(chosen) or no_credit(chosen), positions)


def credit_of(user: User) -> Credit:
    """Return the credit of a user's business in the currency they prefer, in one query at most.

    It is none for who may not see it: nobody is refused.
    """
    currency = preferred_currency(user)
    membership = accounts_selectors.membership_of(user)
    if membership is None or not membership.may(Permission.FINANCE_VIEW):
        return Credit(0, 0, currency)
    found = credit_positions(business_id=membership.business_id, currency=currency)
    return Credit(found[0].limit, found[0].available, currency) if found else Credit(0, 0, currency)


def summary(*, actor: User, currency: str | None, window: Window) -> Summary:
    """Return what was posted and paid, by currency and type, and what is due by now, in seven queries at most.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: where the window ends before it begins.
    """
    membership = membership_for_reading(actor)
    positions = credit_positions(business_id=membership.business_id) if membership else []
    credit = {position.line.currency: position for position in positions}
    totals = _totals(membership, window) if membership else {}
    paid = payment_totals(membership, window) if membership else {}
    due = _due(membership) if membership else {}
    by_currency = {
        one: CurrencySummary(
            credit.get(one) or no_credit(one),
            totals.get(one, ()),
            [TypeTotal(*total) for total in paid.get(one, ())],
            due.get(one, ()),
        )
        for one in sorted({*credit, *totals, *paid, *due})
    }
    chosen = _chosen(actor, currency, by_currency)
    return Summary(by_currency.get(chosen) or CurrencySummary(no_credit(chosen)), list(by_currency.values()))


def preferred_currency(user: User) -> str:
    """Return the currency in which a user wants to see money."""
    return str(user.preferences.get("currency") or DEFAULT_CURRENCY)


def no_credit(currency: str) -> CreditPosition:
    """Return the position of a line that is not there: zeros, with what a new line begins with, but no id."""
    line = CreditLine(id=None, currency=currency, limit_minor=0, account=Account())
    return CreditPosition(line=line, limit=0, outstanding=0, held=0)


def _chosen(user: User, asked: str | None, known: Mapping[str, object]) -> str:
    """Return the currency asked for, else the one the user prefers, else the first in which there is anything."""
    preferred = preferred_currency(user)
    return asked or (preferred if preferred in known or not known else next(iter(known)))


def _due(membership: Membership) -> dict[str, list[Ageing]]:
    found = defaultdict[str, list[Ageing]](list)
    for one in ageing(business=membership.business):
        found[one.currency].append(one)
    return dict(found)


def _totals(membership: Membership, window: Window) -> dict[str, list[TypeTotal]]:
    """Return the totals of each currency by type; what two accounts of the business both see counts once."""
    start, end = window.moments(membership.business)
    currencies = dict(accounts_of(membership).values_list("id", "currency"))
    posted = Entry.objects.filter(account__in=currencies)
    posted = posted.exclude(side=Account.Side.CREDIT, transfer__debit_account__in=currencies)
    if start is not None:
        posted = posted.filter(created_at__gte=start)
    if end is not None:
        posted = posted.filter(created_at__lt=end)
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    groups = posted.values_list("account_id", "side", "transfer__transaction__kind").annotate(
        Count("id"), Sum("amount")
    )
    for account_id, side, kind, count, total in groups:
        entry = found[currencies[account_id], ledger_type(kind, side)]
        entry[0] += count
        entry[1] += int(total)
    totals: dict[str, list[TypeTotal]] = defaultdict(list)
    for (currency, wire_type), (count, total) in sorted(found.items()):
        totals[currency].append(TypeTotal(wire_type, count, total))
    return totals
