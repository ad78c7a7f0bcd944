"""Asking providers: outside of any transaction, by a key that makes it happen once; what they answer is taken after.

A provider that does not answer is asked again by the same key. What it refuses, it is asked about: a refusal may mean
that it was done before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from finance.gateways import Gateway, News, PaidOut, Payment, Refunded, Rejected, Unavailable, gateway
from finance.models import PaymentIntent, Payout, ProviderCall, Refund
from finance.services.intents import Source, State, change_intent, lock_intent, open_call
from finance.services.payments import order_of
from finance.services.provider_news import expired, take_news, take_payment
from wholexale.common.work import Later, nudge_on_commit

Kind = ProviderCall.Kind
SOONEST, LATEST = timedelta(seconds=20), timedelta(hours=1)
_WAITS_FOR_PAYER = (State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION)
_ENDED = {Kind.CONFIRM: State.PROCESSING, Kind.CAPTURE: State.REQUIRES_CAPTURE}


def make_call(*, call_id: UUID) -> None:
    """Ask a provider what a row of work says, and take what it answers; asked again, nothing happens twice.

    Raises:
        Unavailable: the provider did not answer: ask again.
        Later: there is nothing to do before that time.
    """
    calls = ProviderCall.objects.select_related("intent__invoice", "refund__intent", "payout")
    call = calls.get(id=call_id)
    if call.kind == Kind.WATCH:
        _watch(call)
        return
    provider = gateway(provider_of(call))
    try:
        news = _ask(provider, call)
    except Rejected as refusal:
        news = _after_refusal(provider, call, refusal)
    if news is not None:
        with transaction.atomic():
            take_news(provider.name, news, source=Source.REPLY)


def provider_of(call: ProviderCall) -> str:
    """Return the name of the provider that is asked."""
    if call.intent is not None:
        return call.intent.provider
    return _refund(call).intent.provider if call.refund is not None else _payout(call).provider


def _ask(provider: Gateway, call: ProviderCall) -> News | None:
    """Ask what the row says; None where it has become needless."""
    if call.refund is not None:
        return _refund_once(provider, call, call.refund)
    if call.payout is not None:
        one = call.payout
        return provider.pay_out(
            payout_id=one.id, business_id=one.business_id, amount=one.amount, currency=one.currency, key=call.key
        )
    intent = _intent(call)
    if intent.is_final and call.kind != Kind.RETRIEVE:
        return None
    if not intent.provider_ref:
        created = provider.create(order_of(intent), key=f"{intent.id}:create")
        if call.kind == Kind.CREATE:
            return created
        intent = _remember(intent, created)
    return _ASK[Kind(call.kind)](provider, call, intent.provider_ref)


def _refund_once(provider: Gateway, call: ProviderCall, refund: Refund) -> Refunded:
    """Ask for a refund; again only where it was not made: keys are forgotten, and a dead row may be replayed."""
    payment = refund.intent.provider_ref
    made = provider.find_refund(payment, refund_id=refund.id) if call.attempts > 1 else None
    return made or provider.refund(payment, refund_id=refund.id, amount=refund.amount, key=call.key)


_Ask = Callable[[Gateway, ProviderCall, str], Payment]
_ASK: dict[Kind, _Ask] = {
    Kind.CREATE: lambda provider, _call, reference: provider.retrieve(reference),
    Kind.CONFIRM: lambda provider, call, reference: provider.confirm(reference, token=call.token, key=call.key),
    Kind.CAPTURE: lambda provider, call, reference: provider.capture(reference, amount=call.amount or 0, key=call.key),
    Kind.CANCEL: lambda provider, call, reference: provider.cancel(reference, key=call.key),
    Kind.RETRIEVE: lambda provider, _call, reference: provider.retrieve(reference),
}


def _remember(intent: PaymentIntent, created: Payment) -> PaymentIntent:
    """Write down what the provider calls a payment, before it is asked anything else."""
    with transaction.atomic():
        locked = lock_intent(intent.id)
        take_payment(locked, created, source=Source.REPLY)
    return locked


def _after_refusal(provider: Gateway, call: ProviderCall, refusal: Rejected) -> News | None:
    """Return what a refusal comes to: the truth where the provider can be asked, else the end of what was wanted."""
    if call.refund is not None:
        return Refunded(
            reference=call.refund.provider_ref,
            payment=call.refund.intent.provider_ref,
            refund_id=call.refund.id,
            state=Refund.State.FAILED,
            failure_code=refusal.code,
            failure_text=refusal.text,
        )
    if call.payout is not None:
        return PaidOut(
            reference=call.payout.provider_ref,
            payout_id=call.payout.id,
            state=Payout.State.FAILED,
            failure_code=refusal.code,
            failure_text=refusal.text,
        )
    intent = PaymentIntent.objects.get(id=_intent(call).id)
    if intent.provider_ref:
        truth = provider.retrieve(intent.provider_ref)
        if truth.state not in _WAITS_FOR_PAYER and truth.state != intent.state:
            return truth
    if call.kind in {Kind.CREATE, Kind.CONFIRM}:
        return Payment(
            reference=intent.provider_ref,
            intent_id=intent.id,
            state=State.FAILED,
            failure_code=refusal.code,
            failure_text=refusal.text,
        )
    _note_refusal(intent, call, refusal)
    return None


@transaction.atomic
def _note_refusal(intent: PaymentIntent, call: ProviderCall, refusal: Rejected) -> None:
    """Write down what the provider would not do; the payment stays as it is."""
    locked = lock_intent(intent.id)
    locked.failure_code, locked.failure_text = refusal.code[:60], refusal.text[:300]
    change_intent(locked, source=Source.REPLY, note=f"{call.get_kind_display()} refused: {refusal.text}")


def _watch(call: ProviderCall) -> None:
    """Look after something until it has ended: ask how it stands, for a webhook may be lost.

    Raises:
        Later: as long as it has not ended.
    """
    if call.intent is not None:
        is_over, began = _watch_payment(call.intent), call.intent.created_at
    elif call.refund is not None:
        is_over, began = _watch_refund(call.refund), call.refund.created_at
    else:
        is_over, began = _watch_payout(_payout(call)), _payout(call).created_at
    if not is_over:
        raise Later(until=_next_look(began))


def _next_look(began: datetime) -> datetime:
    """Return when to look again: the longer it takes, the rarer."""
    now = timezone.now()
    return now + min(LATEST, max(SOONEST, now - began))


def _watch_payment(intent: PaymentIntent) -> bool:
    if intent.is_final:
        return True
    if intent.expires_at and intent.expires_at <= timezone.now() and intent.state in _WAITS_FOR_PAYER:
        _expire(intent)
    elif intent.provider_ref and intent.state != State.REQUIRES_PAYMENT_METHOD:
        _take_if_told(intent.provider, lambda one: one.retrieve(intent.provider_ref))
    return PaymentIntent.objects.get(id=intent.id).is_final


def _watch_refund(refund: Refund) -> bool:
    if refund.state == Refund.State.PENDING and refund.provider_ref:
        _take_if_told(refund.intent.provider, lambda one: one.retrieve_refund(refund.provider_ref))
    return Refund.objects.get(id=refund.id).state != Refund.State.PENDING


def _watch_payout(payout: Payout) -> bool:
    if payout.state == Payout.State.PENDING and payout.provider_ref:
        _take_if_told(payout.provider, lambda one: one.retrieve_payout(payout.provider_ref))
    return Payout.objects.get(id=payout.id).state != Payout.State.PENDING


def _take_if_told(name: str, ask: Callable[[Gateway], News]) -> None:
    """Take what a provider answers, where it does; it is asked again later."""
    try:
        news = ask(gateway(name))
    except (Unavailable, Rejected):
        return
    with transaction.atomic():
        take_news(name, news, source=Source.CLOCK)


def _expire(intent: PaymentIntent) -> None:
    """Give up a payment that nobody has made in time: at the provider first, so that it cannot be made any more."""
    try:
        told = (
            gateway(intent.provider).cancel(intent.provider_ref, key=f"{intent.id}:expire")
            if intent.provider_ref
            else None
        )
    except Unavailable:
        return
    except Rejected:  # it was made after all, and we have not heard
        _take_if_told(intent.provider, lambda one: one.retrieve(intent.provider_ref))
        return
    with transaction.atomic():
        locked = lock_intent(intent.id)
        if locked.state in _WAITS_FOR_PAYER and not open_call(locked, Kind.CONFIRM):
            news = told if told and told.state != State.CANCELED else expired(locked.provider_ref)
            take_payment(locked, news, source=Source.CLOCK)
        nudge_on_commit()


def _intent(call: ProviderCall) -> PaymentIntent:
    if call.intent is None:
        raise ValueError(f"{call} is not about a payment")
    return call.intent


def _refund(call: ProviderCall) -> Refund:
    if call.refund is None:
        raise ValueError(f"{call} is not about a refund")
    return call.refund


def _payout(call: ProviderCall) -> Payout:
    if call.payout is None:
        raise ValueError(f"{call} is not about a payout")
    return call.payout
