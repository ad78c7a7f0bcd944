"""Offers: who negotiates with whom, the numbered terms, and what has happened.

Revisions, lines and events are inserted and never changed: triggers refuse it (`offers/sql/guards.py`). Amounts are
integers of minor units; unit prices are in millionths of a whole unit, quantities in thousandths.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow
from wholexale.common.money import MAX_AMOUNT


class Side(models.TextChoices):
    """The two sides of a deal."""

    BUYER = "buyer"
    SELLER = "seller"

    @property
    def other(self) -> "Side":
        """Return the one across the table."""
        return Side.SELLER if self == Side.BUYER else Side.BUYER


class Offer(models.Model):
    """One negotiation between a buyer and a seller. What is on the table is its `current` revision.

    `awaiting` is whose turn it is, empty where it is nobody's. `version` counts every change of how it stands.
    """

    class Status(models.TextChoices):
        """Where it stands, in the old backend's words; `pending` has been sent and nobody has looked at it."""

        DRAFT = "draft"
        PENDING = "pending"
        VIEWED = "viewed"
        COUNTERED = "countered"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"
        CANCELLED = "cancelled"
        COMPLETED = "completed"

    class Priority(models.TextChoices):
        """How much it matters to who has made it."""

        LOW = "low"
        NORMAL = "normal"
        HIGH = "high"
        URGENT = "urgent"

    OPEN: ClassVar[tuple[Status, ...]] = (Status.PENDING, Status.VIEWED, Status.COUNTERED)
    DEALT: ClassVar[tuple[Status, ...]] = (Status.ACCEPTED, Status.COMPLETED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=2000)
    buyer = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", db_index=False)
    buyer_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+", db_index=False)
    seller_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    awaiting = models.CharField(max_length=6, choices=Side, blank=True)
    current = models.ForeignKey("offers.OfferRevision", null=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0, help_text="The number of its last event.")
    buyer_counters = models.PositiveSmallIntegerField(default=0)
    seller_counters = models.PositiveSmallIntegerField(default=0)
    was_revived_by_buyer = models.BooleanField(default=False)
    was_revived_by_seller = models.BooleanField(default=False)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    context = models.JSONField(default=dict, blank=True, help_text="inquiryType, projectId, referenceId, tags.")
    conversation_id = models.UUIDField(null=True, blank=True)
    card_id = models.UUIDField(null=True, blank=True, help_text="The message in the conversation that shows it.")
    expires_at = models.DateTimeField(help_text="When the current terms end.")
    first_viewed_at = models.DateTimeField(null=True, blank=True)
    first_answered_at = models.DateTimeField(null=True, blank=True, help_text="When the recipient first answered.")
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    close_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    steps: "list[OfferEvent]"
    """What clients see of its history, where `offers()` or a lock has read it."""
    people: dict[UUID, list[UUID]]
    """Who is told of it, by business, where a lock has read it."""

    class Meta:
        """Listed by either side, newest first, and counted by when they were made."""

        permissions = (("cancel_offer", "Can cancel offers and orders"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer", "-id"], name="offers_offer_buyer"),
            models.Index(fields=["seller", "-id"], name="offers_offer_seller"),
            models.Index(fields=["buyer", "status", "-id"], name="offers_offer_buyer_status"),
            models.Index(fields=["seller", "status", "-id"], name="offers_offer_seller_status"),
            models.Index(fields=["buyer", "created_at"], name="offers_offer_buyer_time"),
            models.Index(fields=["seller", "created_at"], name="offers_offer_seller_time"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(buyer=F("seller")), name="offers_offer_two_sides"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "viewed", "countered"], awaiting__in=["buyer", "seller"])
                | (~Q(status__in=["pending", "viewed", "countered"]) & Q(awaiting="")),
                name="offers_offer_open_awaits",
            ),
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.offer_number

    @property
    def offer_number(self) -> str:
        """Return the number that people see: OFF-2026-000123."""
        return f"OFF-{self.created_at.year}-{self.number:06}"

    @property
    def on_the_table(self) -> "OfferRevision":
        """Return the current terms: an offer has some from its first commit on."""
        assert self.current is not None  # noqa: S101 - they are written in the transaction that makes the offer
        return self.current

    @property
    def is_open(self) -> bool:
        """Return whether somebody's answer is awaited."""
        return self.status in self.OPEN

    def side_of(self, business_id: Any) -> Side | None:
        """Return the side of a business; None for outsiders."""
        if business_id == self.buyer_id:
            return Side.BUYER
        return Side.SELLER if business_id == self.seller_id else None

    def business_of(self, side: Side) -> UUID:
        """Return the id of the business of a side."""
        return self.buyer_id if side == Side.BUYER else self.seller_id

    def counters_of(self, side: Side) -> int:
        """Return how many counters a side has made."""
        return self.buyer_counters if side == Side.BUYER else self.seller_counters


