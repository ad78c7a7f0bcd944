"""Accounts for staff: what each holds, and its book."""

from collections.abc import Callable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from finance import services
from finance.admin.acting import MoneyActingAdmin
from finance.admin.showing import MoneyAdmin, find_transactions, show_place
from finance.models import Account, Entry
from wholexale.common.admin import (
    Command,
    CurrencyFilter,
    Done,
    StaffAction,
    link,
    list_url,
    say_amount,
    say_when,
    show_amount,
)


def held(account: Account) -> int:
    """Return what holds take of the account: of its credit, or else of what it has, in minor units."""
    balance = account.balance
    takes_debits = (account.normal_side == Account.Side.DEBIT) != (account.limit_policy == Account.Policy.NO_OVERDRAFT)
    return balance.debits_pending if takes_debits else balance.credits_pending


def available(account: Account) -> int | None:
    """Return how much may still be drawn, in minor units and below zero where the limit is passed; None if no limit."""
    if account.limit_policy == Account.Policy.NONE:
        return None
    if account.limit_policy == Account.Policy.NO_OVERDRAFT:
        return account.balance.posted - held(account)
    line = getattr(account, "credit_line", None)
    return (line.limit_minor if line else 0) - account.balance.posted - held(account)


def _set_status(status: Account.Status) -> Callable[[Command], Done]:
    """Return what sets a status."""

    def do(command: Command) -> Done:
        account = services.set_account_status(
            actor=command.actor, account_id=command.row.id, status=status, reason=command.reason
        )
        return Done(text=f"{account} is {status.label.lower()}.", row=account)

    return do


ACCOUNT_ACTIONS = (
    StaffAction(
        name="freeze",
        label="Freeze",
        permission="finance.change_account",
        do=_set_status(Account.Status.FROZEN),
        tell=lambda _account, _actor: (
            "Nothing can be drawn on the account any more. It still takes repayments, and "
            "what is held can still be settled or released. The account can be reopened."
        ),
        is_offered=lambda account: account.status == Account.Status.OPEN,
    ),
    StaffAction(
        name="reopen",
        label="Reopen",
        permission="finance.change_account",
        do=_set_status(Account.Status.OPEN),
        tell=lambda _account, _actor: "The account can be drawn on again, within its limits.",
        is_offered=lambda account: account.status != Account.Status.OPEN,
    ),
    StaffAction(
        name="close",
        label="Close",
        permission="finance.change_account",
        do=_set_status(Account.Status.CLOSED),
        tell=lambda _account, _actor: (
            "The account takes nothing any more. Only an account without balance and holds "
            "can be closed. It can be reopened."
        ),
        is_offered=lambda account: account.status != Account.Status.CLOSED,
        is_grave=True,
    ),
)


