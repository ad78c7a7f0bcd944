"""Invoices and credit notes: numbered without gaps per seller and year, inserted and never changed.

Amounts are integers of minor units; unit prices are in millionths of a whole unit, quantities in thousandths, tax rates
in hundredths of a percent.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from finance.models.ledger import LedgerTransaction
from wholexale.common.ids import new_id
from wholexale.common.money import MAX_AMOUNT


class DocumentCounter(models.Model):
    """The last number that a seller has given to documents of one kind in one year; locked to give the next."""

    class Kind(models.TextChoices):
        """The kinds that are numbered, by what their numbers begin with."""

        INVOICE = "INV"
        CREDIT_NOTE = "CRN"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        """One a seller, kind and year."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["seller", "kind", "year"], name="finance_documentcounter_once")
        ]

    def __str__(self) -> str:
        """Return the last number."""
        return f"{self.kind}-{self.year}-{self.last:06}"


class Invoice(models.Model):
    """What a seller has charged a buyer for, as it was issued. What was paid since stands in its `InvoiceBalance`.

    `taxes` lists `{label, rate, amount}` (rate in hundredths of a percent); `*_details` hold name, tax number and
    address as they were.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    issued_on = models.DateField(help_text="In the seller's time zone.")
    due_on = models.DateField(help_text="The last day on which it is paid in time.")
    payment_terms = models.CharField(max_length=16)
    subtotal = models.BigIntegerField(help_text="Before discounts and taxes.")
    discount = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    taxes = models.JSONField(default=list, blank=True)
    place_of_supply = models.CharField(max_length=60, blank=True)
    is_reverse_charge = models.BooleanField(default=False, help_text="The buyer owes the tax, not the seller.")
    seller_details = models.JSONField(default=dict)
    buyer_details = models.JSONField(default=dict)
    reference = models.CharField(max_length=40, blank=True, help_text="The number of the order.")
    notes = models.CharField(max_length=500, blank=True)
    transaction = models.OneToOneField(LedgerTransaction, on_delete=models.PROTECT, related_name="invoice")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by seller and year; listed by either side, newest first."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["buyer", "-id"], name="finance_invoice_buyer"),
            models.Index(fields=["seller", "-id"], name="finance_invoice_seller"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["seller", "year", "serial"], name="finance_invoice_number"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") - F("discount") + F("tax"), total__gte=1, total__lte=MAX_AMOUNT)
                & Q(subtotal__gte=0, discount__gte=0, tax__gte=0),
                name="finance_invoice_adds_up",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("issued_on")), name="finance_invoice_due_after_issue"),
            models.CheckConstraint(condition=~Q(seller=F("buyer")), name="finance_invoice_two_sides"),
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.invoice_number

    @property
    def invoice_number(self) -> str:
        """Return the number that people see: INV-2026-000123. Another seller may have the same."""
        return f"{DocumentCounter.Kind.INVOICE}-{self.year}-{self.serial:06}"


class InvoiceLine(models.Model):
    """One line of an invoice: quantity times unit price, rounded once, less a discount, and the tax on that."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=300)
    code = models.CharField(max_length=8, blank=True, help_text="HSN of goods, SAC of services.")
    quantity = models.BigIntegerField(help_text="In thousandths.")
    unit = models.CharField(max_length=12)
    unit_price = models.BigIntegerField(help_text="In millionths of a whole unit of the currency.")
    discount = models.BigIntegerField(default=0)
    taxable = models.BigIntegerField()
    tax_rate = models.PositiveIntegerField(default=0, help_text="In hundredths of a percent.")
    tax = models.BigIntegerField(default=0)
    total = models.BigIntegerField()

    class Meta:
        """In order."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["invoice", "position"], name="finance_invoiceline_position"),
            models.CheckConstraint(
                condition=Q(total=F("taxable") + F("tax"), quantity__gte=1, unit_price__gte=0, taxable__gte=0)
                & Q(discount__gte=0, tax__gte=0),
                name="finance_invoiceline_adds_up",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is for."""
        return f"{self.position}. {self.description}"


class InvoiceBalance(models.Model):
    """What became of an invoice: three sums that only grow. It is the row that is locked before one of them changes.

    What is due is the total, less what was credited and paid, plus what was paid back.
    """

    invoice = models.OneToOneField(Invoice, primary_key=True, on_delete=models.PROTECT, related_name="balance")
    credited = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Nothing is paid back that was not paid."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(credited__gte=0, refunded__gte=0, paid__gte=F("refunded")),
                name="finance_invoicebalance_sums",
            )
        ]

    def __str__(self) -> str:
        """Return whose balance it is."""
        return f"balance of {self.invoice_id}"

    @property
    def due(self) -> int:
        """Return what is still to be paid, in minor units; below zero where too much was."""
        return self.invoice.total - self.credited - self.paid + self.refunded


class CreditNote(models.Model):
    """What a seller has taken off an invoice; with `refund`, because it was paid back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    issued_on = models.DateField()
    amount = models.BigIntegerField()
    tax = models.BigIntegerField(default=0, help_text="The part of the amount that is tax.")
    taxes = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=500)
    refund = models.OneToOneField(
        "finance.Refund", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_note"
    )
    transaction = models.OneToOneField(LedgerTransaction, on_delete=models.PROTECT, related_name="credit_note")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Numbered by seller and year."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["seller", "year", "serial"], name="finance_creditnote_number"),
            models.CheckConstraint(
                condition=Q(amount__gte=1, tax__gte=0, tax__lte=F("amount")), name="finance_creditnote_adds_up"
            ),
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.credit_note_number

    @property
    def credit_note_number(self) -> str:
        """Return the number that people see: CRN-2026-000123. Another seller may have the same."""
        return f"{DocumentCounter.Kind.CREDIT_NOTE}-{self.year}-{self.serial:06}"


class StoredDocument(models.Model):
    """The file of a document, as it was first given out; the same bytes for ever."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.OneToOneField(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="document")
    credit_note = models.OneToOneField(
        CreditNote, null=True, blank=True, on_delete=models.PROTECT, related_name="document"
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Of one document."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note=None) | Q(invoice=None, credit_note__isnull=False),
                name="finance_storeddocument_of_one",
            )
        ]

    def __str__(self) -> str:
        """Return the digest."""
        return self.sha256
