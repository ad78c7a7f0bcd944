"""Spending for staff: what members may spend, and what they have spent. Owners set the limits, not staff."""

from django.contrib import admin
from django.utils.safestring import SafeString

from finance.admin.showing import MoneyAdmin
from finance.models import Spend, SpendingLimit, SpendingWindow
from wholexale.common.admin import CurrencyFilter, link, show_amount

PEOPLE = ("membership__user__email", "membership__user__last_name", "membership__business__name")

WHO = ("membership__user", "membership__business")


class _MemberAdmin(MoneyAdmin):
    """Rows of one member of one business."""

    search_fields = PEOPLE

    @admin.display(ordering="membership__user__email")
    def member(self, row: SpendingLimit | SpendingWindow | Spend) -> SafeString:
        """Link to the person."""
        return link(row.membership.user)

    @admin.display(ordering="membership__business__name")
    def business(self, row: SpendingLimit | SpendingWindow | Spend) -> SafeString:
        """Link to the business."""
        return link(row.membership.business)


@admin.register(SpendingLimit)
class SpendingLimitAdmin(_MemberAdmin):
    """What members may spend."""

    list_display = ("member", "business", "window", "limit", "updated_at")
    list_filter = (CurrencyFilter, "window")
    list_select_related = WHO
    ordering = ("-updated_at",)
    fields = ("member", "business", "window", "limit", "created_at", "updated_at")

    @admin.display
    def limit(self, row: SpendingLimit) -> SafeString:
        """Return the limit."""
        return show_amount(row.limit_minor, row.currency)


@admin.register(SpendingWindow)
class SpendingWindowAdmin(_MemberAdmin):
    """What members have spent in a day, week, month or year."""

    list_display = ("member", "business", "window", "starts_at", "ends_at", "spent")
    list_filter = (CurrencyFilter, "window")
    list_select_related = WHO
    ordering = ("-id",)
    fields = ("member", "business", "window", "starts_at", "ends_at", "spent")

    @admin.display
    def spent(self, row: SpendingWindow) -> SafeString:
        """Return what was spent."""
        return show_amount(row.spent_minor, row.currency)


@admin.register(Spend)
class SpendAdmin(_MemberAdmin):
    """Holds that members made, as far as they count."""

    list_display = ("made_at", "member", "business", "counted", "event")
    list_filter = (CurrencyFilter,)
    list_select_related = (*WHO, "hold__transaction")
    ordering = ("-hold_id",)
    fields = ("made_at", "member", "business", "counted", "event")

    @admin.display
    def counted(self, row: Spend) -> SafeString:
        """Return what counts: as held, less what was released again."""
        return show_amount(row.amount, row.currency)

    @admin.display(description="transaction")
    def event(self, row: Spend) -> SafeString:
        """Link to the transaction that placed the hold."""
        return link(row.hold.transaction)
