"""Credit for staff: lines with what is used of them and every change, and the queue of requests."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.authentication import staff
from finance.admin.acting import MoneyActingAdmin
from finance.admin.credit_actions import LINE_ACTIONS, OPEN_LINE, REQUEST_ACTIONS, present_line
from finance.admin.showing import MoneyAdmin, say_who
from finance.models import CreditLine, CreditLineChange, CreditRequest
from finance.selectors.credit import position_of
from wholexale.common.admin import CurrencyFilter, link, say_amount, say_when, show_amount

BREAK = SafeString("<br>")


class ChangeColumns:
    """The columns of changes."""

    @admin.display
    def old_limit(self, change: CreditLineChange) -> SafeString:
        """Return the limit before."""
        return show_amount(change.old_limit_minor, change.line.currency)

    @admin.display
    def new_limit(self, change: CreditLineChange) -> SafeString:
        """Return the limit after."""
        return show_amount(change.new_limit_minor, change.line.currency)

    @admin.display(description="UTC", ordering="created_at")
    def made(self, change: CreditLineChange) -> str:
        """Return when it was made."""
        return say_when(change.created_at)

    @admin.display
    def what(self, change: CreditLineChange) -> SafeString:
        """Return the status, with the one before where it changed, and what else changed."""
        is_same = change.old_status in {"", change.new_status}
        status = change.new_status if is_same else f"{change.old_status} → {change.new_status}"
        others = (f"{name}: {old or '-'} → {new}" for name, (old, new) in change.details.items())
        return format_html_join(BREAK, "{}", ((text,) for text in (status, *others)))

    @admin.display(description="by")
    def who(self, change: CreditLineChange) -> str:
        """Return who decided, and the second person where one was needed."""
        return " and ".join(say_who(person) for person in (change.actor, change.approver) if person) or say_who(None)


class ChangeInline(ChangeColumns, admin.TabularInline[CreditLineChange, CreditLine]):
    """Every change of a line, the newest first."""

    model = CreditLineChange
    extra = 0
    can_delete = False
    ordering = ("-number",)
    fields = ("number", "made", "old_limit", "new_limit", "what", "who", "reason")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History stays as it is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History stays as it is."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditLineChange]:
        """Load the people along."""
        return super().get_queryset(request).select_related("line", "actor", "approver")


@admin.register(CreditLine)
class CreditLineAdmin(MoneyActingAdmin):
    """Credit lines: found by business, with what is owed, held and left."""

    list_display = ("business", "limit", "owed", "held", "left", "status")
    list_filter = (CurrencyFilter, "status", "rating", "next_review_at")
    search_fields = ("business__name", "business__slug", "id")
    ordering = ("business__name", "currency")
    inlines = (ChangeInline,)
    staff_actions = LINE_ACTIONS
    fieldsets = (
        (None, {"fields": ("business", "currency", "status", "book")}),
        ("Limit", {"fields": ("limit", "owed", "held", "left", "utilization")}),
        ("Standing", {"fields": ("rating", "risk_score", "payment_terms", "reviewed_at", "next_review_at")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditLine]:
        """Load balances along."""
        return super().get_queryset(request).select_related("business", "account__balance")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those open lines who may decide about credit."""
        return staff(request).has_perm(OPEN_LINE.permission)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Open a line through the service."""
        return self.act(request, OPEN_LINE, None, {"business": request.GET.get("business", "").replace("\x00", "")})

    @admin.display(ordering="limit_minor")
    def limit(self, line: CreditLine) -> SafeString:
        """Return the limit."""
        return show_amount(line.limit_minor, line.currency)

    @admin.display
    def owed(self, line: CreditLine) -> SafeString:
        """Return what is owed."""
        return show_amount(position_of(line).outstanding, line.currency)

    @admin.display
    def held(self, line: CreditLine) -> SafeString:
        """Return what is held for purchases."""
        return show_amount(position_of(line).held, line.currency)

    @admin.display(description="available")
    def left(self, line: CreditLine) -> SafeString:
        """Return what is left of the limit."""
        return show_amount(position_of(line).available, line.currency)

    @admin.display
    def utilization(self, line: CreditLine) -> str:
        """Return the used part of the limit."""
        return f"{position_of(line).utilization} %"

    @admin.display(description="account")
    def book(self, line: CreditLine) -> SafeString:
        """Link to the account."""
        return link(line.account)

    def facts(self, row: CreditLine) -> list[tuple[str, object]]:
        """Return where the line stands."""
        stands = position_of(row)
        return [
            ("Business", row.business),
            ("Status", row.get_status_display()),
            ("Limit", say_amount(stands.limit, row.currency)),
            ("Owed", say_amount(stands.outstanding, row.currency)),
            ("Held", say_amount(stands.held, row.currency)),
            ("Available", say_amount(stands.available, row.currency)),
        ]


@admin.register(CreditLineChange)
class CreditLineChangeAdmin(ChangeColumns, MoneyAdmin):
    """Every change of every line, newest first."""

    list_display = ("made", "whose", "old_limit", "new_limit", "what", "who", "reason")
    list_filter = ("new_status",)
    list_select_related = ("line__business", "actor", "approver")
    search_fields = ("line__business__name", "reason", "actor__email", "approver__email")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = ("whose", "number", "old_limit", "new_limit", "what", "actor", "approver", "reason", "created_at")

    @admin.display(description="line")
    def whose(self, change: CreditLineChange) -> SafeString:
        """Link to the line."""
        return link(change.line)


_OPEN_FIRST = Case(When(status__in=CreditRequest.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(CreditRequest)
class CreditRequestAdmin(MoneyActingAdmin):
    """The queue of requests: open ones first, oldest first."""

    list_display = ("made", "business", "wanted", "status", "asked_by", "agreed_by")
    list_filter = ("status", CurrencyFilter)
    search_fields = ("business__name", "purpose", "requested_by__email")
    ordering = (_OPEN_FIRST, "created_at")  # type: ignore[assignment] # stubs know no expressions
    staff_actions = REQUEST_ACTIONS
    fieldsets = (
        (None, {"fields": ("business", "present", "wanted", "payment_terms", "purpose", "status")}),
        ("People", {"fields": ("requested_by", "approved_by", "decided_by", "decision_reason")}),
        ("Dates", {"fields": ("created_at", "decided_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditRequest]:
        """Load the people along."""
        rows = super().get_queryset(request)
        return rows.select_related("business", "requested_by", "approved_by", "decided_by")

    @admin.display(description="UTC", ordering="created_at")
    def made(self, row: CreditRequest) -> str:
        """Return when it was made."""
        return say_when(row.created_at)

    @admin.display(ordering="requested_by__email")
    def asked_by(self, row: CreditRequest) -> str:
        """Return who asked."""
        return say_who(row.requested_by)

    @admin.display(description="agreed to by", ordering="approved_by__email")
    def agreed_by(self, row: CreditRequest) -> str:
        """Return the first member of staff who agreed."""
        return row.approved_by.full_name if row.approved_by else "-"

    @admin.display(description="wanted limit")
    def wanted(self, row: CreditRequest) -> SafeString:
        """Return the limit that is asked for."""
        return show_amount(row.limit_minor, row.currency)

    @admin.display(description="present limit")
    def present(self, row: CreditRequest) -> SafeString:
        """Return the limit as it is now."""
        return show_amount(present_line(row).limit_minor, row.currency)

    def facts(self, row: CreditRequest) -> list[tuple[str, object]]:
        """Return who asks for what, and who has agreed."""
        return [
            ("Business", row.business),
            ("Present limit", say_amount(present_line(row).limit_minor, row.currency)),
            ("Wanted limit", say_amount(row.limit_minor, row.currency)),
            ("Purpose", row.purpose or "-"),
            ("Asked for by", self.asked_by(row)),
            ("Agreed to by", self.agreed_by(row)),
        ]
