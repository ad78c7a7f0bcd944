"""Everything that people are told, in English."""

from notifications.wording.words import Frame, Leaving, Words

FRAME = Frame(
    greeting="Hello {name},",
    greeting_nobody="Hello,",
    code="Your code",
    link="If the button does not work, copy this address into your browser:",
    quote="Their message",
    footer="You receive this because you have an account at Wholexale.",
    unsubscribe="No more mails of this kind",
    more="and {count} more",
)

LEAVING = Leaving(
    title="Mails of Wholexale",
    question="Shall we send you no more mails of this kind: {type}?",
    button="No more of these mails",
    done="Done: no more mails of this kind: {type}.",
    back="You can change your mind in the settings of the app at any time.",
)

TYPES = {
    "chat_message": "unread messages",
    "offer_received": "new offers",
    "offer_response": "answers to offers",
    "offer_accepted": "accepted offers",
    "offer_rejected": "rejected offers",
    "offer_countered": "counter-offers",
    "order_placed": "new orders",
    "order_confirmed": "confirmed orders",
    "order_shipped": "orders on their way",
    "order_delivered": "delivered orders",
    "payment_received": "payments received",
    "payment_failed": "failed payments",
    "credit_added": "credit added",
    "credit_deducted": "credit used",
    "system_update": "news of Wholexale",
    "promotion": "promotions",
    "security_alert": "safety of your account",
    "reminder": "reminders",
    "feedback_request": "questions for your opinion",
    "digest": "all that can be done without",
}

_OFFER = (("Product", "{product}"), ("Price", "{price}"), ("Quantity", "{quantity}"), ("Total", "{total}"))
_PAYMENT = (("Amount", "{amount}"), ("Payment", "{payment}"), ("Invoice", "{invoice}"), ("Date", "{date}"))
_NOT_YOU = "If this was not you, change your password at once and end the sessions that you do not know."

_ACCOUNTS = {
    "email-verification": Words(
        title="Confirm your e-mail address",
        message="We have sent you a mail with a link that confirms your address.",
        push="Open your mailbox to go on.",
        mail=("Welcome to Wholexale. Please confirm that this address is yours.",),
        action="Confirm the address",
        note="The link and the code work for 24 hours. If you did not register, ignore this mail.",
        sms="Wholexale: please confirm your e-mail address. The link is in your mailbox.",
    ),
    "password-reset": Words(
        title="Reset your password",
        message="Somebody asked for a new password for your account. The link is in your mailbox.",
        push="The link is in your mailbox.",
        mail=("Somebody, hopefully you, asked for a new password for your account.",),
        action="Choose a new password",
        note="The link works once, and not for long. If you did not ask, ignore this mail: nothing changes.",
        sms="Wholexale: {code} is your code to reset your password. It works for 10 minutes. Tell it to nobody.",
    ),
    "otp": Words(
        title="Your verification code",
        message="We have sent you a code that confirms your telephone number.",
        push="We have sent you a code.",
        mail=("This code confirms that it is you.",),
        note="It works for 10 minutes. Nobody of Wholexale will ever ask you for it.",
        sms="Wholexale: {code} is your verification code. It works for 10 minutes. Tell it to nobody.",
    ),
    "welcome": Words(
        title="Welcome to Wholexale",
        message="Your account is ready: find suppliers, make offers, and pay on account.",
        push="Your account is ready.",
        action="Open Wholexale",
        sms="Welcome to Wholexale! Your account is ready. Open the app: {link}",
        tone="good",
    ),
    "login-alert": Words(
        title="New sign-in to your account",
        message="Somebody signed in to your account with {device} from {location}.",
        push="If this was not you, change your password.",
        facts=(("Device", "{device}"), ("From", "{location}"), ("When", "{when}")),
        action="See your sessions",
        note=_NOT_YOU,
        sms="Wholexale: new sign-in from {device}, {location}. Not you? Change your password now.",
        tone="bad",
    ),
    "password-changed": Words(
        title="Your password was changed",
        message="The password of your account was changed on {when}.",
        push="If this was not you, act now.",
        note=_NOT_YOU,
        sms="Wholexale: your password was changed on {when}. Not you? Reset it now.",
        tone="bad",
    ),
    "account-locked": Words(
        title="Your account is locked for a while",
        message="There were too many wrong passwords. You can sign in again after {until}.",
        push="There were too many wrong passwords.",
        note="If these were not your attempts, your password is still safe: nobody came in.",
        sms="Wholexale: too many wrong passwords. You can sign in again after {until}.",
        tone="bad",
    ),
    "security-alert": Words(
        title="A notice about the safety of your account",
        message="{message}",
        push="Open the app to see what has happened.",
        note=_NOT_YOU,
        sms="Wholexale: {message}",
        tone="bad",
    ),
    "member-added": Words(
        title="You have joined a business",
        message="You are now a member of {business}. Your role: {role}.",
        push="Open the app to see which one.",
        action="Open Wholexale",
        sms="Wholexale: you are now a member of {business}.",
        tone="good",
    ),
}

