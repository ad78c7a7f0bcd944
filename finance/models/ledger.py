"""The ledger: accounts, what they hold, and the transfers between them. Amounts are integers of minor units.

Transactions, transfers and entries are inserted and never changed: triggers refuse it (`finance/sql/guards.py`).
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from wholexale.common.ids import new_id
from wholexale.common.models import WorkRow
from wholexale.common.money import MAX_AMOUNT, from_minor


class Account(models.Model):
    """One place where money of one currency is counted, by the rules of double entry."""

    class Kind(models.TextChoices):
        """What the account stands for."""

        ASSET = "asset"
        LIABILITY = "liability"
        INCOME = "income"
        EXPENSE = "expense"
        EQUITY = "equity"

    class Side(models.TextChoices):
        """The side on which the account grows: debit for assets and expenses, credit for the others."""

        DEBIT = "debit"
        CREDIT = "credit"

    class Policy(models.TextChoices):
        """What is checked when the account is drawn on."""

        NONE = "none"
        NO_OVERDRAFT = "no_overdraft"
        CREDIT_LIMIT = "credit_limit"

    class Status(models.TextChoices):
        """`frozen` accounts are not drawn on any further, but still repaid; `closed` ones take nothing."""

        OPEN = "open"
        FROZEN = "frozen"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=100, help_text="The place in the chart, e.g. buyer:<business>:receivable.")
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=9, choices=Kind)
    normal_side = models.CharField(max_length=6, choices=Side)
    limit_policy = models.CharField(max_length=12, choices=Policy, default=Policy.NONE)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    business = models.ForeignKey(Business, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One account a code and currency."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "currency"], name="finance_account_code"),
            # What the composite foreign keys of transfers refer to.
            models.UniqueConstraint(fields=["id", "currency"], name="finance_account_id_currency"),
        ]

    def __str__(self) -> str:
        """Return the code and the currency."""
        return f"{self.code} {self.currency}"


class Balance(models.Model):
    """What an account holds: four counters that never fall below zero, of which the posted ones only grow.

    It is the row that is locked before anything about the account is judged. `last_seq` numbers the last entry.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="balance")
    debits_posted = models.BigIntegerField(default=0)
    credits_posted = models.BigIntegerField(default=0)
    debits_pending = models.BigIntegerField(default=0)
    credits_pending = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Counters count up from zero."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(debits_posted__gte=0, credits_posted__gte=0, debits_pending__gte=0, credits_pending__gte=0),
                name="finance_balance_not_negative",
            )
        ]

    def __str__(self) -> str:
        """Return whose balance it is."""
        return f"balance of {self.account_id}"

    @property
    def posted(self) -> int:
        """Return the posted balance on the account's normal side, in minor units."""
        difference = self.debits_posted - self.credits_posted
        return difference if self.account.normal_side == Account.Side.DEBIT else -difference


class LedgerTransaction(models.Model):
    """One business event that moved or held money: a group of transfers that stand or fall together.

    `reference` makes it happen once, for ever: the same reference with the same content (`fingerprint`) is a replay.
    """

    class Kind(models.TextChoices):
        """What happened."""

        PURCHASE = "purchase"
        CAPTURE = "capture"
        RELEASE = "release"
        EXPIRY = "expiry"
        REPAYMENT = "repayment"
        FEE = "fee"
        BONUS = "bonus"
        PENALTY = "penalty"
        ADJUSTMENT = "adjustment"
        TRANSFER = "transfer"
        REVERSAL = "reversal"
        CREDIT_NOTE = "credit_note"
        REFUND = "refund"
        CHARGEBACK = "chargeback"
        PAYOUT = "payout"

    class Category(models.TextChoices):
        """What it was for, in the old backend's words."""

        ORDER_PAYMENT = "order_payment"
        OFFER_PAYMENT = "offer_payment"
        SUBSCRIPTION_FEE = "subscription_fee"
        SERVICE_FEE = "service_fee"
        PENALTY = "penalty"
        BONUS = "bonus"
        REFUND = "refund"
        WITHDRAWAL = "withdrawal"
        DEPOSIT = "deposit"
        TRANSFER = "transfer"
        ADJUSTMENT = "adjustment"
        COMMISSION = "commission"
        TAX = "tax"

    class Subject(models.TextChoices):
        """What kind of thing it is about."""

        ORDER = "order"
        OFFER = "offer"
        INVOICE = "invoice"
        USER = "user"
        ADMIN = "admin"
        SYSTEM = "system"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    category = models.CharField(max_length=16, choices=Category)
    reference = models.CharField(max_length=200, unique=True)
    fingerprint = models.CharField(max_length=32)
    subject_type = models.CharField(max_length=8, choices=Subject, default=Subject.SYSTEM)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_number = models.CharField(max_length=40, blank=True)
    payment_method = models.CharField(max_length=16, blank=True)
    description = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversal")
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Listed newest first, ids are ordered by time; found by what it is about."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_id"], name="finance_tx_subject_id", condition=~Q(subject_id="")),
            models.Index(fields=["subject_number"], name="finance_tx_subject_number", condition=~Q(subject_number="")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses=None)),
                name="finance_ledgertransaction_reversal_is_linked",
            )
        ]

    def __str__(self) -> str:
        """Return the number that people see."""
        return self.transaction_id

    @property
    def transaction_id(self) -> str:
        """Return the number that people see: TXN-2026-000123."""
        return f"TXN-{self.created_at.year}-{self.number:06}"


