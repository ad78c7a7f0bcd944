"""What staff do about payments: say what became of money that comes by hand, capture, cancel, pay back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from accounts.models import User
from finance import services
from finance.admin.acting import AmountField, AmountForm
from finance.admin.standing import is_by_hand
from finance.models import PaymentIntent, ProviderCall
from finance.services.checks import BOOK
from finance.services.intents import open_call
from wholexale.common.admin import Command, Done, StaffAction, say_amount
from wholexale.common.money import from_minor

State, Kind = PaymentIntent.State, ProviderCall.Kind
_UNPAID = (State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION, State.REQUIRES_CAPTURE)


class ReceiptForm(AmountForm):
    """Asks how much has come."""

    amount = AmountField(label="Amount that has come")


class CaptureForm(AmountForm):
    """Asks how much of what was authorized is taken."""

    amount = AmountField(label="Amount to take")


class RefundForm(AmountForm):
    """Asks how much is paid back."""

    amount = AmountField(label="Amount to pay back")


def _whole(name: str) -> Callable[[PaymentIntent], dict[str, Any]]:
    """Return what types a whole amount of a payment into its form."""

    def initial(intent: PaymentIntent) -> dict[str, Decimal]:
        return {"amount": from_minor(getattr(intent, name), intent.currency)}

    return initial


def _said_amount(command: Command) -> str:
    return say_amount(command.said["amount"], command.row.currency)


def _receive(command: Command) -> Done:
    intent = services.receive_payment(
        actor=command.actor, payment_id=command.row.id, amount=command.said["amount"], reason=command.reason
    )
    return Done(text=f"{_said_amount(command)} of {intent} has come and was booked.", row=intent)


def _tell_receipt(intent: PaymentIntent, _actor: User) -> str:
    given_up = " The payment was given up before, and counts all the same." if intent.is_final else ""
    return (
        f"The amount is booked as received: {intent.payer} owes so much less, and what is missing stays due on "
        f"{intent.paper}. It can be paid back, and not undone.{given_up}"
    )


def _can_be_received(intent: PaymentIntent) -> bool:
    return is_by_hand(intent) and intent.state != State.SUCCEEDED


def _reject(command: Command) -> Done:
    intent = services.reject_payment(actor=command.actor, payment_id=command.row.id, reason=command.reason)
    return Done(text=f"{intent} has failed.", row=intent)


def _tell_rejection(intent: PaymentIntent, _actor: User) -> str:
    return (
        f"The payment fails, and both sides read the reason. Nothing is booked, and {intent.paper} stays due. Money "
        "that comes after all can still be booked here."
    )


def _can_be_rejected(intent: PaymentIntent) -> bool:
    return is_by_hand(intent) and not intent.is_final


def _cancel(command: Command) -> Done:
    intent = services.cancel_payment(actor=command.actor, payment_id=command.row.id, reason=command.reason)
    if intent.state == State.CANCELED:
        return Done(text=f"{intent} is canceled.", row=intent)
    return Done(text=f"{intent.provider.capitalize()} is asked to let go of {intent}.", row=intent)


def _tell_cancellation(intent: PaymentIntent, _actor: User) -> str:
    if is_by_hand(intent):
        return f"Nobody waits for the money any more, and {intent.paper} stays due. What comes can still be booked."
    return (
        f"{intent.provider.capitalize()} is asked to let go of the payment and of what it holds. {intent.paper} "
        "stays due. Where the payer was faster, the payment succeeds all the same."
    )


def _is_asked(intent: PaymentIntent) -> bool:
    """Return whether the provider is about to be asked to capture or to cancel."""
    return bool(open_call(intent, Kind.CAPTURE) or open_call(intent, Kind.CANCEL))


def _can_be_canceled(intent: PaymentIntent) -> bool:
    return intent.state in _UNPAID and not _is_asked(intent)


def _capture(command: Command) -> Done:
    intent = services.capture_payment(actor=command.actor, payment_id=command.row.id, amount=command.said["amount"])
    return Done(text=f"{intent.provider.capitalize()} is asked to take {_said_amount(command)}.", row=intent)


def _tell_capture(intent: PaymentIntent, _actor: User) -> str:
    most = say_amount(intent.capturable, intent.currency)
    return (
        f"{intent.provider.capitalize()} is asked to take the amount, at most {most}, and lets go of the rest. It is "
        "booked once the provider has answered. It can be done once, and be paid back, but not undone."
    )


def _can_be_captured(intent: PaymentIntent) -> bool:
    return intent.state == State.REQUIRES_CAPTURE and not _is_asked(intent)


def _refund(command: Command) -> Done:
    refund = services.refund_payment(
        actor=command.actor, payment_id=command.row.id, amount=command.said["amount"], reason=command.reason
    )
    amount = say_amount(refund.amount, command.row.currency)
    return Done(text=f"{amount} of {command.row} will be paid back, as {refund}.", row=command.row)


def _tell_refund(intent: PaymentIntent, _actor: User) -> str:
    sender = "Somebody then has to send the money, and to say so on the page of the refund."
    if not is_by_hand(intent):
        sender = f"{intent.provider.capitalize()} is asked to send the money."
    return (
        f"At most {say_amount(intent.refundable, intent.currency)} goes back to {intent.payer}. What was paid too much "
        f"on {intent.paper} goes first, and by itself; anything else is taken from what {intent.payee} is owed, and "
        f"credited on {intent.paper} once it was paid back. {sender}"
    )


def _can_be_refunded(intent: PaymentIntent) -> bool:
    return intent.state == State.SUCCEEDED and intent.refundable > 0


PAYMENT_ACTIONS = (
    StaffAction(
        name="receive",
        label="The money has come",
        permission=BOOK,
        form=ReceiptForm,
        do=_receive,
        tell=_tell_receipt,
        initial=_whole("amount"),
        is_offered=_can_be_received,
    ),
    StaffAction(
        name="reject",
        label="The money will not come",
        permission=BOOK,
        do=_reject,
        tell=_tell_rejection,
        is_offered=_can_be_rejected,
        is_grave=True,
    ),
    StaffAction(
        name="capture",
        label="Capture",
        permission=BOOK,
        form=CaptureForm,
        do=_capture,
        tell=_tell_capture,
        initial=_whole("capturable"),
        is_offered=_can_be_captured,
    ),
    StaffAction(
        name="refund",
        label="Refund",
        permission=BOOK,
        form=RefundForm,
        do=_refund,
        tell=_tell_refund,
        is_offered=_can_be_refunded,
        is_grave=True,
    ),
    StaffAction(
        name="cancel",
        label="Cancel",
        permission=BOOK,
        do=_cancel,
        tell=_tell_cancellation,
        is_offered=_can_be_canceled,
        is_grave=True,
    ),
)
