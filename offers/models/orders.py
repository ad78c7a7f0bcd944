"""Orders: what was agreed, how much of it was delivered, and how it was paid.

Lines, fulfilments and events are inserted and never changed, but for what was fulfilled of a line.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from finance.models import Invoice, PaymentIntent, Transfer
from offers.models.offers import Goods, Offer, OfferRevision, Side
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow
from wholexale.common.money import MAX_AMOUNT


class Order(models.Model):
    """What two businesses have agreed on by accepting an offer. It stands on one hold, or on a prepayment."""

    class Status(models.TextChoices):
        """Where it stands. One that is paid in advance can be fulfilled once the money has come."""

        ACCEPTED = "accepted"
        CONFIRMED = "confirmed"
        PARTLY_FULFILLED = "partly_fulfilled"
        FULFILLED = "fulfilled"
        DELIVERED = "delivered"
        SETTLED = "settled"
        CANCELLED = "cancelled"

    class Settlement(models.TextChoices):
        """How it is paid: out of the buyer's credit, or before anything is sent."""

        ON_ACCOUNT = "on_account"
        PREPAID = "prepaid"

    OPEN: ClassVar[tuple[Status, ...]] = (
        Status.ACCEPTED,
        Status.CONFIRMED,
        Status.PARTLY_FULFILLED,
        Status.FULFILLED,
        Status.DELIVERED,
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="order")
    revision = models.OneToOneField(OfferRevision, on_delete=models.PROTECT, related_name="order")
    buyer = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accepting_side = models.CharField(max_length=6, choices=Side)
    currency = models.CharField(max_length=3)
    subtotal = models.BigIntegerField(help_text="Before taxes.")
    tax = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    payment_terms = models.CharField(max_length=16)
    delivery_terms = models.CharField(max_length=16)
    settlement = models.CharField(max_length=10, choices=Settlement)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACCEPTED)
    hold = models.OneToOneField(Transfer, null=True, blank=True, on_delete=models.PROTECT, related_name="order")
    payment = models.OneToOneField(PaymentIntent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0, help_text="The number of its last event.")
    cancel_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Listed by either side, newest first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer", "-id"], name="offers_order_buyer"),
            models.Index(fields=["seller", "-id"], name="offers_order_seller"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax"), total__gte=1, total__lte=MAX_AMOUNT, tax__gte=0),
                name="offers_order_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(settlement="on_account", hold__isnull=False, payment__isnull=True)
                | Q(settlement="prepaid", payment__isnull=False),
                name="offers_order_one_hold_or_payment",
            ),
            models.CheckConstraint(
                condition=Q(status="settled", invoice__isnull=False) | (~Q(status="settled") & Q(invoice=None)),
                name="offers_order_settled_is_invoiced",
            ),
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.order_number

    @property
    def order_number(self) -> str:
        """Return the number that people see: ORD-2026-000123."""
        return f"ORD-{self.created_at.year}-{self.number:06}"


class OrderLine(Goods):
    """One line of an order, as it was agreed; `fulfilled` is how much of it was sent, in thousandths."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    fulfilled = models.BigIntegerField(default=0)

    class Meta:
        """In order; no more is sent than was agreed."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "position"], name="offers_orderline_position"),
            models.CheckConstraint(
                condition=Q(fulfilled__gte=0, fulfilled__lte=F("quantity")), name="offers_orderline_fulfilled"
            ),
        ]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.position}. {self.name}"


class OrderEvent(models.Model):
    """One step of an order. `details` holds what was sent, `lines` by position in thousandths, and how."""

    class Action(models.TextChoices):
        """What was done."""

        PLACED = "placed"
        PAID = "paid"
        CONFIRMED = "confirmed"
        FULFILLED = "fulfilled"
        DELIVERED = "delivered"
        SETTLED = "settled"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=9, choices=Action)
    side = models.CharField(max_length=6, choices=Side, blank=True, help_text="Empty for the system and staff.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    old_status = models.CharField(max_length=16, blank=True)
    new_status = models.CharField(max_length=16)
    details = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by order, without gaps."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "seq"], name="offers_orderevent_seq")
        ]

    def __str__(self) -> str:
        """Return what was done."""
        return f"{self.seq}: {self.action}"


class OrderPayment(WorkRow):
    """The work of letting an order stand on what was paid for it in advance."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    payment = models.OneToOneField(PaymentIntent, on_delete=models.PROTECT, related_name="+")
    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")

    class Meta(WorkRow.Meta):
        """Found by what is due."""

    def __str__(self) -> str:
        """Return which order was paid."""
        return f"payment of order {self.order_id}"


class OrderTimer(WorkRow):
    """The work of ending an order that was not settled before its hold ends, or not paid in time."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="timer")

    class Meta(WorkRow.Meta):
        """Found by what is due."""

    def __str__(self) -> str:
        """Return which order ends."""
        return f"end of order {self.order_id}"
