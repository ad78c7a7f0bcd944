"""Conversations, who takes part, and the log of what was said.

The log of a conversation is numbered: a message, an edit, a deletion and a reaction each take the next `seq` under
the lock of the conversation's row. Messages and events hold plain ids, no foreign keys, so that the log can live in
another store than the people.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from wholexale.common.ids import new_id


class Conversation(models.Model):
    """A conversation of two people, of a group, or of the system with a person.

    `last_seq` is the head of the log; `last_ordinal` counts the messages that can be unread (all but system lines).
    `direct_key` makes a direct conversation unique: both ids in order, and the context it belongs to.
    """

    class Type(models.TextChoices):
        """Who can take part."""

        DIRECT = "direct"
        GROUP = "group"
        SYSTEM = "system"

    class Status(models.TextChoices):
        """Whether it takes messages: only an active one does."""

        ACTIVE = "active"
        ARCHIVED = "archived"
        BLOCKED = "blocked"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_type = models.CharField(max_length=8, choices=Type, default=Type.DIRECT)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    direct_key = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001 - unique or null
    name = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=500, blank=True)
    avatar = models.CharField(max_length=500, blank=True, help_text="An address on the web, or below our own.")
    shows_history = models.BooleanField(default=False, help_text="Late joiners read what was said before.")
    business_context = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    is_blocked = models.BooleanField(default=False, help_text="One of the two people blocked the other.")
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    last_ordinal = models.PositiveBigIntegerField(default=0, editable=False)
    last_message_id = models.UUIDField(null=True, editable=False)
    last_message_at = models.DateTimeField(default=timezone.now, editable=False)
    last_event_at = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Found by its pair, and by what changed lately."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["direct_key"], name="chat_conversation_direct_key")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-last_message_at", "id"], name="chat_conversation_recent"),
            models.Index(fields=["last_event_at"], name="chat_conversation_changed"),
        ]

    def __str__(self) -> str:
        """Return the type and the id."""
        return f"{self.conversation_type} {self.id}"


class Participant(models.Model):
    """One person takes part in one conversation, with the marks of what they have received and read.

    Unread messages are arithmetic: (`last_ordinal` - `read_ordinal`) of all, less (`sent_count` - `read_sent`) own
    ones. `first_seq` is the last entry before the first one they may see.
    """

    class Role(models.TextChoices):
        """The part they play, in the old backend's words."""

        USER = "user"
        VENDOR = "vendor"
        ADMIN = "admin"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(max_length=8, choices=Role, default=Role.USER)
    is_group_admin = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True, db_index=True)
    first_seq = models.PositiveBigIntegerField(default=0)
    sent_count = models.PositiveBigIntegerField(default=0)
    delivered_seq = models.PositiveBigIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_seq = models.PositiveBigIntegerField(default=0)
    read_ordinal = models.PositiveBigIntegerField(default=0)
    read_sent = models.PositiveBigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    is_muted = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Once per person and conversation."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["conversation", "user"], name="chat_participant_unique")
        ]

    def __str__(self) -> str:
        """Return who takes part in what."""
        return f"{self.user_id} in {self.conversation_id}"


class Message(models.Model):
    """One entry of a conversation's log that says something. A deleted one stays, without its content.

    `ordinal` numbers the messages that can be unread, `sender_ordinal` those of its sender. `fingerprint` is the
    digest of the body as first sent, so that a repeat is told from a reuse of its `client_message_id`.
    """

    class Type(models.TextChoices):
        """What it carries. Clients cannot send `offer` and `system`."""

        TEXT = "text"
        IMAGE = "image"
        FILE = "file"
        VOICE = "voice"
        LOCATION = "location"
        OFFER = "offer"
        SYSTEM = "system"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_id = models.UUIDField(editable=False)
    seq = models.PositiveBigIntegerField(editable=False)
    ordinal = models.PositiveBigIntegerField(editable=False)
    sender_id = models.UUIDField(null=True, editable=False)
    sender_ordinal = models.PositiveBigIntegerField(default=0, editable=False)
    sender_name = models.CharField(max_length=101)
    sender_role = models.CharField(max_length=8, default="user")
    message_type = models.CharField(max_length=8, choices=Type, default=Type.TEXT)
    content = models.TextField(blank=True)
    media = models.JSONField(null=True, blank=True)
    location = models.JSONField(null=True, blank=True)
    offer = models.JSONField(null=True, blank=True)
    mentions = models.JSONField(null=True, blank=True)
    reactions = models.JSONField(null=True, blank=True)
    reply_to_id = models.UUIDField(null=True, blank=True)
    quoted = models.JSONField(null=True, blank=True)
    system_message_type = models.CharField(max_length=24, blank=True)
    client_message_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - unique or null
    fingerprint = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        """Numbered without gaps per conversation; a client's own id is unique for ever."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["conversation_id", "seq"], name="chat_message_seq"),
            models.UniqueConstraint(
                fields=["conversation_id", "sender_id", "client_message_id"],
                condition=models.Q(client_message_id__isnull=False),
                name="chat_message_client_id",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["conversation_id", "sender_id", "seq"], name="chat_message_sender"),
            models.Index(
                fields=["reply_to_id"], condition=models.Q(reply_to_id__isnull=False), name="chat_message_replies"
            ),
        ]

    def __str__(self) -> str:
        """Return the place in the log."""
        return f"{self.conversation_id}#{self.seq}"


class ConversationEvent(models.Model):
    """One entry of a conversation's log that changes a message: an edit, a deletion, a reaction."""

    class Kind(models.TextChoices):
        """What happened to the message."""

        UPDATED = "updated"
        DELETED = "deleted"
        REACTION = "reaction"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation_id = models.UUIDField(editable=False)
    seq = models.PositiveBigIntegerField(editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    message_id = models.UUIDField()
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Numbered with the messages of the conversation."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["conversation_id", "seq"], name="chat_event_seq")
        ]

    def __str__(self) -> str:
        """Return what happened where."""
        return f"{self.conversation_id}#{self.seq} {self.kind}"


class LogEpoch(models.Model):
    """The one row that names this history of the logs: another name tells clients to drop their positions.

    It changes when the database is restored from a backup (`manage.py renew_epoch`).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=32)

    class Meta:
        """One row."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="chat_logepoch_single")
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Block(models.Model):
    """One person does not want to hear from another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_received")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Once per pair and direction, and nobody blocks themselves; the sweep looks for new ones."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="chat_block_created")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="chat_block_unique"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="chat_block_not_self"),
        ]

    def __str__(self) -> str:
        """Return who blocks whom."""
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Report(models.Model):
    """A complaint about a message or a person, in the queue of the staff."""

    class Status(models.TextChoices):
        """What the staff made of it."""

        OPEN = "open"
        RESOLVED = "resolved"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports_made")
    reported_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports_received"
    )
    message_id = models.UUIDField(null=True, blank=True)
    excerpt = models.TextField(blank=True, help_text="What the message said when it was reported.")
    reason = models.CharField(max_length=1000)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    resolution = models.CharField(max_length=1000, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    handled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Worked off oldest first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "created_at"], name="chat_report_queue")
        ]

    def __str__(self) -> str:
        """Return the state and the reason's beginning."""
        return f"{self.status}: {self.reason[:40]}"
