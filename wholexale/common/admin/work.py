"""The kernel's rows for staff: work, which may be replayed, and requests that were answered."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from wholexale.common.admin.lists import ReadOnlyAdmin
from wholexale.common.models import IdempotencyKey, PeriodicRun, WorkRow
from wholexale.common.work import replay


class WorkAdmin(ReadOnlyAdmin):
    """Work of one kind: what is due, what failed and why. The dead may be replayed."""

    list_display = ("__str__", "state", "run_at", "attempts", "last_error", "created_at")
    list_filter = ("state",)
    search_fields: ClassVar[tuple[str, ...]] = ("last_error", "request_id")
    ordering = ("-created_at",)
    actions = ("replay",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Let those replay work who may change such rows."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.action(description="Replay dead work", permissions=["replay"])
    def replay(self, request: HttpRequest, rows: QuerySet[WorkRow]) -> None:
        """Make the dead rows due again, and leave the others as they are."""
        chosen = rows.count()
        replayed = replay(rows)
        self.message_user(request, f"{replayed} rows are due again.")
        if replayed < chosen:
            left = f"{chosen - replayed} rows are not dead, and were left as they are."
            self.message_user(request, left, messages.WARNING)


@admin.register(PeriodicRun)
class PeriodicRunAdmin(WorkAdmin):
    """Work by the clock: one row for each name and due time."""

    search_fields = ("name", "last_error", "request_id")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Requests that were answered once. The answers themselves are the business of those who asked."""

    list_display = ("route", "key", "scope", "status", "created_at")
    search_fields = ("route", "key")
    ordering = ("-created_at",)
    exclude = ("body",)
