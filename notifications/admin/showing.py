"""How notifications look to staff: rows that nobody edits, found by indexes, with the trace of each."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.models import User
from notifications.models import Notification, Step
from wholexale.common.admin import ReadOnlyAdmin

_MANY = 50


def say_when(moment: datetime | None) -> str:
    """Return a moment in UTC, as short as a column needs it; a dash where there is none."""
    return f"{localtime(moment, UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


def link(row: Model, text: object = None) -> SafeString:
    """Return a link to a row's page."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, row if text is None else text)


def has_id(text: str, *names: str) -> Q:
    """Return the condition that one of these columns is this id; never true where it is none."""
    try:
        wanted = UUID(text)
    except ValueError:
        return Q(pk__in=[])
    return Q(*((name, wanted) for name in names), _connector=Q.OR)


def is_addressed_to(text: str, lead: str = "") -> Q:
    """Return the condition that it went to somebody whose address begins so; of very many, the first few count."""
    people = User.objects.filter(email__startswith=text.lower()).order_by("email").values_list("pk", flat=True)
    return Q((f"{lead}recipient__in", list(people[:_MANY])))


class FoundAdmin(ReadOnlyAdmin):
    """Rows, the newest first; they are found by a condition of their own, so that indexes hold it."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    search_fields: ClassVar[tuple[str, ...]] = ("pk",)

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


class TraceInline(admin.TabularInline[Step, Notification]):
    """What has become of a notification, oldest first: it is read by whoever may see the notification."""

    model = Step
    verbose_name_plural = "trace"
    extra = 0
    ordering = ("id",)
    fields = readonly_fields = ("when", "channel", "status", "reason", "detail")

    @admin.display(description="UTC")
    def when(self, step: Step) -> str:
        """Return when it was so."""
        return say_when(step.at)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it with the notification."""
        return request.user.has_perm("notifications.view_notification")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services write it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let it stay as it was written."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let it stay."""
        return False