class Transfer(models.Model):
    """One amount from one account to another; balanced by construction.

    `single` and `post` move it; `pending` holds it; `post`, `void` and `expire` resolve a hold, which happens once. A
    `post` of less than was held releases the rest. `*_balance` is the posted balance of each account just after, on
    its normal side.
    """

    class Phase(models.TextChoices):
        """What the transfer does with the counters."""

        SINGLE = "single"
        PENDING = "pending"
        POST = "post"
        VOID = "void"
        EXPIRE = "expire"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="transfers")
    phase = models.CharField(max_length=7, choices=Phase)
    debit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    credit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    hold = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="resolution")
    timeout_at = models.DateTimeField(null=True, blank=True, help_text="When a hold ends by itself.")
    debit_balance = models.BigIntegerField()
    credit_balance = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Listed by account, newest first: `single` and `pending` are what happened, the others how it ended."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["debit_account", "-id"],
                name="finance_transfer_debit",
                condition=Q(hold__isnull=True),
                include=["created_at"],
            ),
            models.Index(
                fields=["credit_account", "-id"],
                name="finance_transfer_credit",
                condition=Q(hold__isnull=True),
                include=["created_at"],
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=MAX_AMOUNT), name="finance_transfer_amount_in_range"
            ),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="finance_transfer_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=["post", "void", "expire"], hold__isnull=False)
                | Q(phase__in=["single", "pending"], hold=None),
                name="finance_transfer_resolves_a_hold",
            ),
            models.CheckConstraint(
                condition=Q(timeout_at=None) | Q(phase="pending"), name="finance_transfer_only_holds_end"
            ),
        ]

    def __str__(self) -> str:
        """Return what was moved."""
        return f"{self.phase} {from_minor(self.amount, self.currency)} {self.currency}"


class Entry(models.Model):
    """One side of a posted transfer in the book of one account; numbered without gaps, with the balance after it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries", db_index=False)
    seq = models.BigIntegerField()
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    side = models.CharField(max_length=6, choices=Account.Side)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(help_text="Posted, on the account's normal side.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Read by account and number, or by account and time."""

        verbose_name_plural = "entries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "created_at"], name="finance_entry_time")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "seq"], name="finance_entry_seq"),
            models.UniqueConstraint(fields=["transfer", "side"], name="finance_entry_one_a_side"),
            models.CheckConstraint(condition=Q(amount__gte=1, seq__gte=1), name="finance_entry_counts"),
        ]

    def __str__(self) -> str:
        """Return the number and the side."""
        return f"#{self.seq} {self.side}"


class HoldExpiry(WorkRow):
    """The work of ending a hold at its timeout; it does nothing where the hold was resolved before."""

    hold = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="expiry")

    class Meta(WorkRow.Meta):
        """Found by what is due."""

        verbose_name_plural = "hold expiries"

    def __str__(self) -> str:
        """Return which hold ends."""
        return f"end of hold {self.hold_id}"


class LedgerCheck(models.Model):
    """One run of the verifier, and what it found."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    entries = models.BigIntegerField(default=0, help_text="How many entries were there to check.")
    is_clean = models.BooleanField(default=False)
    findings = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """The newest says how the ledger is."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-started_at"], name="finance_ledgercheck_newest")
        ]

    def __str__(self) -> str:
        """Return when it ran."""
        return f"check of {self.started_at:%Y-%m-%d %H:%M}"
