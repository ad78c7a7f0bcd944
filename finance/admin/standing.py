"""How payments and documents stand, in plain words and in the colours of the tiles."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from finance.admin.attention import today
from finance.admin.health import Colour
from finance.gateways import gateway
from finance.models import Dispute, Invoice, PaymentIntent, Payout, Refund
from finance.selectors import invoice_status, payment_status
from wholexale.common.admin import say_amount, say_when

_PAYMENTS = {
    "pending": (Colour.AMBER, "waits for the payer"),
    "processing": (Colour.AMBER, "processing"),
    "authorized": (Colour.AMBER, "authorized, not captured"),
    "captured": (Colour.GREEN, "paid"),
    "partially_refunded": (Colour.GREEN, "partly paid back"),
    "refunded": (Colour.GREY, "paid back"),
    "disputed": (Colour.RED, "disputed"),
    "failed": (Colour.RED, "failed"),
    "cancelled": (Colour.GREY, "canceled"),
    "timeout": (Colour.GREY, "expired"),
}
_INVOICES = {
    "issued": (Colour.GREY, "issued"),
    "partially_paid": (Colour.AMBER, "partly paid"),
    "overdue": (Colour.RED, "overdue"),
    "paid": (Colour.GREEN, "paid"),
    "credited": (Colour.GREY, "credited"),
}
_OTHERS: dict[str, Colour] = {
    Refund.State.PENDING: Colour.AMBER,
    Refund.State.SUCCEEDED: Colour.GREEN,
    Refund.State.FAILED: Colour.RED,
    Payout.State.PAID: Colour.GREEN,
    Payout.State.CANCELED: Colour.GREY,
    Dispute.State.NEEDS_RESPONSE: Colour.RED,
    Dispute.State.UNDER_REVIEW: Colour.AMBER,
    Dispute.State.WON: Colour.GREEN,
    Dispute.State.LOST: Colour.GREY,
}


def is_by_hand(row: PaymentIntent | Refund | Payout) -> bool:
    """Return whether staff says what becomes of it; a provider that is not installed any more is none by hand."""
    provider = row.intent.provider if isinstance(row, Refund) else row.provider
    try:
        return gateway(provider).is_by_hand
    except (KeyError, ImportError):
        return False


def say_payment(intent: PaymentIntent) -> str:
    """Return how a payment stands."""
    return _payment(intent)[1]


def show_payment(intent: PaymentIntent) -> SafeString:
    """Return how a payment stands, and below it what has become of the money since."""
    parts = (
        (intent.refunded, "paid back"),
        (intent.refunding, "to be paid back"),
        (intent.disputed, "disputed"),
    )
    amounts = ((say_amount(amount, intent.currency), words) for amount, words in parts if amount)
    return _coloured(*_payment(intent)) + format_html_join("", "<br><small>{} {}</small>", amounts)


def show_invoice(invoice: Invoice) -> SafeString:
    """Return how an invoice stands today, and below it until when it is paid in time."""
    stands = _coloured(*_INVOICES[invoice_status(invoice, today())])
    return format_html("{}<br><small>due {}</small>", stands, invoice.due_on.isoformat())


def show_dispute(dispute: Dispute) -> SafeString:
    """Return how a dispute stands, and below it until when the bank takes an answer, where it wants one."""
    is_asked = dispute.state == Dispute.State.NEEDS_RESPONSE
    stands = show_state(dispute)
    if dispute.respond_by is None or not is_asked:
        return stands
    return format_html("{}<br><small>by {} UTC</small>", stands, say_when(dispute.respond_by))


def show_state(row: Refund | Payout | Dispute) -> SafeString:
    """Return how anything else stands."""
    return _coloured(_OTHERS.get(row.state, Colour.GREY), row.get_state_display().lower())


def say_failure(row: PaymentIntent | Refund | Payout) -> str:
    """Return why it has failed: what people read, and the provider's own word."""
    return f"{row.failure_text} ({row.failure_code})" if row.failure_code else "-"


def _payment(intent: PaymentIntent) -> tuple[Colour, str]:
    status = payment_status(intent)
    if status == "pending" and is_by_hand(intent):
        return Colour.AMBER, "waits for the money"
    return _PAYMENTS[status]


def _coloured(colour: Colour, words: str) -> SafeString:
    return format_html('<b class="verdict {}">{}</b>', colour, words)
