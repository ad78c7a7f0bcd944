"""What providers tell, by a reply, a webhook or when asked: it takes effect once, in whatever order it comes.

A payment only goes forward. What is told in the wrong order changes nothing, and makes us ask. Money always counts:
what was paid is booked, also where we had given the payment up.
"""

import logging
import re

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from finance.gateways import Disputed, News, PaidOut, Payment, Refunded
from finance.models import PaymentEvent, PaymentIntent, ProviderCall, Refund, chart
from finance.selectors.payments import EXPIRED
from finance.services.announcing import announce_credit
from finance.services.disputes import take_dispute
from finance.services.intents import Source, State, call_provider, change_intent, lock_intent
from finance.services.ledger import OF_PAYMENT, open_accounts, record
from finance.services.papers import about_payment, lock_balance
from finance.services.payouts import lock_payout, take_payout
from finance.services.prepaid import hold_prepayment, lock_for_prepayment
from finance.services.refunds import take_refund
from finance.sql import Category, Kind, Leg, Movement, Phase

logger = logging.getLogger(__name__)

_OUR_NUMBER = re.compile(r"REF-[0-9]{4}-([0-9]{6,18})")

_RANK = {State.REQUIRES_PAYMENT_METHOD: 0, State.PROCESSING: 1, State.REQUIRES_ACTION: 1, State.REQUIRES_CAPTURE: 2}


def take_news(provider: str, news: News, *, source: Source, event: PaymentEvent | None = None) -> bool:
    """Let what a provider tells take effect, in the surrounding transaction; return whether it is about anything known.

    Args:
        provider: who tells.
        news: what.
        source: how we know.
        event: the webhook, where it came by one.
    """
    if isinstance(news, PaidOut):
        payout = lock_payout(provider, news)
        if payout is not None:
            take_payout(payout, news, actor=None)
        return payout is not None
    if isinstance(news, Refunded):
        return _take_refund(provider, news, source, event)
    intent = _lock_named(provider, news)
    if intent is None:
        return False
    if isinstance(news, Disputed):
        take_dispute(intent, news, source=source, event=event)
    else:
        take_payment(intent, news, source=source, event=event)
    return True


@transaction.atomic
def ask_about(provider: str, news: News | None, *, key: str) -> None:
    """Have the provider asked how the payment stands that a dispute is about; once for each key."""
    intent = _lock_named(provider, news) if isinstance(news, Disputed) else None
    if intent is not None and not intent.calls.filter(key=f"{intent.id}:retrieve:{key}").exists():
        call_provider(ProviderCall.Kind.RETRIEVE, key=f"{intent.id}:retrieve:{key}", intent=intent)


def take_payment(
    intent: PaymentIntent,
    news: Payment,
    *,
    source: Source,
    event: PaymentEvent | None = None,
    actor: User | None = None,
    note: str = "",
) -> None:
    """Let what is told of a locked payment take effect; what is known already changes nothing.

    Args:
        intent: as it is under the lock.
        news: how it stands at the provider.
        source: how we know.
        event: the webhook, where it came by one.
        actor: the member of staff, where one says so.
        note: what people read.
    """
    intent.provider_ref = intent.provider_ref or news.reference
    state = _next_state(State(intent.state), news.state, is_fresh=source != Source.WEBHOOK)
    if state is None:
        _keep_up(intent, news, source, event)
        return
    intent.action = dict(news.action) if news.action else None
    if state == State.SUCCEEDED and not _collect(intent, news):
        return
    if state == State.REQUIRES_CAPTURE:
        intent.capturable = min(news.capturable or intent.amount, intent.amount)
    if state in {State.FAILED, State.CANCELED}:
        intent.capturable = 0
        intent.failure_code, intent.failure_text = news.failure_code[:60], news.failure_text[:300]
    change_intent(intent, state=state, source=source, event=event, actor=actor, note=note or news.failure_text)


def _next_state(old: State, new: State, *, is_fresh: bool) -> State | None:
    """Return the state to go to; None where a payment stays as it is."""
    if old in {new, State.SUCCEEDED}:
        return None
    if new == State.SUCCEEDED:
        return new
    if old in PaymentIntent.FINAL:
        return None
    if new in PaymentIntent.FINAL or _RANK[new] > _RANK[old]:
        return new
    return new if is_fresh and _RANK[new] == _RANK[old] else None


