"""What staff books to the account of a business: what it has repaid, and corrections."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from django.db import transaction

from accounts.models import User
from finance.models import Account, LedgerTransaction, chart
from finance.models.chart import Place
from finance.selectors.credit import access_receivable
from finance.services.announcing import announce_credit
from finance.services.checks import BOOK, check_choice, check_staff, checked_reason, checked_text
from finance.services.ledger import open_accounts, record
from finance.sql import About, Category, Kind, Leg, Movement, Phase, Recorded
from wholexale.common.money import check_currency

PAYMENT_METHODS = (
    "bank_transfer",
    "upi",
    "credit_card",
    "debit_card",
    "net_banking",
    "wallet",
    "crypto",
    "cash",
    "cheque",
)
"""How money comes in, in the old backend's words."""

BY_HAND = "manual"
"""The provider that is no program: staff sees the money come in."""

BY_FORM = "staff:"
"""Begins the references that a form of staff makes up: they say nothing to clients."""

MAX_REFERENCE = 40

Direction = Literal["charge", "credit"]
Correction = Literal["adjustment", "bonus", "penalty"]

_CORRECTIONS: dict[str, tuple[Category, tuple[Direction, ...], Callable[[str], Place]]] = {
    Kind.ADJUSTMENT: (Category.ADJUSTMENT, ("charge", "credit"), chart.adjustments),
    Kind.BONUS: (Category.BONUS, ("credit",), chart.losses),
    Kind.PENALTY: (Category.PENALTY, ("charge",), chart.fees),
}
"""Kinds of corrections: the category, which ways they go, and where the other side is booked."""


@transaction.atomic
def record_repayment(
    *,
    actor: User,
    business_id: UUID,
    amount: int,
    currency: str,
    reference: str,
    reason: str,
    payment_method: str = "bank_transfer",
) -> Recorded:
    """Book what a business has paid back; it works whatever the status of its credit.

    Args:
        actor: a member of staff.
        business_id: who has paid.
        amount: in minor units; more than is owed stays to its credit.
        currency: of the amount.
        reference: names the payment for ever, e.g. the bank's number; the same again is a replay.
        reason: what people read.
        payment_method: how it was paid, one of `PAYMENT_METHODS`.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `CREDIT_LINE_NOT_FOUND`, where the business never had credit in the currency.
        ValidationFailed: without a reference or a reason, and what `record` raises.
        Conflict: `REFERENCE_REUSED`, `ACCOUNT_CLOSED`, `BALANCE_TOO_LARGE`.
    """
    check_staff(actor, BOOK)
    check_currency(currency)
    check_choice("paymentMethod", payment_method, PAYMENT_METHODS)
    receivable = access_receivable(business_id=business_id, currency=currency)
    return _book(
        kind=Kind.REPAYMENT,
        category=Category.DEPOSIT,
        leg=_leg(chart.cash(BY_HAND, currency), receivable, amount, direction="credit"),
        actor=actor,
        reference=reference,
        reason=reason,
        payment_method=payment_method,
    )


@transaction.atomic
def adjust_credit(
    *,
    actor: User,
    business_id: UUID,
    amount: int,
    currency: str,
    direction: Direction,
    reference: str,
    reason: str,
    kind: Correction = "adjustment",
) -> Recorded:
    """Charge a business something, or credit it, by the rules of the ledger: a charge must fit into its limit.

    Args:
        actor: a member of staff.
        business_id: whose debt changes.
        amount: in minor units.
        currency: of the amount.
        direction: `charge` adds to the debt, `credit` takes from it.
        reference: names the correction for ever; the same again is a replay.
        reason: what people read.
        kind: an adjustment either way, a bonus is credited, a penalty charged.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `CREDIT_LINE_NOT_FOUND`, where the business never had credit in the currency.
        ValidationFailed: for a kind in the wrong direction, without a reference or a reason, and what `record` raises.
        Conflict: `REFERENCE_REUSED`, `ACCOUNT_FROZEN`, `ACCOUNT_CLOSED`, `CREDIT_NOT_ACTIVE`,
            `CREDIT_LIMIT_EXCEEDED`, `BALANCE_TOO_LARGE`.
    """
    check_staff(actor, BOOK)
    check_currency(currency)
    check_choice("kind", kind, _CORRECTIONS)
    category, directions, counterpart = _CORRECTIONS[kind]
    check_choice("direction", direction, directions)
    receivable = access_receivable(business_id=business_id, currency=currency)
    return _book(
        kind=Kind(kind),
        category=category,
        leg=_leg(counterpart(currency), receivable, amount, direction=direction),
        actor=actor,
        reference=reference,
        reason=reason,
    )


def _leg(counterpart: Place, receivable: Account, amount: int, *, direction: Direction) -> Leg:
    """Return a transfer that adds to what is receivable, or takes from it."""
    (other,) = open_accounts([counterpart])
    debit, credit = (receivable, other) if direction == "charge" else (other, receivable)
    return Leg(phase=Phase.SINGLE, debit_id=debit.id, credit_id=credit.id, amount=amount, currency=receivable.currency)


def _book(
    *, kind: Kind, category: Category, leg: Leg, actor: User, reference: str, reason: str, payment_method: str = ""
) -> Recorded:
    """Record what staff has booked, under a reference that nothing else can take, and tell who may know."""
    reference = checked_text("reference", reference, is_required=True, longest=MAX_REFERENCE)
    recorded = record(
        Movement(
            kind=kind,
            category=category,
            reference=f"{kind}:{reference}",
            legs=(leg,),
            about=About(LedgerTransaction.Subject.ADMIN, number="" if reference.startswith(BY_FORM) else reference),
            payment_method=payment_method,
            description=checked_reason(reason),
            actor_id=actor.id,
        )
    )
    announce_credit(recorded)
    return recorded