_OFFERS = {
    "offer-notification": Words(
        title="New offer",
        message="{sender} offers {price} for {quantity} of {product}.",
        push="Open it to see who wants what, and for how much.",
        subject="New offer from {sender}: {product}",
        mail=("{sender} has made you an offer.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: {sender} offers {price} for {product}. Answer in the app.",
    ),
    "offer-response.accepted": Words(
        title="Your offer was accepted",
        message="{sender} has accepted: {quantity} of {product} at {price}.",
        push="The order is made.",
        subject="Accepted: {product}",
        mail=("{sender} has accepted the offer. The order is made.",),
        facts=_OFFER,
        action="See the order",
        sms="Wholexale: {sender} accepted the offer for {product}.",
        tone="good",
    ),
    "offer-response.rejected": Words(
        title="Your offer was rejected",
        message="{sender} has rejected the offer for {product}.",
        push="Open it to see why.",
        subject="Rejected: {product}",
        mail=("{sender} has rejected the offer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: {sender} rejected the offer for {product}.",
        tone="bad",
    ),
    "offer-response.countered": Words(
        title="New counter-offer",
        message="{sender} now asks {price} for {quantity} of {product}.",
        push="It is your turn.",
        subject="Counter-offer from {sender}: {product}",
        mail=("{sender} has made a counter-offer. It is your turn.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: {sender} countered with {price} for {product}. It is your turn.",
    ),
    "offer-response.withdrawn": Words(
        title="An offer was withdrawn",
        message="{sender} has withdrawn the offer for {product}.",
        push="There is nothing to answer any more.",
        subject="Withdrawn: {product}",
        mail=("{sender} has withdrawn the offer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: {sender} withdrew the offer for {product}.",
    ),
    "offer-response.expired": Words(
        title="An offer has expired",
        message="The offer for {product} has expired without an answer.",
        push="Nobody answered in time.",
        subject="Expired: {product}",
        mail=("The offer has expired without an answer.",),
        facts=_OFFER,
        action="See the offer",
        sms="Wholexale: the offer for {product} has expired.",
    ),
    "offer-reminder": Words(
        title="An offer waits for you",
        message="The offer of {sender} for {product} ends on {valid_until}.",
        push="It ends soon.",
        subject="Ends soon: {product}",
        mail=("The offer of {sender} waits for your answer.",),
        facts=(*_OFFER, ("Valid until", "{valid_until}")),
        action="Answer the offer",
        sms="Wholexale: the offer for {product} ends on {valid_until}. Answer in the app.",
    ),
}

_ORDER = (("Order", "{order}"), ("With", "{sender}"), ("Total", "{total}"))


def _order(title: str, message: str, sms: str, **more: str) -> Words:
    """Return the wording of a step of an order."""
    return Words(
        title=title,
        message=message,
        push="Open it to see more.",
        subject=title + ": {order}",
        facts=_ORDER,
        action="See the order",
        sms=f"Wholexale: {sms}",
        **more,  # type: ignore[arg-type]  # only a tone
    )


_ORDERS = {
    "order-update": _order(
        "News of an order", "The order {order} is now: {status}.", "order {order} is now: {status}."
    ),
    "order-update.placed": _order(
        "New order", "{sender} has ordered: {order}, {total}.", "new order {order} of {sender}, {total}.", tone="good"
    ),
    "order-update.confirmed": _order(
        "Your order is confirmed",
        "{sender} has confirmed the order {order}.",
        "order {order} is confirmed.",
        tone="good",
    ),
    "order-update.shipped": _order(
        "Your order is on its way", "{sender} has sent the order {order}.", "order {order} is on its way."
    ),
    "order-update.delivered": _order(
        "An order has arrived",
        "The order {order} has been delivered.",
        "order {order} has been delivered.",
        tone="good",
    ),
    "order-update.settled": _order(
        "An order is settled", "The order {order} is delivered, charged and done.", "order {order} is settled."
    ),
    "order-update.cancelled": _order(
        "An order was cancelled", "The order {order} was cancelled.", "order {order} was cancelled.", tone="bad"
    ),
}

_MONEY = {
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

_OTHERS = {
    "chat-message": Words(
        title="Unread messages",
        message="{sender} has written to you. Unread: {count}.",
        push="Somebody has written to you.",
        subject="{sender} has written to you",
        action="Read and answer",
        sms="Wholexale: {sender} has written to you. Unread messages: {count}.",
    ),
    "system-update": Words(
        title="News of Wholexale",
        message="{message}",
        push="Open the app to read it.",
        subject="{title}",
        action="Read more",
        sms="Wholexale: {title}",
    ),
    "generic": Words(
        title="{title}",
        message="{message}",
        push="Open the app to read it.",
        action="Open Wholexale",
        sms="Wholexale: {title}",
    ),
    "digest": Words(
        title="What you have missed",
        message="There are {count} notices for you.",
        push="Open the app to read them.",
        subject="{count} notices for you",
        mail=("This is what has happened since the last mail.",),
        action="Open Wholexale",
        sms="Wholexale: there are {count} notices for you in the app.",
    ),
}

WORDS = _ACCOUNTS | _OFFERS | _ORDERS | _MONEY | _OTHERS
