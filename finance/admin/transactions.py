"""Transactions for staff: what happened, of which transfers it was made, what reversed it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.models import User
from finance import services
from finance.admin.acting import MoneyActingAdmin
from finance.admin.showing import MoneyAdmin, find_transactions, link_place, owner, say_who, short_code
from finance.models import LedgerTransaction, Transfer
from finance.services.checks import BOOK
from wholexale.common.admin import (
    Command,
    CurrencyFilter,
    Done,
    StaffAction,
    link,
    say_amount,
    say_when,
    show_amount,
    show_list,
    show_two,
)

Kind = LedgerTransaction.Kind
Phase = Transfer.Phase
MAX_ABOUT = 20
MOVING = {Phase.SINGLE, Phase.POST}
_ENDS = {Phase.POST: "captured", Phase.VOID: "released", Phase.EXPIRE: "expired"}


class TransferColumns:
    """The columns of transfers."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """Load accounts, transactions and the other half of a hold along."""
        transfers: QuerySet[Transfer] = super().get_queryset(request)  # type: ignore[misc] # of the admin beside it
        return transfers.select_related(
            "transaction",
            "debit_account__business",
            "credit_account__business",
            "hold__transaction",
            "resolution__transaction",
        )

    @admin.display
    def debit(self, transfer: Transfer) -> SafeString:
        """Link to the account that was debited."""
        return link_place(transfer.debit_account)

    @admin.display
    def credit(self, transfer: Transfer) -> SafeString:
        """Link to the account that was credited."""
        return link_place(transfer.credit_account)

    @admin.display(description="amount")
    def moved(self, transfer: Transfer) -> SafeString:
        """Return the amount."""
        return show_amount(transfer.amount, transfer.currency)

    @admin.display(description="debited account after")
    def debit_after(self, transfer: Transfer) -> SafeString:
        """Return the balance just after."""
        return show_amount(transfer.debit_balance, transfer.currency)

    @admin.display(description="credited account after")
    def credit_after(self, transfer: Transfer) -> SafeString:
        """Return the balance just after."""
        return show_amount(transfer.credit_balance, transfer.currency)

    @admin.display(description="hold")
    def outcome(self, transfer: Transfer) -> SafeString:
        """Say how a hold ended, or which one was resolved, with a link."""
        if transfer.hold is not None:
            return format_html("ends {}", link(transfer.hold.transaction))
        if transfer.phase != Phase.PENDING:
            return format_html("{}", "-")
        resolution: Transfer | None = getattr(transfer, "resolution", None)
        if resolution is None:
            return format_html('<b class="hold-open">{}</b>', "open")
        return format_html("{} by {}", _ENDS[Phase(resolution.phase)], link(resolution.transaction))


class TransferInline(TransferColumns, admin.TabularInline[Transfer, LedgerTransaction]):
    """What a transaction moved or held."""

    model = Transfer
    fk_name = "transaction"
    extra = 0
    can_delete = False
    ordering = ("id",)
    fields = ("phase", "debit", "credit", "moved", "debit_after", "credit_after", "outcome")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History stays as it is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History stays as it is."""
        return False


