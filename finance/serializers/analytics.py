"""Overviews, on the wire."""

from collections.abc import Iterable

import msgspec

from finance.selectors import BUCKETS, Ageing, CreditPosition, CurrencySummary, Summary, TypeTotal, Window
from finance.serializers.fields import Currency, Moment, amounts, query_currency, whole_percent, window
from wholexale.common.money import Amount
from wholexale.common.wire import Wire


class SummaryQuery(Wire, kw_only=True):
    """Which time, and which currency the first three keys are about."""

    start: Moment | None = msgspec.field(name="from", default=None)
    end: Moment | None = msgspec.field(name="to", default=None)
    currency: Currency | None = None

    def window(self) -> Window:
        """Return the stretch of time.

        Raises:
            ValidationFailed: for a border that is none.
        """
        return window(self.start, self.end)

    def known_currency(self) -> str | None:
        """Return the currency.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`.
        """
        return query_currency(self.currency)


class CreditUse(Wire, kw_only=True):
    """How much of a limit is used."""

    limit: Amount
    limit_minor: int
    available: Amount
    available_minor: int
    used: Amount
    used_minor: int
    utilization_percentage: int


class Group(Wire, kw_only=True):
    """What has one type or status, under the name that old clients read."""

    name: str = msgspec.field(name="_id")
    count: int
    total_amount: Amount
    total_amount_minor: int


class AgeingInfo(Wire, kw_only=True):
    """What is due on invoices, by how many days it has been due; what was paid too much counts below zero."""

    current: Amount
    current_minor: int
    days1to30: Amount
    days1to30_minor: int
    days31to60: Amount
    days31to60_minor: int
    days61to90: Amount
    days61to90_minor: int
    over90: Amount
    over90_minor: int
    total: Amount
    total_minor: int


class Aging(Wire, kw_only=True):
    """What others owe on the invoices of the business, and what it owes on those of others, by now."""

    receivable: AgeingInfo
    payable: AgeingInfo


class CurrencySummaryInfo(Wire, kw_only=True):
    """What was posted and paid in one currency, and what is due. Nothing is ever summed across currencies."""

    currency: str
    credits: CreditUse
    transactions: list[Group]
    payments: list[Group]
    aging: Aging


class SummaryInfo(CurrencySummaryInfo, kw_only=True):
    """What was posted, by type: in the currency that is asked for, and in each."""

    by_currency: list[CurrencySummaryInfo]


def summary_info(found: Summary) -> SummaryInfo:
    """Return an overview."""
    chosen = _of_currency(found.chosen)
    return SummaryInfo(**msgspec.structs.asdict(chosen), by_currency=[_of_currency(one) for one in found.by_currency])


def _of_currency(found: CurrencySummary) -> CurrencySummaryInfo:
    currency = found.currency
    due = {one.side: one for one in found.ageing}
    return CurrencySummaryInfo(
        currency=currency,
        credits=_credit_use(found.credit),
        transactions=_groups(found.totals, currency),
        payments=_groups(found.payments, currency),
        aging=Aging(receivable=_ageing(due.get("seller"), currency), payable=_ageing(due.get("buyer"), currency)),
    )


def _groups(totals: Iterable[TypeTotal], currency: str) -> list[Group]:
    return [Group(name=one.type, count=one.count, **amounts(currency, total_amount=one.amount)) for one in totals]


def _ageing(found: Ageing | None, currency: str) -> AgeingInfo:
    sums = found.amounts if found else dict.fromkeys(BUCKETS, 0)
    return AgeingInfo(**amounts(currency, **sums, total=found.total if found else 0))


def _credit_use(position: CreditPosition) -> CreditUse:
    return CreditUse(
        **amounts(position.line.currency, limit=position.limit, available=position.available, used=position.used),
        utilization_percentage=whole_percent(position.used, position.limit),
    )
