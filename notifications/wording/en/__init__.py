"""Everything that people are told, in English."""

from notifications.wording.en.accounts import ACCOUNTS
from notifications.wording.en.deals import OFFERS, ORDERS
from notifications.wording.en.money import MONEY
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

WORDS = ACCOUNTS | OFFERS | ORDERS | MONEY | _OTHERS
