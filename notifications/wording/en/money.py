"""What people are told of payments, invoices and credit, in English."""

from notifications.wording.words import Words

_PAYMENT = (("Amount", "{amount}"), ("Payment", "{payment}"), ("Invoice", "{invoice}"), ("Date", "{date}"))
_CREDIT_LINE = (("Limit", "{limit}"), ("Available", "{balance}"))


def _credit_line(title: str, message: str, sms: str, **more: str) -> Words:
    """Return the wording of a change of a credit line."""
    return Words(
        title=title,
        message=message,
        push="Open it to see what is available.",
        facts=_CREDIT_LINE,
        action="See your credit",
        sms=f"Wholexale: {sms}",
        **more,  # type: ignore[arg-type]  # only a tone
    )


MONEY = {
    "payment-success": Words(
        title="Payment received",
        message="{amount} was paid: {payment}.",
        push="Open it to see the payment.",
        subject="Payment received: {amount}",
        facts=_PAYMENT,
        action="See the payment",
        sms="Wholexale: payment of {amount} received. Reference {payment}.",
        tone="good",
    ),
    "payment-failed": Words(
        title="A payment failed",
        message="The payment of {amount} failed: {reason}.",
        push="Open it to try again.",
        subject="Payment failed: {amount}",
        facts=(*_PAYMENT, ("Reason", "{reason}")),
        action="Try again",
        sms="Wholexale: payment of {amount} failed: {reason}. Please try again.",
        tone="bad",
    ),
    "payment-refunded": Words(
        title="A payment was refunded",
        message="{amount} was refunded: {payment}.",
        push="Open it to see the refund.",
        subject="Refunded: {amount}",
        facts=_PAYMENT,
        action="See the payment",
        sms="Wholexale: {amount} refunded. Reference {payment}.",
    ),
    "refund-failed": Words(
        title="A refund failed",
        message="The refund of {amount} failed: {payment}, {reason}.",
        push="Open it to see why.",
        subject="Refund failed: {amount}",
        facts=(*_PAYMENT, ("Reason", "{reason}")),
        action="See the payment",
        sms="Wholexale: refund of {amount} failed: {reason}. Reference {payment}.",
        tone="bad",
    ),
    "invoice-issued": Words(
        title="New invoice",
        message="{sender} has sent you the invoice {invoice} over {amount}, due on {due_date}.",
        push="Open it to see how much is due, and when.",
        subject="Invoice {invoice} over {amount}",
        facts=(("Invoice", "{invoice}"), ("From", "{sender}"), ("Amount", "{amount}"), ("Due on", "{due_date}")),
        action="See the invoice",
        sms="Wholexale: invoice {invoice} over {amount}, due on {due_date}.",
    ),
    "credit-added": Words(
        title="Credit added",
        message="{amount} was added to your credit. Available now: {balance}.",
        push="Open it to see what is available.",
        facts=(("Amount", "{amount}"), ("Available", "{balance}"), ("Reason", "{reason}")),
        action="See your credit",
        sms="Wholexale: {amount} added to your credit. Available: {balance}.",
        tone="good",
    ),
    "credit-deducted": Words(
        title="Credit used",
        message="{amount} was taken from your credit. Available now: {balance}.",
        push="Open it to see what is available.",
        facts=(("Amount", "{amount}"), ("Available", "{balance}"), ("Reason", "{reason}")),
        action="See your credit",
        sms="Wholexale: {amount} taken from your credit. Available: {balance}.",
    ),
    "credit-line.opened": _credit_line(
        "You can buy on account",
        "You can buy on account up to {limit} from now on. Available now: {balance}.",
        "you can buy on account up to {limit}.",
        tone="good",
    ),
    "credit-line.lowered": _credit_line(
        "Your credit limit was lowered",
        "Your credit limit was lowered by {amount} to {limit}. Available now: {balance}.",
        "your credit limit was lowered to {limit}.",
    ),
    "credit-line.active": _credit_line(
        "You can buy on account again",
        "Your credit of {limit} is active again. Available now: {balance}.",
        "your credit of {limit} is active again.",
        tone="good",
    ),
    "credit-line.under_review": _credit_line(
        "Your credit is under review",
        "Your credit of {limit} is under review. Until that ends you cannot buy on account; you can pay what is due.",
        "your credit is under review. You can pay what is due, and not buy on account.",
    ),
    "credit-line.suspended": _credit_line(
        "Your credit is suspended",
        "Your credit of {limit} is suspended. You cannot buy on account for now; you can pay what is due.",
        "your credit is suspended. You can pay what is due, and not buy on account.",
        tone="bad",
    ),
    "credit-line.revoked": _credit_line(
        "Your credit was revoked",
        "Your credit of {limit} was revoked. You cannot buy on account any more; please pay what is due.",
        "your credit was revoked. Please pay what is due.",
        tone="bad",
    ),
}
