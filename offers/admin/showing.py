"""How deals look to staff: exact amounts, links between rows, numbers that find them, rows that nobody edits."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.models import Business, User
from offers.models import Goods
from wholexale.common.admin import ReadOnlyAdmin
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.money import from_minor

_MANY = 50


def say_amount(minor: int, currency: str) -> str:
    """Return an amount of minor units as people read it, exactly: 12,345.60 INR."""
    return f"{from_minor(minor, currency):,f} {currency}"


def say_price(goods: Goods, currency: str) -> str:
    """Return how much of something costs how much apiece."""
    return f"{from_milli(goods.quantity):,f} {goods.unit} at {from_micro(goods.unit_price, currency):,f}"


def say_when(moment: datetime | None) -> str:
    """Return a moment in UTC, as short as a column needs it; a dash where there is none."""
    return f"{localtime(moment, UTC):%Y-%m-%d %H:%M}" if moment else "-"


def say_who(person: User | None, side: str) -> str:
    """Return who has done something, and for which side; what a side's own rules have done is automatic."""
    if person is None:
        return f"automatic, {side}" if side else "the system"
    return f"{person.full_name}, {side or 'staff'}"


def say_step(old: str, new: str) -> str:
    """Return how something stood before and after, once where it is the same."""
    return " → ".join(dict.fromkeys(word.replace("_", " ") for word in (old, new) if word))


def show_money(minor: int, currency: str) -> SafeString:
    """Return an amount for a column of amounts."""
    return format_html('<span class="money">{}</span>', say_amount(minor, currency))


def show_list(texts: Iterable[str]) -> SafeString:
    """Return texts below each other; a dash where there is none."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or format_html("{}", "-")


def show_two(first: object, second: object) -> SafeString:
    """Return one thing, and a smaller one below it."""
    return format_html("{}<br><small>{}</small>", first, second)


def admin_url(row: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link(row: Model | None, text: object = None) -> SafeString:
    """Return a link to a row's page; a dash where there is none."""
    if row is None:
        return format_html("{}", "-")
    return format_html('<a href="{}">{}</a>', admin_url(row), row if text is None else text)


def numbered(text: str, kind: str) -> int | None:
    """Return the number in OFF-2026-000123, or in 123."""
    found = re.fullmatch(rf"(?:{kind}-\d{{4}}-)?(\d{{1,18}})", text, re.IGNORECASE | re.ASCII)
    return int(found[1]) if found else None


def has_id(text: str) -> Q:
    """Return the condition that a row has this id; never true where it is none."""
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(pk__in=[])


def is_theirs(text: str) -> Q:
    """Return the condition that one side is a business with this in its name; of very many, the first few count."""
    named = list(Business.objects.filter(name__icontains=text).order_by("name").values_list("pk", flat=True)[:_MANY])
    return Q(buyer__in=named) | Q(seller__in=named)


def show_sides(deal: Any) -> SafeString:
    """Return who buys, and below it who sells."""
    return show_two(deal.buyer, f"from {deal.seller}")


class DealAdmin(ReadOnlyAdmin):
    """Rows of deals, the newest first; they are found by a condition of their own, so that indexes hold it."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("pk",)

    class Media:
        """Amounts stand right, and buttons look like what they do."""

        css = {"all": ["offers/admin.css"]}

    def find(self, text: str) -> Q:
        """Return the condition that a row is what was typed."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what was typed."""
        if text := search_term.replace("\x00", "").strip():
            queryset = queryset.filter(self.find(text))
        return queryset, False


class RowsInline(admin.TabularInline[Any, Any]):
    """Rows that belong to a deal, read by whoever may see the deal: they are what it says."""

    extra = 0
    related: tuple[str, ...] = ()
    """What is loaded along."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load what the rows show along."""
        return super().get_queryset(request).select_related(*self.related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let nothing be typed."""
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them with the deal."""
        meta = self.parent_model._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services change them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay."""
        return False
