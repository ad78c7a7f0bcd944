"""What members want of payments: begin, confirm, capture, cancel. The provider is asked after the commit."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from finance.gateways import Gateway, Order, gateway, gateways
from finance.models import Invoice, PaymentIntent, ProviderCall
from finance.selectors.invoices import access_invoice
from finance.selectors.payments import access_payment
from finance.services.checks import BOOK, check_amount, check_staff, checked_text
from finance.services.intents import Source, State, call_provider, change_intent, lock_intent, next_key, open_call
from finance.services.papers import check_seller, lock_balance
from finance.services.provider_news import take_payment
from wholexale.common.errors import Conflict, FieldError, Forbidden, ValidationFailed
from wholexale.common.money import from_minor
from wholexale.common.numbers import next_number

Kind = ProviderCall.Kind
FIRST_LOOK_SECONDS = 20
MAX_TOKEN = 200
CANCELLABLE = (State.REQUIRES_PAYMENT_METHOD, State.REQUIRES_ACTION, State.REQUIRES_CAPTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How somebody wants to pay: `provider` "" is the first that offers the method.

    With `is_confirmed` it is collected at once; `token` stands for the payer's card or account at the provider.
    """

    method: str
    provider: str = ""
    is_captured_later: bool = False
    is_confirmed: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWish(Way):
    """What a payer wants to pay, and how; `amount` is in minor units, None is all that is due."""

    invoice_id: UUID
    amount: int | None = None