class OfferRevision(models.Model):
    """The terms as one side has put them on the table; the next revision replaces them.

    `terms` holds `warranty`, `returnPolicy` and `customTerms`; `shipping` from, to, method, days and cost;
    `attachments` files by reference. `total` is what the goods cost, before taxes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=6, choices=Side)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    payment_terms = models.CharField(max_length=16)
    delivery_terms = models.CharField(max_length=16)
    terms = models.JSONField(default=dict, blank=True)
    shipping = models.JSONField(default=dict, blank=True)
    attachments = models.JSONField(default=list, blank=True)
    message = models.CharField(max_length=2000, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    time_zone = models.CharField(max_length=40)
    terms_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    in_order: "list[OfferLine]"
    """Its lines, where `offers()` or a lock has read them."""

    class Meta:
        """Numbered by offer."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["offer", "number"], name="offers_offerrevision_number"),
            models.CheckConstraint(condition=Q(total__gte=0, total__lte=MAX_AMOUNT), name="offers_offerrevision_total"),
        ]

    def __str__(self) -> str:
        """Return which revision of which offer it is."""
        return f"revision {self.number} of {self.offer_id}"


class Goods(models.Model):
    """What one line is about, as it was when the line was written: later changes of the product do not reach it."""

    product_ref = models.CharField(max_length=64, help_text="The id of the product, ours or the client's own.")
    name = models.CharField(max_length=300)
    category = models.CharField(max_length=100, blank=True)
    sku = models.CharField(max_length=64, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="specifications, images, description.")
    tax_code = models.CharField(max_length=8, blank=True, help_text="HSN of goods, SAC of services.")
    tax_rate = models.PositiveIntegerField(default=0, help_text="In hundredths of a percent.")
    unit = models.CharField(max_length=12)
    quantity = models.BigIntegerField(help_text="In thousandths.")
    unit_price = models.BigIntegerField(help_text="In millionths of a whole unit of the currency.")
    total = models.BigIntegerField(help_text="Before taxes.")

    class Meta:
        """Columns of lines."""

        abstract = True


class OfferLine(Goods):
    """One line of a revision: `unit_price` is what is offered, `original_unit_price` what it is measured against."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    revision = models.ForeignKey(OfferRevision, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    original_unit_price = models.BigIntegerField(help_text="In millionths of a whole unit of the currency.")

    class Meta:
        """In order; found by product."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["product_ref"], name="offers_offerline_product")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["revision", "position"], name="offers_offerline_position"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, unit_price__gte=0, original_unit_price__gte=0, total__gte=0),
                name="offers_offerline_not_negative",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.position}. {self.name}"


class OfferEvent(models.Model):
    """One step of a negotiation: who did what, and where the offer stood before and after."""

    class Action(models.TextChoices):
        """What was done."""

        DRAFTED = "drafted"
        SENT = "sent"
        VIEWED = "viewed"
        COUNTERED = "countered"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        REVISED = "revised"
        CANCELLED = "cancelled"
        COMPLETED = "completed"
        REMINDED = "reminded"
        SHORTFALL = "shortfall"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=9, choices=Action)
    side = models.CharField(max_length=6, choices=Side, blank=True, help_text="Empty for the system and staff.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revision = models.PositiveSmallIntegerField()
    old_status = models.CharField(max_length=9, blank=True)
    new_status = models.CharField(max_length=9)
    changes = models.JSONField(default=dict, blank=True, help_text="What a counter has changed, as clients read it.")
    message = models.CharField(max_length=2000, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by offer, without gaps; an index tells the course of each, so figures need not read the rows."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["action", "created_at"], name="offers_offerevent_action"),
            models.Index(
                fields=["offer", "seq", "action", "side", "created_at"],
                name="offers_offerevent_course",
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["offer", "seq"], name="offers_offerevent_seq")
        ]

    def __str__(self) -> str:
        """Return what was done."""
        return f"{self.seq}: {self.action}"


class OfferTimer(WorkRow):
    """The work of ending the terms of one revision when their time is over, or of saying that it soon will be."""

    class Kind(models.TextChoices):
        """What is due."""

        EXPIRE = "expire"
        REMIND_DAY = "remind_24h"
        REMIND_HOURS = "remind_2h"

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="timers")
    revision = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta(WorkRow.Meta):
        """Once for each revision."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["offer", "revision", "kind"], name="offers_offertimer_once")
        ]

    def __str__(self) -> str:
        """Return what is due."""
        return f"{self.kind} of {self.offer_id}, revision {self.revision}"
