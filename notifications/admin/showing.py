"""How notifications look to staff: rows that nobody edits, found by indexes, with the trace of each."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.timezone import localtime

from accounts.models import User
from notifications.models import Step
from wholexale.common.admin import FindingList, ReadOnlyAdmin, RowsInline

_MANY = 50


def say_when(moment: datetime | None) -> str:
    """Return a moment in UTC to the second, for much happens within a minute; a dash where there is none."""
    return f"{localtime(moment, UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


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


class FoundAdmin(FindingList, ReadOnlyAdmin):
    """Rows that nobody edits, the newest first."""

    ordering: ClassVar[tuple[str, ...]] = ("-id",)


class TraceInline(RowsInline):
    """What has become of a notification, oldest first: it is read by whoever may see the notification."""

    model = Step
    verbose_name_plural = "trace"
    ordering = ("id",)
    fields = ("when", "channel", "status", "reason", "detail")

    @admin.display(description="UTC")
    def when(self, step: Step) -> str:
        """Return when it was so."""
        return say_when(step.at)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show it with the notification."""
        return request.user.has_perm("notifications.view_notification")
