"""Chat for staff: conversations and their log are read, never written; reports are worked off through the services."""

from typing import Any, Literal
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.authentication import staff
from chat import services, sql
from chat.models import Block, Conversation, ConversationEvent, Message, Participant, Report
from wholexale.common.admin import ReadOnlyAdmin, RowsInline
from wholexale.common.errors import DomainError

MAX_NAMES = 4


class ParticipantInline(RowsInline):
    """Who takes part, and how far they have read."""

    model = Participant
    ordering = ("joined_at", "id")
    fields = ("user", "role", "is_group_admin", "joined_at", "left_at", "read_seq", "delivered_seq", "sent_count")
    related = ("user",)


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations: found by name, person or id."""

    list_display = ("title", "conversation_type", "status", "is_blocked", "messages", "last_message_at")
    list_filter = ("conversation_type", "status", "is_blocked", "last_message_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "id", "participants__user__email", "participants__user__last_name")
    ordering = ("-last_message_at",)
    inlines = (ParticipantInline,)
    readonly_fields = ("log",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """Load the people along."""
        people = Participant.objects.select_related("user").order_by("joined_at", "id")
        return super().get_queryset(request).prefetch_related(Prefetch("participants", people))

    @admin.display(description="conversation")
    def title(self, conversation: Conversation) -> str:
        """Return the name, or who takes part."""
        names = [participant.user.full_name for participant in conversation.participants.all()]
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        return conversation.name or ", ".join(names[:MAX_NAMES]) + more

    @admin.display(description="messages", ordering="last_ordinal")
    def messages(self, conversation: Conversation) -> int:
        """Return how many messages there are."""
        return conversation.last_ordinal

    @admin.display(description="Messages")
    def log(self, conversation: Conversation) -> str:
        """Link to the messages."""
        url = reverse("admin:chat_message_changelist", query={"conversation_id": str(conversation.id)})
        return format_html('<a href="{}">{} messages</a>', url, conversation.last_ordinal)


class _LogAdmin(ReadOnlyAdmin):
    """Rows of the log; the text of a search may be an id of anything in them."""

    ids: tuple[str, ...]
    search_fields = ("id",)
    ordering = ("-id",)
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by id, or by what `by_words` finds."""
        if not (text := search_term.replace("\x00", "").strip()):
            return queryset, False
        try:
            chosen = UUID(text)
        except ValueError:
            return self.by_words(queryset, text.split()), False
        condition = Q()
        for name in self.ids:
            condition |= Q(**{name: chosen})
        return queryset.filter(condition), False

    def by_words(self, queryset: QuerySet[Any], words: list[str]) -> QuerySet[Any]:
        """Find nothing: only some logs have words."""
        return queryset.none()


@admin.register(Message)
class MessageAdmin(_LogAdmin):
    """Messages: found by their words, or by the id of the message, its sender or its conversation."""

    ids = ("id", "conversation_id", "sender_id")
    list_display = ("created_at", "sender_name", "message_type", "excerpt", "conversation_id", "seq", "deleted_at")
    list_filter = ("message_type", ("deleted_at", admin.EmptyFieldListFilter), "created_at")

    @admin.display(description="Content")
    def excerpt(self, message: Message) -> str:
        """Return the beginning of the text."""
        return message.content[:80]

    def by_words(self, queryset: QuerySet[Any], words: list[str]) -> QuerySet[Any]:
        """Find by words, through the index where there is one."""
        return queryset.filter(sql.holds_words(words))


@admin.register(ConversationEvent)
class ConversationEventAdmin(_LogAdmin):
    """Edits, deletions and reactions: found by the id of the message, the conversation or who did it."""

    ids = ("id", "conversation_id", "message_id", "actor_id")
    list_display = ("created_at", "kind", "conversation_id", "seq", "message_id", "actor_id")
    list_filter = ("kind", "created_at")


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    """Who has blocked whom."""

    list_display = ("blocker", "blocked", "created_at")
    list_select_related = ("blocker", "blocked")
    search_fields = ("blocker__email", "blocked__email")
    ordering = ("-created_at",)


class ReasonForm(ActionForm):
    """Asks for the reason beside the choice of the action."""

    resolution = forms.CharField(label="Reason", required=False, max_length=1000)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """The queue of reports: open ones first, oldest first."""

    action_form = ReasonForm
    actions = ("resolve", "dismiss")
    list_display = (
        "created_at",
        "status",
        "reported_user",
        "reporter",
        "reason",
        "excerpt",
        "handled_by",
        "handled_at",
    )
    list_filter = ("status", "created_at")
    list_select_related = ("reporter", "reported_user", "handled_by")
    search_fields = ("reason", "excerpt", "reporter__email", "reported_user__email")
    ordering = (F("handled_at").desc(nulls_first=True), "created_at")  # type: ignore[assignment] # stubs know no F
    readonly_fields = ("message",)

    @admin.display(description="Message")
    def message(self, report: Report) -> str:
        """Link to the message."""
        if report.message_id is None:
            return "-"
        url = reverse("admin:chat_message_change", args=[report.message_id])
        return format_html('<a href="{}">{}</a>', url, report.message_id)

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Let those work off reports who may change them."""
        return staff(request).has_perm("chat.change_report")

    @admin.action(description="Resolve", permissions=["handle"])
    def resolve(self, request: HttpRequest, reports: QuerySet[Report]) -> None:
        """Close reports that were right, with the reason."""
        self._close(request, reports, "resolved")

    @admin.action(description="Dismiss", permissions=["handle"])
    def dismiss(self, request: HttpRequest, reports: QuerySet[Report]) -> None:
        """Close reports that were not, with the reason."""
        self._close(request, reports, "dismissed")

    def _close(self, request: HttpRequest, reports: QuerySet[Report], status: Literal["resolved", "dismissed"]) -> None:
        actor, reason, done = staff(request), request.POST.get("resolution", ""), 0
        for report in reports:
            try:
                services.resolve_report(actor=actor, report_id=report.id, status=status, resolution=reason)
                done += 1
            except DomainError as refusal:
                text = refusal.details[0].msg if refusal.details else refusal.detail
                self.message_user(request, f"{report}: {text}", messages.ERROR)
        self.message_user(request, f"{done} reports {status}.")
