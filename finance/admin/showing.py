"""How rows of money look to staff: exact amounts, links between rows, lists that open as quickly when they are long."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.models import User
from finance.models import Account, LedgerTransaction
from wholexale.common.admin import ReadOnlyAdmin
from wholexale.common.money import from_minor

_NUMBER = re.compile(r"(?:TXN-\d{4}-)?(\d{1,18})", re.IGNORECASE | re.ASCII)


def say_amount(minor: int, currency: str) -> str:
    """Return an amount of minor units as people read it, exactly: 12,345.60 INR."""
    try:
        return f"{from_minor(minor, currency):,f} {currency}"
    except ValueError:  # no currency: somebody has been at the row, and it must be seen all the same
        return f"{minor:,} of the smallest unit of {currency!r}"


def show_amount(minor: int | None, currency: str) -> SafeString:
    """Return an amount of minor units for a column of amounts; a dash where there is none."""
    if minor is None:
        return format_html('<span class="money">{}</span>', "-")
    return format_html('<span class="money{}">{}</span>', " below" if minor < 0 else "", say_amount(minor, currency))


def admin_url(row: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model], **query: str) -> str:
    """Return the address of a model's list, filtered."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query or None)


def link(row: Model | None, text: object = None) -> SafeString:
    """Return a link to a row's page; a dash where there is none."""
    if row is None:
        return format_html("{}", "-")
    return format_html('<a href="{}">{}</a>', admin_url(row), row if text is None else text)


def say_when(moment: datetime) -> str:
    """Return a moment as short as a column needs it, in UTC."""
    return f"{localtime(moment, UTC):%Y-%m-%d %H:%M}"


def say_who(person: User | None) -> str:
    """Return somebody's name."""
    return person.full_name if person else "the system"


def short_code(account: Account) -> str:
    """Return the code of an account without the long id of the business."""
    return account.code.replace(str(account.business_id), "…")


def owner(account: Account) -> str:
    """Return whose account it is."""
    return account.business.name if account.business else "the platform"


def show_place(account: Account) -> SafeString:
    """Return the short code, and below it whose account it is."""
    return format_html("{}<br><small>{}</small>", short_code(account), owner(account))


def link_place(account: Account) -> SafeString:
    """Return the same with a link to the account."""
    return format_html("{}<br><small>{}</small>", link(account, short_code(account)), owner(account))


def find_transactions(text: str, *, prefix: str = "") -> Q:
    """Return the condition that a transaction has this number, reference, subject or id; `prefix` leads to it."""
    if number := _NUMBER.fullmatch(text):
        return Q(**{f"{prefix}number": int(number[1])})
    if LedgerTransaction.objects.filter(reference=text).exists():  # the others have no index
        return Q(**{f"{prefix}reference": text})
    condition = Q()
    for lookup in ("reference__startswith", "subject_number__iexact", "subject_id"):
        condition |= Q(**{prefix + lookup: text})
    try:
        return condition | Q(**{f"{prefix}id": UUID(text)})
    except ValueError:
        return condition


class CappedPaginator(Paginator[Any]):
    """Counts no further than `most` rows, which are enough to page through."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, or `most`."""
        rows = self.object_list
        return rows.order_by()[: self.most].count() if isinstance(rows, QuerySet) else len(rows)


class LongList(admin.ModelAdmin[Any]):
    """Settings of a list that may have millions of rows."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator

    class Media:
        """Amounts stand right."""

        css = {"all": ["finance/admin.css"]}


class MoneyAdmin(LongList, ReadOnlyAdmin):
    """Rows of money, which nobody adds, changes or deletes here."""


class CurrencyFilter(admin.SimpleListFilter):
    """The currencies that the marketplace trades in: no query tells which are there."""

    title = "currency"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer every currency."""
        return [(currency, currency) for currency in settings.CURRENCIES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the chosen one."""
        return queryset.filter(currency=self.value()) if self.value() else queryset