@admin.register(Account)
class AccountAdmin(MoneyActingAdmin):
    """Accounts: found by code or business, with what they hold; frozen, reopened and closed."""

    list_display = ("place", "posted", "pending", "left", "status")
    list_filter = (CurrencyFilter, "kind", "status", "limit_policy")
    list_select_related = ("business", "balance", "credit_line")
    search_fields = ("code", "business__name", "id")
    ordering = ("code", "currency")
    staff_actions = ACCOUNT_ACTIONS
    fieldsets = (
        (
            None,
            {"fields": ("full_code", "currency", "business", "kind", "normal_side", "limit_policy", "status", "line")},
        ),
        ("Balance", {"fields": ("posted", "pending", "left")}),
        (
            "Counters",
            {"fields": ("debits_posted", "credits_posted", "debits_pending", "credits_pending", "book", "changed")},
        ),
        ("Dates", {"fields": ("created_at",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Load what the page shows along."""
        return super().get_queryset(request).select_related("business", "balance", "credit_line")

    @admin.display(description="account", ordering="code")
    def place(self, account: Account) -> SafeString:
        """Return the place in the chart, and whose account it is."""
        return show_place(account)

    @admin.display(description="code")
    def full_code(self, account: Account) -> str:
        """Return the code."""
        return account.code

    @admin.display(description="balance")
    def posted(self, account: Account) -> SafeString:
        """Return the posted balance."""
        return show_amount(account.balance.posted, account.currency)

    @admin.display(description="held")
    def pending(self, account: Account) -> SafeString:
        """Return what holds take."""
        return show_amount(held(account), account.currency)

    @admin.display(description="available")
    def left(self, account: Account) -> SafeString:
        """Return what may still be drawn."""
        return show_amount(available(account), account.currency)

    @admin.display
    def debits_posted(self, account: Account) -> SafeString:
        """Return a counter."""
        return show_amount(account.balance.debits_posted, account.currency)

    @admin.display
    def credits_posted(self, account: Account) -> SafeString:
        """Return a counter."""
        return show_amount(account.balance.credits_posted, account.currency)

    @admin.display
    def debits_pending(self, account: Account) -> SafeString:
        """Return a counter."""
        return show_amount(account.balance.debits_pending, account.currency)

    @admin.display
    def credits_pending(self, account: Account) -> SafeString:
        """Return a counter."""
        return show_amount(account.balance.credits_pending, account.currency)

    @admin.display(description="entries")
    def book(self, account: Account) -> SafeString:
        """Link to the entries."""
        url = list_url(Entry, account=str(account.pk))
        return format_html('<a href="{}">{} entries</a>', url, account.balance.last_seq)

    @admin.display(description="last movement")
    def changed(self, account: Account) -> str:
        """Return when the balance last changed."""
        return f"{say_when(account.balance.updated_at)} UTC"

    @admin.display(description="credit line")
    def line(self, account: Account) -> SafeString:
        """Link to the credit line that limits the account."""
        return link(getattr(account, "credit_line", None))

    def facts(self, row: Account) -> list[tuple[str, object]]:
        """Return what the account holds."""
        return [
            ("Account", row),
            ("Business", row.business or "-"),
            ("Status", row.get_status_display()),
            ("Balance", say_amount(row.balance.posted, row.currency)),
            ("Held", say_amount(held(row), row.currency)),
        ]


@admin.register(Entry)
class EntryAdmin(MoneyAdmin):
    """Entries: the books of the accounts, newest first."""

    list_display = ("made", "place", "seq", "side", "moved", "after", "event")
    list_filter = ("side",)
    ordering = ("-id",)
    search_fields = ("transfer__transaction__number",)
    search_help_text = "The number of a transaction (TXN-2026-000123), or its reference."
    fields = ("book", "seq", "side", "moved", "after", "event", "origin", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """Load what the rows show along."""
        return super().get_queryset(request).select_related("account__business", "transfer__transaction")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Read one book by its numbers, which an index holds."""
        return ("-seq",) if "account" in request.GET else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        """Find the entries of a transaction."""
        if text := search_term.strip():
            queryset = queryset.filter(find_transactions(text, prefix="transfer__transaction__"))
        return queryset, False

    @admin.display(description="UTC", ordering="created_at")
    def made(self, entry: Entry) -> str:
        """Return when it was written."""
        return say_when(entry.created_at)

    @admin.display(description="account")
    def place(self, entry: Entry) -> SafeString:
        """Return the account, and whose it is."""
        return show_place(entry.account)

    @admin.display(description="account")
    def book(self, entry: Entry) -> SafeString:
        """Link to the account."""
        return link(entry.account)

    @admin.display(description="amount")
    def moved(self, entry: Entry) -> SafeString:
        """Return the amount."""
        return show_amount(entry.amount, entry.account.currency)

    @admin.display(description="balance after")
    def after(self, entry: Entry) -> SafeString:
        """Return the balance just after."""
        return show_amount(entry.balance_after, entry.account.currency)

    @admin.display(description="transaction")
    def event(self, entry: Entry) -> SafeString:
        """Link to the transaction."""
        return link(entry.transfer.transaction)

    @admin.display(description="transfer")
    def origin(self, entry: Entry) -> SafeString:
        """Link to the transfer."""
        return link(entry.transfer)
