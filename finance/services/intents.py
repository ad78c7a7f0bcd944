"""The one place where a payment changes: under its lock, with a row that says from what, to what, and who told."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from finance.events import PaymentStateChanged
from finance.models import PaymentChange, PaymentEvent, PaymentIntent, Payout, ProviderCall, Refund
from finance.selectors.payments import payment_not_found
from finance.services.announcing import announce_payment
from wholexale.common.events import publish
from wholexale.common.logging import current_request
from wholexale.common.models import WorkRow
from wholexale.common.work import nudge_on_commit

State = PaymentIntent.State
Source = PaymentChange.Source
OPEN = (WorkRow.State.PENDING, WorkRow.State.LEASED)
_STAMPS = {
    State.REQUIRES_CAPTURE: "authorized_at",
    State.SUCCEEDED: "captured_at",
    State.FAILED: "failed_at",
    State.CANCELED: "canceled_at",
}


def lock_intent(intent_id: UUID) -> PaymentIntent:
    """Lock a payment, before its invoice and before any balance, and return it as it is under the lock.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`.
    """
    intent = PaymentIntent.objects.select_for_update().filter(id=intent_id).first()
    if intent is None:
        raise payment_not_found()
    return intent


def change_intent(
    intent: PaymentIntent,
    *,
    source: Source,
    state: State | None = None,
    actor: User | None = None,
    event: PaymentEvent | None = None,
    note: str = "",
) -> None:
    """Save a locked payment with what was changed of it, write the step down, and tell both sides.

    Args:
        intent: as it is under the lock, with new amounts where there are any.
        source: who has told.
        state: the new state; None leaves it as it is.
        actor: the person, where one has told.
        event: the webhook, where one has told.
        note: what people read.
    """
    old = intent.state if intent.version else ""
    if state is not None and state != intent.state:
        intent.state = state
        if stamp := _STAMPS.get(state):
            setattr(intent, stamp, timezone.now())
    if intent.is_final:
        intent.action = None
    intent.version += 1
    intent.save()
    PaymentChange.objects.create(
        intent=intent,
        number=intent.version,
        old_state=old,
        new_state=intent.state,
        captured=intent.captured,
        refunded=intent.refunded,
        refunding=intent.refunding,
        disputed=intent.disputed,
        source=source,
        event=event,
        actor=actor,
        note=note[:500],
        request_id=current_request(),
    )
    announce_payment(intent)
    if intent.state != old:
        publish(_state_changed(intent, old, actor))


def _state_changed(intent: PaymentIntent, old: str, actor: User | None) -> PaymentStateChanged:
    return PaymentStateChanged(
        intent_id=intent.id,
        version=intent.version,
        state=intent.state,
        old_state=old,
        payer_id=intent.payer_id,
        payee_id=intent.payee_id,
        actor_id=actor.id if actor else None,
    )


def call_provider(
    kind: ProviderCall.Kind,
    *,
    key: str,
    intent: PaymentIntent | None = None,
    refund: Refund | None = None,
    payout: Payout | None = None,
    amount: int | None = None,
    token: str = "",
    note: str = "",
    seconds: int = 0,
) -> ProviderCall:
    """Write down what the provider is to be asked, once the surrounding transaction has committed.

    Args:
        kind: what is asked.
        key: makes it happen once there.
        intent: the payment that it is about, or
        refund: the refund, or
        payout: the payout.
        amount: in minor units, where a part is meant.
        token: the payer's card or account at the provider.
        note: why.
        seconds: not before so many have passed.
    """
    call = ProviderCall.objects.create(
        kind=kind,
        key=key,
        intent=intent,
        refund=refund,
        payout=payout,
        amount=amount,
        token=token,
        note=note,
        run_at=timezone.now() + timedelta(seconds=seconds),
        request_id=current_request(),
    )
    nudge_on_commit(call)
    return call


def open_call(intent: PaymentIntent, kind: ProviderCall.Kind) -> ProviderCall | None:
    """Return what the provider is about to be asked of this kind, if anything."""
    return intent.calls.filter(kind=kind, state__in=OPEN).first()


def next_key(intent: PaymentIntent, kind: ProviderCall.Kind) -> str:
    """Return the key of another attempt at something."""
    return f"{intent.id}:{kind}:{intent.calls.filter(kind=kind).count() + 1}"