class HoldFilter(admin.SimpleListFilter):
    """Holds by whether they have ended."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer both."""
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the chosen ones."""
        if self.value() not in {"open", "resolved"}:
            return queryset
        return queryset.filter(phase=Phase.PENDING, resolution__isnull=self.value() == "open")


@admin.register(Transfer)
class TransferAdmin(TransferColumns, MoneyAdmin):
    """Transfers, newest first; holds by whether they are open."""

    list_display = ("made", "event", "accounts", "moved", "state")
    list_filter = (HoldFilter, "phase", CurrencyFilter)
    ordering = ("-id",)
    search_fields = ("transaction__number",)
    search_help_text = "The number of the transaction (TXN-2026-000123), its reference, or what it is about."
    fields = (
        "event",
        "phase",
        "debit",
        "credit",
        "moved",
        "debit_after",
        "credit_after",
        "outcome",
        "timeout_at",
        "created_at",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transfer], search_term: str
    ) -> tuple[QuerySet[Transfer], bool]:
        """Find the transfers of a transaction."""
        if text := search_term.strip():
            queryset = queryset.filter(find_transactions(text, prefix="transaction__"))
        return queryset, False

    @admin.display(description="transaction")
    def event(self, transfer: Transfer) -> SafeString:
        """Link to the transaction."""
        return link(transfer.transaction)

    @admin.display(description="UTC", ordering="created_at")
    def made(self, transfer: Transfer) -> str:
        """Return when it was made."""
        return say_when(transfer.created_at)

    @admin.display(description="debit, credit")
    def accounts(self, transfer: Transfer) -> SafeString:
        """Link to both accounts, and say whose they are."""
        two = (transfer.debit_account, transfer.credit_account)
        return show_list(link_place(account) for account in two)

    @admin.display(description="phase", ordering="phase")
    def state(self, transfer: Transfer) -> SafeString:
        """Return the phase, and of a hold what became of it."""
        if transfer.phase == Phase.SINGLE:
            return format_html("{}", transfer.phase)
        return show_two(transfer.phase, self.outcome(transfer))


def _reverse(command: Command) -> Done:
    original: LedgerTransaction = command.row
    recorded = services.reverse_transaction(actor=command.actor, transaction_id=original.id, reason=command.reason)
    return Done(text=f"{original} was reversed by {recorded.transaction_id}.", row=original)


def _tell_reversal(original: LedgerTransaction, _actor: User) -> str:
    return (
        f"A new transaction moves back all that {original} moved, and is linked to it. It goes beyond limits where it "
        "must, it cannot be reversed itself, and nothing that was recorded is changed."
    )


def _can_be_reversed(original: LedgerTransaction) -> bool:
    moves = all(one.phase in MOVING for one in original.transfers.all())
    is_undone = original.kind == Kind.REVERSAL or hasattr(original, "reversal")
    return moves and not is_undone and not services.has_papers(original)


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(MoneyActingAdmin):
    """Transactions: found by number, reference or subject; undone by a reversal, never by an edit."""

    list_display = ("transaction_id", "made", "what", "amounts", "about")
    list_filter = ("kind", "category", "subject_type")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    search_fields = ("number",)
    search_help_text = "A number (TXN-2026-000123), the beginning of a reference, or what it is about."
    inlines = (TransferInline,)
    staff_actions = (
        StaffAction(
            name="reverse",
            label="Reverse",
            permission=BOOK,
            do=_reverse,
            tell=_tell_reversal,
            is_offered=_can_be_reversed,
            is_grave=True,
        ),
    )
    fieldsets = (
        (None, {"fields": ("transaction_id", "kind", "category", "description", "payment_method")}),
        ("About", {"fields": ("subject_type", "subject_id", "subject_number")}),
        ("Origin", {"fields": ("created_at", "actor", "reference", "request_id")}),
        ("Reversal", {"fields": ("undoes", "undone_by")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransaction]:
        """Load what the rows show along."""
        rows = super().get_queryset(request).select_related("actor", "reverses", "reversal")
        return rows.prefetch_related("transfers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerTransaction], search_term: str
    ) -> tuple[QuerySet[LedgerTransaction], bool]:
        """Find by number, reference, subject or id."""
        if text := search_term.strip():
            queryset = queryset.filter(find_transactions(text))
        return queryset, False

    @admin.display(description="amount")
    def amounts(self, row: LedgerTransaction) -> SafeString:
        """Return what was moved or held, transfer by transfer."""
        return format_html_join("", "{}", ((show_amount(one.amount, one.currency),) for one in row.transfers.all()))

    @admin.display(description="UTC", ordering="created_at")
    def made(self, row: LedgerTransaction) -> str:
        """Return when it was recorded."""
        return say_when(row.created_at)

    @admin.display(description="kind", ordering="kind")
    def what(self, row: LedgerTransaction) -> SafeString:
        """Return what happened, and for what it was."""
        return show_two(row.get_kind_display(), row.get_category_display())

    @admin.display(description="about, by")
    def about(self, row: LedgerTransaction) -> SafeString:
        """Return what it is about, and who did it."""
        about = row.subject_number or row.subject_id or row.get_subject_type_display()
        return show_two(Truncator(about).chars(MAX_ABOUT), say_who(row.actor))

    @admin.display(description="reverses")
    def undoes(self, row: LedgerTransaction) -> SafeString:
        """Link to what this reverses."""
        return link(row.reverses)

    @admin.display(description="reversed by")
    def undone_by(self, row: LedgerTransaction) -> SafeString:
        """Link to what reverses this."""
        return link(getattr(row, "reversal", None))

    def facts(self, row: LedgerTransaction) -> list[tuple[str, object]]:
        """Return what was moved, and between which accounts."""
        moved = [
            (f"{one.phase.capitalize()} {number}", f"{say_amount(one.amount, one.currency)} {_between(one)}")
            for number, one in enumerate(
                row.transfers.select_related("debit_account__business", "credit_account__business").order_by("id"), 1
            )
        ]
        return [("Transaction", row), ("Kind", row.get_kind_display()), ("Description", row.description or "-"), *moved]


def _between(transfer: Transfer) -> str:
    debit, credit = transfer.debit_account, transfer.credit_account
    return f"debited to {short_code(debit)} ({owner(debit)}), credited to {short_code(credit)} ({owner(credit)})"
