"""Payments: what is to be collected by a provider, what became of it, and what was paid back, disputed and paid out.

Amounts are integers of minor units. What a provider is asked is a row of work (`ProviderCall`); what it has told and
how a payment went from state to state is inserted and never changed.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from finance.models.invoices import Invoice
from finance.models.ledger import LedgerTransaction, Transfer
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow
from wholexale.common.money import MAX_AMOUNT, from_minor


class PaymentIntent(models.Model):
    """One attempt to pay an invoice through a provider; who wants to try again makes a new one.

    An order may be paid in advance: `order_id` and `order_number` name it, what was captured is held for it (`hold`),
    and the invoice is that which settles it.

    `captured` is what the provider has taken, `refunded` what it has paid back, `refunding` what waits to be paid back,
    `disputed` what the payer's bank has taken away.
    """

    class State(models.TextChoices):
        """Where it stands. Money wins: one that failed or was canceled still succeeds if it was paid after all."""

        REQUIRES_PAYMENT_METHOD = "requires_payment_method"
        REQUIRES_ACTION = "requires_action"
        PROCESSING = "processing"
        REQUIRES_CAPTURE = "requires_capture"
        SUCCEEDED = "succeeded"
        CANCELED = "canceled"
        FAILED = "failed"

    FINAL: ClassVar[tuple[State, ...]] = (State.SUCCEEDED, State.CANCELED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    order_id = models.UUIDField(null=True, blank=True, help_text="What is paid in advance.")
    order_number = models.CharField(max_length=40, blank=True)
    hold = models.OneToOneField(Transfer, null=True, blank=True, on_delete=models.PROTECT, related_name="prepayment")
    payer = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=16)
    provider = models.CharField(max_length=16)
    provider_ref = models.CharField(max_length=100, blank=True, help_text="What the provider calls it.")
    is_captured_later = models.BooleanField(default=False, help_text="Authorized first, and captured by the payee.")
    state = models.CharField(max_length=24, choices=State, default=State.REQUIRES_PAYMENT_METHOD)
    capturable = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    refunding = models.BigIntegerField(default=0)
    disputed = models.BigIntegerField(default=0)
    provider_fee = models.BigIntegerField(default=0, help_text="What the provider has kept for itself.")
    action = models.JSONField(null=True, blank=True, help_text="What the payer's client has to do next.")
    failure_code = models.CharField(max_length=60, blank=True)
    failure_text = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=0, help_text="The number of its last change.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When it is canceled if nobody has paid.")
    authorized_at = models.DateTimeField(null=True, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Listed by either side, newest first; found by what the provider calls it."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["payer", "-id"], name="finance_intent_payer"),
            models.Index(fields=["payee", "-id"], name="finance_intent_payee"),
            models.Index(fields=["order_id"], name="finance_intent_order", condition=Q(order_id__isnull=False)),
            models.Index(fields=["updated_at"], name="finance_intent_processing", condition=Q(state="processing")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], condition=~Q(provider_ref=""), name="finance_intent_provider_ref"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=MAX_AMOUNT), name="finance_intent_amount_in_range"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunding__gte=0, disputed__gte=0, capturable__gte=0, provider_fee__gte=0)
                & Q(captured__gte=F("refunded") + F("refunding"), captured__lte=F("amount")),
                name="finance_intent_refunds_fit",
            ),
            models.CheckConstraint(
                condition=Q(state="succeeded", captured__gte=1) | (~Q(state="succeeded") & Q(captured=0)),
                name="finance_intent_succeeded_is_captured",
            ),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="finance_intent_two_sides"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False) | Q(order_id__isnull=False), name="finance_intent_pays_something"
            ),
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.payment_id

    @property
    def payment_id(self) -> str:
        """Return the number that people see: PAY-2026-000123."""
        return f"PAY-{self.created_at.year}-{self.number:06}"

    @property
    def paper(self) -> str:
        """Return the number of what it pays: an invoice, or an order that is paid in advance."""
        return self.invoice.invoice_number if self.invoice else self.order_number

    @property
    def is_final(self) -> bool:
        """Return whether nothing more is expected to happen, but for refunds and disputes."""
        return self.state in self.FINAL

    @property
    def refundable(self) -> int:
        """Return what may still be paid back, in minor units."""
        return self.captured - self.refunded - self.refunding - self.disputed


class PaymentEvent(models.Model):
    """One webhook as a provider sent it; under its id it counts once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.CharField(max_length=16)
    event_id = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    body = models.TextField()
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Once for each id of a provider."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="finance_paymentevent_once")
        ]

    def __str__(self) -> str:
        """Return what it says, and its id."""
        return f"{self.type} {self.event_id}"


