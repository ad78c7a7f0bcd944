"""The words that rows and clients share: types, channels, and how far a message has come."""

from django.db import models


class Type(models.TextChoices):
    """What a notification is about, in the old backend's words; `notifications/types.py` says what each means."""

    CHAT_MESSAGE = "chat_message"
    OFFER_RECEIVED = "offer_received"
    OFFER_RESPONSE = "offer_response"
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_REJECTED = "offer_rejected"
    OFFER_COUNTERED = "offer_countered"
    ORDER_PLACED = "order_placed"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_FAILED = "payment_failed"
    CREDIT_ADDED = "credit_added"
    CREDIT_DEDUCTED = "credit_deducted"
    SYSTEM_UPDATE = "system_update"
    PROMOTION = "promotion"
    SECURITY_ALERT = "security_alert"
    REMINDER = "reminder"
    FEEDBACK_REQUEST = "feedback_request"


class Channel(models.TextChoices):
    """The ways to reach somebody. The app itself is always one: the notification's own row."""

    IN_APP = "in_app"
    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"


class Priority(models.TextChoices):
    """How much it matters."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Status(models.TextChoices):
    """How far a message has come on one channel.

    `sending` is written before a provider is asked: where the process dies then, and asking twice could send twice,
    it becomes `unknown`, and only the provider's own word changes that. `skipped` says that nobody tried.
    """

    PENDING = "pending"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    READ = "read"


class Reason(models.TextChoices):
    """Why a message has come no further, or goes out later, or goes out at all; a trace says it in these words."""

    FORCED = "forced"
    NOT_FOR_TYPE = "not_for_type"
    ALL_OFF = "all_off"
    CHANNEL_OFF = "channel_off"
    KIND_OFF = "kind_off"
    PREFERENCE_OFF = "preference_off"
    NOT_OFFERED = "not_offered"
    ACCOUNT_INACTIVE = "account_inactive"
    NO_ADDRESS = "no_address"
    NOT_VERIFIED = "not_verified"
    SUPPRESSED = "suppressed"
    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    UNREAD = "unread"
    UNREACHED = "unreached"
    READ_BEFORE = "read_before"
    DELETED_BEFORE = "deleted_before"
    TOO_LATE = "too_late"
    TRY_FAILED = "try_failed"
    REFUSED = "refused"
    OUT_OF_TRIES = "out_of_tries"
    LOST_IN_SENDING = "lost_in_sending"
    REPLAYED = "replayed"
