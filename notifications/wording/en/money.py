"""What people are told of payments, invoices and credit, in English."""

from notifications.wording.words import Words

_PAYMENT = (("Amount", "{amount}"), ("Payment", "{payment}"), ("Invoice", "{invoice}"), ("Date", "{date}"))

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
}