@transaction.atomic
def start_payment(*, actor: User, wish: PaymentWish) -> PaymentIntent:
    """Begin to pay an invoice, and collect where that is wished; nothing is taken before it is confirmed.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, `INVOICE_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`; `NOT_THE_PAYER`, for the seller.
        ValidationFailed: `AMOUNT_EXCEEDS_DUE`, `AMOUNT_NOT_POSITIVE`, `PAYMENT_METHOD_NOT_SUPPORTED`; where the
            provider does not capture later.
        Conflict: `INVOICE_NOT_DUE`: nothing is to be paid any more; `PAYMENT_NOT_CONFIRMABLE`: the provider does not
            collect by itself.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)
    invoice = access_invoice(actor=actor, invoice_id=wish.invoice_id)
    if membership.business_id != invoice.buyer_id:
        raise Forbidden("NOT_THE_PAYER", "Only the buyer pays an invoice.")
    provider, _ = provider_for(wish)
    amount = _checked_amount(lock_balance(invoice).due, wish.amount, invoice)
    intent = PaymentIntent(
        invoice=invoice,
        payer_id=invoice.buyer_id,
        payee_id=invoice.seller_id,
        amount=amount,
        currency=invoice.currency,
        method=wish.method,
    )
    return begin_payment(intent, provider, wish, actor)


def begin_payment(intent: PaymentIntent, provider: Gateway, way: Way, actor: User) -> PaymentIntent:
    """Give a new payment its number, save it, and have the provider told of it.

    Raises:
        Conflict: `PAYMENT_NOT_CONFIRMABLE`: the provider does not collect by itself.
    """
    intent.number = next_number(PaymentIntent)
    intent.provider, intent.is_captured_later = provider.name, way.is_captured_later
    intent.created_by = actor
    if not provider.is_by_hand:
        intent.expires_at = timezone.now() + settings.PAYMENT_EXPIRES_IN
    change_intent(intent, source=Source.MEMBER, actor=actor)
    if provider.is_by_hand:
        take_payment(intent, provider.create(order_of(intent), key=f"{intent.id}:create"), source=Source.REPLY)
    else:
        call_provider(Kind.CREATE, key=f"{intent.id}:create", intent=intent)
        call_provider(Kind.WATCH, key=f"{intent.id}:watch", intent=intent, seconds=FIRST_LOOK_SECONDS)
    if way.is_confirmed:
        _confirm(intent, actor, way.token)
    return intent


@transaction.atomic
def confirm_payment(*, actor: User, payment_id: UUID, token: str = "") -> PaymentIntent:
    """Have a payment collected: the provider is asked at once, and the answer comes by `payment:updated`.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, `NOT_THE_PAYER`.
        Conflict: `PAYMENT_NOT_CONFIRMABLE`.
    """
    intent = _lock_as_payer(actor, payment_id)
    _confirm(intent, actor, token)
    return intent


@transaction.atomic
def capture_payment(*, actor: User, payment_id: UUID, amount: int | None = None) -> PaymentIntent:
    """Take what was authorized, or a part of it; the rest is let go.

    Args:
        actor: a member of the seller who manages payments, or staff.
        payment_id: the payment.
        amount: in minor units; None is all that was authorized.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: `CAPTURE_EXCEEDS_AUTHORIZED`, `AMOUNT_NOT_POSITIVE`.
        Conflict: `PAYMENT_NOT_CAPTURABLE`, `PAYMENT_BUSY`.
    """
    access_payment(actor=actor, payment_id=payment_id)
    intent = lock_intent(payment_id)
    check_seller(actor, intent)
    if intent.state != State.REQUIRES_CAPTURE:
        raise Conflict("PAYMENT_NOT_CAPTURABLE", "There is nothing to capture.", status=intent.state)
    wanted = intent.capturable if amount is None else amount
    check_amount(wanted, intent.capturable, intent.currency, code="CAPTURE_EXCEEDS_AUTHORIZED")
    _refuse_while_asked(intent)
    call_provider(Kind.CAPTURE, key=next_key(intent, Kind.CAPTURE), intent=intent, amount=wanted)
    change_intent(intent, source=_source(actor), actor=actor, note=f"Capture {from_minor(wanted, intent.currency)}")
    return intent


@transaction.atomic
def cancel_payment(*, actor: User, payment_id: UUID, reason: str = "") -> PaymentIntent:
    """Give up a payment that was not captured; the provider lets go of what it holds.

    Args:
        actor: a member of either side who manages payments, or staff.
        payment_id: the payment.
        reason: what people read.

    Raises:
        NotFound: `PAYMENT_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        Conflict: `PAYMENT_NOT_CANCELLABLE`, `PAYMENT_BUSY`.
    """
    access_payment(actor=actor, payment_id=payment_id)
    intent = lock_intent(payment_id)
    _check_manager(actor)
    note = checked_text("reason", reason)
    if intent.state not in CANCELLABLE:
        raise Conflict("PAYMENT_NOT_CANCELLABLE", "This payment cannot be canceled any more.", status=intent.state)
    _refuse_while_asked(intent)
    give_up_payment(intent, actor=actor, note=note)
    return intent


def give_up_payment(intent: PaymentIntent, *, actor: User | None, note: str) -> None:
    """Give up a locked payment that was not captured, if the provider is not about to be asked already."""
    if open_call(intent, Kind.CANCEL):
        return
    if gateway(intent.provider).is_by_hand:
        change_intent(intent, state=State.CANCELED, source=_source(actor), actor=actor, note=note)
    else:
        call_provider(Kind.CANCEL, key=next_key(intent, Kind.CANCEL), intent=intent, note=note)
        change_intent(intent, source=_source(actor), actor=actor, note=note or "Cancel")


def order_of(intent: PaymentIntent) -> Order:
    """Return what the provider is told about a payment."""
    return Order(
        intent_id=intent.id,
        number=intent.payment_id,
        amount=intent.amount,
        currency=intent.currency,
        method=intent.method,
        is_captured_later=intent.is_captured_later,
        description=_description(intent),
    )


def _description(intent: PaymentIntent) -> str:
    if intent.invoice is None:
        return f"{intent.order_number} of {intent.payee.name}"
    return f"{intent.invoice.invoice_number} of {intent.invoice.seller_details['name']}"


def _confirm(intent: PaymentIntent, actor: User, token: str) -> None:
    token = checked_text("token", token, longest=MAX_TOKEN)
    if gateway(intent.provider).is_by_hand or intent.state != State.REQUIRES_PAYMENT_METHOD:
        raise Conflict("PAYMENT_NOT_CONFIRMABLE", "There is nothing to confirm.", status=intent.state)
    change_intent(intent, state=State.PROCESSING, source=Source.MEMBER, actor=actor)
    call_provider(Kind.CONFIRM, key=next_key(intent, Kind.CONFIRM), intent=intent, token=token)


def provider_for(way: Way | None) -> tuple[Gateway, Way]:
    """Return the provider of a way to pay, and that way; None is the first way of the first provider.

    Raises:
        ValidationFailed: `PAYMENT_METHOD_NOT_SUPPORTED`; where the provider does not capture later.
    """
    if way is None:
        first = gateways()[0]
        return first, Way(method=first.methods[0], provider=first.name)
    for one in gateways():
        if way.method in one.methods and way.provider in {"", one.name}:
            if way.is_captured_later and one.is_by_hand:
                raise ValidationFailed.of_field("capture", "This provider does not authorize first")
            return one, way
    offered = sorted({method for one in gateways() if way.provider in {"", one.name} for method in one.methods})
    raise ValidationFailed(
        "PAYMENT_METHOD_NOT_SUPPORTED",
        "Nobody here takes this way of paying.",
        details=[FieldError(path="method", msg=f"One of {', '.join(offered)}" if offered else "No such provider")],
    )


def _checked_amount(due: int, amount: int | None, invoice: Invoice) -> int:
    if due < 1:
        raise Conflict("INVOICE_NOT_DUE", "Nothing is to be paid on this invoice.")
    wanted = due if amount is None else amount
    check_amount(wanted, due, invoice.currency, code="AMOUNT_EXCEEDS_DUE")
    return wanted


def _lock_as_payer(actor: User, payment_id: UUID) -> PaymentIntent:
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)
    access_payment(actor=actor, payment_id=payment_id)
    intent = lock_intent(payment_id)
    if intent.payer_id != membership.business_id:
        raise Forbidden("NOT_THE_PAYER", "Only the buyer confirms a payment.")
    return intent


def _check_manager(actor: User) -> None:
    if actor.is_staff:
        check_staff(actor, BOOK)
    else:
        accounts_selectors.access_membership(actor=actor, permission=Permission.PAYMENTS_MANAGE)


def _refuse_while_asked(intent: PaymentIntent) -> None:
    """Refuse a second wish while the provider is about to be asked for the first.

    Raises:
        Conflict: `PAYMENT_BUSY`.
    """
    if open_call(intent, Kind.CAPTURE) or open_call(intent, Kind.CANCEL):
        raise Conflict("PAYMENT_BUSY", "The provider is about to be asked already.", retry_after=1)


def _source(actor: User | None) -> Source:
    if actor is None:
        return Source.CLOCK
    return Source.STAFF if actor.is_staff else Source.MEMBER
