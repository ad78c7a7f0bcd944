"""Reads: what a business may owe, what it owes, and what it has asked for."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db.models import F, QuerySet

from finance.models import Account, CreditLine, CreditRequest, chart
from finance.sql import Counters
from wholexale.common.errors import NotFound

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPosition:
    """Where a credit line stands, in minor units: what is owed, what is held for purchases, what is left.

    `available` falls below zero where the limit was lowered below what is used. `outstanding` falls below zero where
    more was repaid than was owed.
    """

    line: CreditLine
    limit: int
    outstanding: int
    held: int

    @property
    def used(self) -> int:
        """Return what counts against the limit."""
        return self.outstanding + self.held

    @property
    def available(self) -> int:
        """Return what is left of the limit, whether or not the line allows to use it."""
        return self.limit - self.used

    @property
    def spendable(self) -> int:
        """Return what can be bought on account just now: nothing unless line and account are open to it."""
        is_open = self.line.status == CreditLine.Status.ACTIVE and self.line.account.status == Account.Status.OPEN
        return max(0, self.available) if is_open else 0

    @property
    def utilization(self) -> Decimal:
        """Return the used part of the limit in percent, with two digits; 0 where there is no limit."""
        if not self.limit:
            return Decimal("0.00")
        return (Decimal(self.used) * 100 / self.limit).quantize(_PERCENT, rounding=ROUND_HALF_UP)


def position(line: CreditLine, counters: Counters) -> CreditPosition:
    """Return where a line stands by the counters of its account."""
    return CreditPosition(
        line=line,
        limit=line.limit_minor,
        outstanding=counters.debits_posted - counters.credits_posted,
        held=counters.debits_pending,
    )


def credit_positions(*, business_id: UUID, currency: str = "") -> list[CreditPosition]:
    """Return where the credit lines of a business stand, by currency, in one query; only one currency where named."""
    lines = CreditLine.objects.select_related("account__balance").filter(business_id=business_id).order_by("currency")
    return [position_of(line) for line in (lines.filter(currency=currency) if currency else lines)]


def position_of(line: CreditLine) -> CreditPosition:
    """Return where a line stands; it was loaded with `select_related("account__balance")`, or takes two queries."""
    balance = line.account.balance
    counters = Counters(balance.debits_posted, balance.credits_posted, balance.debits_pending, balance.credits_pending)
    return position(line, counters)


def access_receivable(*, business_id: UUID, currency: str) -> Account:
    """Return the account that counts what a business owes in a currency.

    Raises:
        NotFound: `CREDIT_LINE_NOT_FOUND`, where it never had credit.
    """
    place = chart.receivable(business_id, currency)
    if account := Account.objects.filter(code=place.code, currency=currency).first():
        return account
    raise credit_line_not_found()


def credit_requests(*, business_id: UUID) -> "QuerySet[CreditRequest]":
    """Return what a business has asked for, newest first; what staff proposes by itself is not its business."""
    by_staff = {"approved_by": F("requested_by")}  # nobody else approves what they asked for
    return CreditRequest.objects.filter(business_id=business_id).exclude(**by_staff).order_by("-created_at", "-id")


def credit_line_not_found() -> NotFound:
    """Build the refusal of a credit line that is not there."""
    return NotFound("CREDIT_LINE_NOT_FOUND", "There is no such credit line.")


def credit_request_not_found() -> NotFound:
    """Build the refusal of a request that is not there."""
    return NotFound("CREDIT_REQUEST_NOT_FOUND", "There is no such credit request.")