class PaymentChange(models.Model):
    """One step of a payment: from which state to which, told by whom, and the amounts after it."""

    class Source(models.TextChoices):
        """Who has told."""

        MEMBER = "member"
        STAFF = "staff"
        REPLY = "reply"
        WEBHOOK = "webhook"
        CLOCK = "clock"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()
    old_state = models.CharField(max_length=24, blank=True)
    new_state = models.CharField(max_length=24)
    captured = models.BigIntegerField()
    refunded = models.BigIntegerField()
    refunding = models.BigIntegerField()
    disputed = models.BigIntegerField()
    source = models.CharField(max_length=8, choices=Source)
    event = models.ForeignKey(PaymentEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="changes")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by payment."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["intent", "number"], name="finance_paymentchange_number")
        ]

    def __str__(self) -> str:
        """Return the step."""
        return f"{self.number}: {self.old_state or 'new'} -> {self.new_state}"


class Refund(models.Model):
    """Money that goes back to the payer: held in the ledger while the provider is asked, then posted or released.

    It is drawn from the seller (and credited on the invoice once it is paid), or from what was paid too much.
    """

    class State(models.TextChoices):
        """Where it stands. One that `succeeded` can still fail later, when the payer's bank sends the money back."""

        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    class Origin(models.TextChoices):
        """Whose money it is."""

        SELLER = "seller"
        OVERPAYMENT = "overpayment"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    origin = models.CharField(max_length=12, choices=Origin)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    provider_ref = models.CharField(max_length=100, blank=True)
    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    failure_code = models.CharField(max_length=60, blank=True)
    failure_text = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Listed by payment."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["provider_ref"], name="finance_refund_provider_ref", condition=~Q(provider_ref="")),
            models.Index(fields=["created_at"], name="finance_refund_pending", condition=Q(state="pending")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="finance_refund_amount_positive")
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.refund_id

    @property
    def refund_id(self) -> str:
        """Return the number that people see: REF-2026-000123."""
        return f"REF-{self.created_at.year}-{self.number:06}"


class Dispute(models.Model):
    """A payer's complaint to the bank, which has taken the money back meanwhile; won, it comes back."""

    class State(models.TextChoices):
        """Where it stands."""

        NEEDS_RESPONSE = "needs_response"
        UNDER_REVIEW = "under_review"
        WON = "won"
        LOST = "lost"

    CLOSED: ClassVar[tuple[State, ...]] = (State.WON, State.LOST)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="disputes")
    provider_ref = models.CharField(max_length=100)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.NEEDS_RESPONSE)
    reason = models.CharField(max_length=120, blank=True)
    respond_by = models.DateTimeField(null=True, blank=True)
    transaction = models.OneToOneField(LedgerTransaction, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Known by what the provider calls it."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["intent", "provider_ref"], name="finance_dispute_once"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="finance_dispute_amount_positive"),
        ]

    def __str__(self) -> str:
        """Return what the provider calls it."""
        return f"{self.provider_ref} ({self.get_state_display()})"


class Payout(models.Model):
    """Money that a business takes out of what it is owed: held in the ledger until it has arrived at its bank."""

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending"
        PAID = "paid"
        FAILED = "failed"
        CANCELED = "canceled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=16)
    provider_ref = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="+")
    failure_code = models.CharField(max_length=60, blank=True)
    failure_text = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Listed by business, newest first."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["business", "-id"], name="finance_payout_list")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="finance_payout_amount_positive")
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.payout_id

    @property
    def payout_id(self) -> str:
        """Return the number that people see: OUT-2026-000123."""
        return f"OUT-{self.created_at.year}-{self.number:06}"


class ProviderCall(WorkRow):
    """The work of asking a provider for one thing; `key` makes it happen once there, however often it is asked."""

    class Kind(models.TextChoices):
        """What is asked. `watch` stays until the payment is final, and asks now and then how it stands."""

        CREATE = "create"
        CONFIRM = "confirm"
        CAPTURE = "capture"
        CANCEL = "cancel"
        REFUND = "refund"
        PAYOUT = "payout"
        RETRIEVE = "retrieve"
        WATCH = "watch"

    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=120, unique=True)
    intent = models.ForeignKey(PaymentIntent, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    payout = models.ForeignKey(Payout, null=True, blank=True, on_delete=models.PROTECT, related_name="calls")
    amount = models.BigIntegerField(null=True, blank=True)
    token = models.CharField(max_length=200, blank=True, help_text="The payer's card or account at the provider.")
    note = models.CharField(max_length=500, blank=True)

    class Meta(WorkRow.Meta):
        """About exactly one thing."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(intent__isnull=False, refund=None, payout=None)
                | Q(intent=None, refund__isnull=False, payout=None)
                | Q(intent=None, refund=None, payout__isnull=False),
                name="finance_providercall_about_one",
            )
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key


def amount_text(amount: int, currency: str) -> str:
    """Return an amount of minor units as descriptions say it: 85.00 INR."""
    return f"{from_minor(amount, currency)} {currency}"