def _keep_up(intent: PaymentIntent, news: Payment, source: Source, event: PaymentEvent | None) -> None:
    """Remember what the provider calls a payment; ask where a webhook may have come too late."""
    if news.action and news.state == intent.state:
        intent.action = dict(news.action)
    intent.save(update_fields=["provider_ref", "action", "updated_at"])
    if source == Source.WEBHOOK and event and not intent.is_final and news.state != intent.state:
        call_provider(ProviderCall.Kind.RETRIEVE, key=f"{intent.id}:retrieve:{event.id}", intent=intent)


def _collect(intent: PaymentIntent, news: Payment) -> bool:
    """Book what was captured and count it on the invoice; refuse an amount that cannot be."""
    captured = intent.amount if news.captured is None else news.captured
    if not 1 <= captured <= intent.amount:
        logger.error("%s: %s says that %s of %s was captured", intent, intent.provider, captured, intent.amount)
        return False
    balance = None if intent.invoice is None else lock_balance(intent.invoice)
    if intent.order_id is not None:
        lock_for_prepayment(intent)
    cash, fees, receivable = open_accounts(
        [
            chart.cash(intent.provider, intent.currency),
            chart.provider_fees(intent.provider, intent.currency),
            chart.receivable(intent.payer_id, intent.currency),
        ]
    )
    legs = [
        Leg(phase=Phase.SINGLE, debit_id=cash.id, credit_id=receivable.id, amount=captured, currency=intent.currency)
    ]
    if news.fee > 0:
        legs.append(
            Leg(phase=Phase.SINGLE, debit_id=fees.id, credit_id=cash.id, amount=news.fee, currency=intent.currency)
        )
    about = about_payment(intent)
    recorded = record(
        Movement(
            kind=Kind.REPAYMENT,
            category=Category.ORDER_PAYMENT,
            reference=f"{OF_PAYMENT}{intent.id}",
            legs=tuple(legs),
            about=about,
            payment_method=intent.method,
            description=f"{intent.payment_id} for {about.number}",
        )
    )
    intent.captured, intent.capturable, intent.provider_fee = captured, 0, max(0, news.fee)
    intent.failure_code = intent.failure_text = ""
    if balance is not None:
        balance.paid += captured
        balance.save(update_fields=["paid", "updated_at"])
    announce_credit(recorded)
    hold_prepayment(intent)
    return True


def _lock_named(provider: str, news: Payment | Disputed) -> PaymentIntent | None:
    """Lock the payment that news are about: by our id, else by the provider's."""
    known = PaymentIntent.objects.filter(provider=provider)
    if isinstance(news, Payment):
        own = known.filter(id=news.intent_id) if news.intent_id else known.filter(provider_ref=news.reference)
    else:
        own = known.filter(provider_ref=news.payment)
    found = own.values_list("id", flat=True).first()
    return lock_intent(found) if found else None


def _take_refund(provider: str, news: Refunded, source: Source, event: PaymentEvent | None) -> bool:
    found = _named_refund(provider, news).values_list("id", "intent_id").first()
    if found is None:
        return False
    intent = lock_intent(found[1])
    take_refund(intent, Refund.objects.get(id=found[0]), news, source=source, event=event)
    return True


def _named_refund(provider: str, news: Refunded) -> "QuerySet[Refund]":
    """Return the refund that news are about: by our id, by our number, else by the provider's id."""
    known = Refund.objects.filter(intent__provider=provider)
    if news.refund_id:
        return known.filter(id=news.refund_id)
    if number := _OUR_NUMBER.fullmatch(news.reference):
        return known.filter(number=int(number[1]))
    return known.filter(provider_ref=news.reference) if news.reference else known.none()


def expired(reference: str) -> Payment:
    """Return the news that nobody has paid in time."""
    return Payment(
        reference=reference,
        state=State.CANCELED,
        failure_code=EXPIRED,
        failure_text="Nobody has paid in time.",
    )
