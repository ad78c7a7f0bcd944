"""Payouts: a business takes out what it is owed; the amount is held until it has arrived at its bank."""

from django.db import transaction
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from finance.gateways import PaidOut, gateway, gateways
from finance.models import LedgerTransaction, Payout, ProviderCall, chart
from finance.services.checks import check_amount
from finance.services.intents import call_provider
from finance.services.ledger import lock_accounts, open_accounts, record
from finance.sql import About, Category, Kind, Leg, Movement, Phase
from wholexale.common.errors import Conflict, NotFound
from wholexale.common.ids import new_id
from wholexale.common.money import check_currency, from_minor
from wholexale.common.numbers import next_number

BY_HAND = "manual"
FIRST_LOOK_SECONDS = 20
State = Payout.State


@transaction.atomic
def request_payout(*, actor: User, currency: str, amount: int | None = None) -> Payout:
    """Take out what the actor's business is owed, or a part of it.

    Args:
        actor: a member who manages payments.
        currency: of the account.
        amount: in minor units; None is all that is there.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`.
        Conflict: `INSUFFICIENT_PAYABLE`, with what is `available`; `ACCOUNT_FROZEN`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)
    check_currency(currency)
    provider = next((one.name for one in gateways() if one.pays_out), BY_HAND)
    payable, cash = open_accounts([chart.payable(membership.business_id, currency), chart.cash(provider, currency)])
    balance = lock_accounts([payable.id, cash.id])[payable.id]
    available = balance.credits_posted - balance.debits_posted - balance.debits_pending
    wanted = available if amount is None else amount
    if wanted > available or available < 1:
        raise _insufficient(available, currency)
    check_amount(wanted, available, currency, code="INSUFFICIENT_PAYABLE")
    payout = Payout(
        id=new_id(),
        number=next_number(Payout),
        business_id=membership.business_id,
        amount=wanted,
        currency=currency,
        provider=provider,
        requested_by=actor,
    )
    leg = Leg(phase=Phase.PENDING, debit_id=payable.id, credit_id=cash.id, amount=wanted, currency=currency)
    _record(payout, leg, "held", actor)
    payout.hold_id = leg.id
    payout.save(force_insert=True)
    if not gateway(provider).is_by_hand:
        kind = ProviderCall.Kind
        call_provider(kind.PAYOUT, key=f"{payout.id}:payout", payout=payout, amount=wanted)
        call_provider(kind.WATCH, key=f"{payout.id}:watch", payout=payout, seconds=FIRST_LOOK_SECONDS)
    return payout


def lock_payout(provider: str, news: PaidOut) -> Payout | None:
    """Lock the payout that news are about: by our id, else by the provider's."""
    known = Payout.objects.select_for_update().filter(provider=provider)
    if news.payout_id:
        return known.filter(id=news.payout_id).first()
    return known.filter(provider_ref=news.reference).first() if news.reference else None


def take_payout(payout: Payout, news: PaidOut, *, actor: User | None, note: str = "") -> None:
    """Let what is told of a locked payout take effect; what is known already changes nothing.

    One that was paid still fails where the bank of the business sends the money back.

    Args:
        payout: as it is under the lock.
        news: how it stands.
        actor: the member of staff, where one says so.
        note: what people read.
    """
    payout.provider_ref = payout.provider_ref or news.reference
    old, new = State(payout.state), news.state
    comes_back = (old, new) == (State.PAID, State.FAILED)
    if comes_back or (old == State.PENDING and new != old):
        if comes_back:
            _take_back(payout, actor, note)
        elif new == State.PAID:
            _record(payout, Leg(phase=Phase.POST, hold_id=payout.hold_id), "paid", actor, note)
        else:
            _record(payout, Leg(phase=Phase.VOID, hold_id=payout.hold_id), "released", actor, note)
        payout.state, payout.settled_at, payout.decided_by = new, timezone.now(), actor
        payout.failure_code, payout.failure_text = news.failure_code[:60], news.failure_text[:300]
    payout.save()


def payout_not_found() -> NotFound:
    """Build the refusal of a payout that is not there."""
    return NotFound("PAYOUT_NOT_FOUND", "There is no such payout.")


def _take_back(payout: Payout, actor: User | None, note: str) -> None:
    """Book money that the bank has sent back: the business is owed it again."""
    cash, payable = open_accounts(
        [chart.cash(payout.provider, payout.currency), chart.payable(payout.business_id, payout.currency)]
    )
    leg = Leg(
        phase=Phase.SINGLE, debit_id=cash.id, credit_id=payable.id, amount=payout.amount, currency=payout.currency
    )
    _record(payout, leg, "returned", actor, note)


def _record(payout: Payout, leg: Leg, step: str, actor: User | None, note: str = "") -> None:
    record(
        Movement(
            kind=Kind.PAYOUT,
            category=Category.WITHDRAWAL,
            reference=f"payout:{payout.id}:{step}",
            legs=(leg,),
            about=About(LedgerTransaction.Subject.SYSTEM, str(payout.id), payout.payout_id),
            payment_method="bank_transfer",
            description=": ".join(filter(None, [f"Payout {payout}", note]))[:500],
            actor_id=actor.id if actor else None,
        )
    )


def _insufficient(available: int, currency: str) -> Conflict:
    return Conflict(
        "INSUFFICIENT_PAYABLE",
        "The business is owed less than that.",
        available=from_minor(max(0, available), currency),
        availableMinor=max(0, available),
        currency=currency,
    )
