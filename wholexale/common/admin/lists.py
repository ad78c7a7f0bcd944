"""Lists for staff: rows that nobody edits, found by what was typed, as quickly when there are millions of them."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that nobody makes, edits or deletes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Services make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services change them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Time deletes them."""
        return False


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
        """Amounts stand right, and buttons look like what they do."""

        css = {"all": ["common/admin.css"]}


class FindingList(LongList):
    """A list that is searched by a condition of its own, so that indexes hold it."""

    search_fields = ("pk",)

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
    """Rows that belong to another row, to be read."""

    extra = 0
    related: tuple[str, ...] = ()
    """What is loaded along."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load what the rows show along."""
        return super().get_queryset(request).select_related(*self.related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let nothing be typed."""
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services change them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay."""
        return False


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
