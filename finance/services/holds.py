"""Buying on account: a hold on the buyer's credit, captured when goods are settled, else released or expired."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from accounts.models import User
from finance.models import HoldExpiry, LedgerTransaction, Transfer, chart
from finance.services.announcing import announce_credit
from finance.services.ledger import accounts_query, open_accounts, record
from finance.services.spending import count_spend, give_back_spend, lock_spend, lock_spender
from finance.sql import NOTHING, About, Category, Kind, Leg, Movement, Phase, Recorded
from wholexale.common.errors import Conflict, DomainError, NotFound, ValidationFailed
from wholexale.common.money import check_currency

CREDIT_BALANCE = "credit_balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is bought on account: who buys from whom, for how much, and what it is about. `amount` in minor units."""

    buyer_id: UUID
    seller_id: UUID
    amount: int
    currency: str
    about: About = NOTHING
    category: Category = Category.OFFER_PAYMENT
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold, and the transaction that placed it."""

    hold_id: UUID
    recorded: Recorded


@transaction.atomic
def hold_credit(*, actor: User, purchase: Purchase, reference: str, expires_at: datetime | None = None) -> Held:
    """Hold an amount of the buyer's credit for a purchase; the actor's spending limit counts it.

    Args:
        actor: a member of the buyer's business, or staff, for whom no spending is counted.
        purchase: what is bought.
        reference: names the purchase for ever; the same again returns the first hold.
        expires_at: when the hold ends by itself.

    Raises:
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `SAME_ACCOUNT`, and what `record` raises.
        Conflict: `SPENDING_LIMIT_EXCEEDED`, and what `record` raises.
    """
    check_currency(purchase.currency)
    if purchase.buyer_id == purchase.seller_id:
        raise ValidationFailed("SAME_ACCOUNT", "A business cannot buy from itself.")
    buyer_id, seller_id, currency = purchase.buyer_id, purchase.seller_id, purchase.currency
    places = [chart.receivable(buyer_id, currency), chart.payable(seller_id, currency)]
    spender, known = lock_spender(actor=actor, business_id=buyer_id, currency=currency, also=accounts_query(places))
    receivable, payable = open_accounts(places, known=known)
    movement = _purchase(actor, purchase, reference, expires_at, debit=receivable.id, credit=payable.id)
    recorded = record(movement)
    if recorded.is_replay:
        first = Transfer.objects.values_list("id", flat=True).get(transaction_id=recorded.id)
        return Held(hold_id=first, recorded=recorded)
    hold_id = movement.legs[0].id
    new: list[Model] = []
    if spender is not None:
        new.append(count_spend(spender=spender, hold_id=hold_id, amount=purchase.amount, currency=currency))
    if expires_at is not None:
        new.append(HoldExpiry(hold_id=hold_id, run_at=expires_at, request_id=movement.request_id))
    announce_credit(recorded, new=new)
    return Held(hold_id=hold_id, recorded=recorded)


@transaction.atomic
def capture_hold(*, actor: User | None, hold_id: UUID, amount: int | None = None, description: str = "") -> Recorded:
    """Post a hold, in full or in part; what is left is released, and counts no longer as spent.

    Args:
        actor: who settles; None is the system.
        hold_id: the hold.
        amount: minor units; None is all that is held.
        description: what clients read.

    Raises:
        DomainError: what `record` raises.
    """
    return _resolve(Leg(phase=Phase.POST, hold_id=hold_id, amount=amount), Kind.CAPTURE, actor, description)


@transaction.atomic
def release_hold(*, actor: User | None, hold_id: UUID, description: str = "") -> Recorded:
    """Void a hold: what was held is available again.

    Raises:
        DomainError: what `record` raises.
    """
    return _resolve(Leg(phase=Phase.VOID, hold_id=hold_id), Kind.RELEASE, actor, description)


def expire_hold(*, hold_id: UUID) -> None:
    """End a hold whose time is over; do nothing where it was resolved before.

    Raises:
        NotFound: `HOLD_NOT_FOUND`.
        Conflict: `HOLD_NOT_EXPIRED`.
    """
    try:
        _expire(hold_id)
    except DomainError as refusal:
        if refusal.code != "HOLD_RESOLVED":
            raise


@transaction.atomic
def _expire(hold_id: UUID) -> None:
    _resolve(Leg(phase=Phase.EXPIRE, hold_id=hold_id), Kind.EXPIRY, None, "The hold has expired.")


def _resolve(leg: Leg, kind: Kind, actor: User | None, description: str) -> Recorded:
    """Resolve a hold in the surrounding transaction, and give back to the spender what was not taken."""
    known = Transfer.objects.select_related("transaction").filter(phase=Phase.PENDING)
    hold = known.filter(id=leg.hold_id).first() if leg.hold_id else None
    if hold is None:
        raise NotFound("HOLD_NOT_FOUND", "There is no such hold.")
    spend = lock_spend(hold_id=hold.id)
    recorded = _record_resolution(_resolution(leg, kind, hold.transaction, actor, description))
    if not recorded.is_replay:
        taken = (leg.amount or hold.amount) if leg.phase == Phase.POST else 0
        if spend is not None and taken < hold.amount:
            give_back_spend(spend=spend, amount=hold.amount - taken)
        announce_credit(recorded)
    return recorded


def _record_resolution(movement: Movement) -> Recorded:
    """Record a resolution; the same again is a replay, another one comes too late."""
    try:
        return record(movement)
    except DomainError as refusal:
        if refusal.code != "REFERENCE_REUSED":
            raise
        raise Conflict("HOLD_RESOLVED", "This hold was resolved before.") from None


def _resolution(leg: Leg, kind: Kind, origin: LedgerTransaction, actor: User | None, description: str) -> Movement:
    return Movement(
        kind=kind,
        category=Category(origin.category),
        reference=f"{kind}:{leg.hold_id}",
        legs=(leg,),
        about=About(LedgerTransaction.Subject(origin.subject_type), origin.subject_id, origin.subject_number),
        payment_method=origin.payment_method,
        description=description or origin.description,
        actor_id=actor.id if actor else None,
    )


def _purchase(
    actor: User, purchase: Purchase, reference: str, expires_at: datetime | None, *, debit: UUID, credit: UUID
) -> Movement:
    leg = Leg(
        phase=Phase.PENDING,
        debit_id=debit,
        credit_id=credit,
        amount=purchase.amount,
        currency=purchase.currency,
        timeout_at=expires_at,
    )
    return Movement(
        kind=Kind.PURCHASE,
        category=purchase.category,
        reference=reference,
        legs=(leg,),
        about=purchase.about,
        payment_method=CREDIT_BALANCE,
        description=purchase.description,
        actor_id=actor.id,
    )
