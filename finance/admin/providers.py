"""What is said between us and payment providers, for staff: what they have told, and what they are asked."""

from contextlib import suppress
from typing import ClassVar

import msgspec
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from finance.admin.attention import ProviderFilter
from finance.admin.parts import CallColumns, dated_link
from finance.admin.showing import MoneyAdmin, MoneyList
from finance.models import FakeWebhook, PaymentEvent, ProviderCall
from wholexale.common.admin import WorkAdmin, link

_OF_WORK = ("state", "run_at", "attempts", "last_error", "lease_owner", "lease_until")
_OF_THE_PAST = ("request_id", "created_at", "finished_at")


def show_json(text: str) -> SafeString:
    """Return a text laid out if it is JSON, number by number as it came, and as it is if not; nothing of it is HTML."""
    with suppress(msgspec.MsgspecError, RecursionError):
        text = msgspec.json.format(text, indent=2)
    return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)


@admin.register(PaymentEvent)
class PaymentEventAdmin(MoneyAdmin):
    """Webhooks as providers have sent them, and what each has changed."""

    list_display = ("event", "provider", "event_id")
    list_display_links = None
    list_filter = (ProviderFilter,)
    search_fields = ("event_id__exact",)
    search_help_text = "The provider's id of the event."
    ordering = ("-id",)
    fields = ("provider", "event_id", "type", "received_at", "effect", "content")

    @admin.display(description="event, UTC", ordering="id")
    def event(self, event: PaymentEvent) -> SafeString:
        """Link to the event by what it says, and say when it came."""
        return dated_link(event, event.received_at, event.type)

    @admin.display(description="has changed")
    def effect(self, event: PaymentEvent) -> SafeString:
        """Link to the payments that it has moved."""
        steps = event.changes.select_related("intent").order_by("id")
        said = format_html_join("", "<div>{}: {}</div>", ((link(one.intent), one.note or one) for one in steps))
        return said or SafeString("-")

    @admin.display(description="body")
    def content(self, event: PaymentEvent) -> SafeString:
        """Return what was sent."""
        return show_json(event.body)


@admin.register(ProviderCall)
class ProviderCallAdmin(CallColumns, MoneyList, WorkAdmin):
    """What providers are asked: when each is due, and what failed. The dead may be replayed."""

    list_display = ("kind", "about", "state", "run_at", "attempts", "last_error")
    search_fields: ClassVar[tuple[str, ...]] = ("key__startswith", "last_error", "request_id")
    search_help_text = "The beginning of a key, an error, the request that made it due."
    ordering = ("-id",)
    fields = ("kind", "about", "moved", "key", "note", *_OF_WORK, *_OF_THE_PAST)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderCall]:
        """Load what it is about along."""
        return super().get_queryset(request).select_related("intent", "refund__intent", "payout")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Filter by what is asked as well."""
        return ("state", "kind")


@admin.register(FakeWebhook)
class FakeWebhookAdmin(MoneyList, WorkAdmin):
    """What the fake provider has to tell us: when each is due, and what failed. The dead may be replayed."""

    list_display = ("event_id", "state", "run_at", "attempts", "last_error", "created_at")
    search_fields: ClassVar[tuple[str, ...]] = ("event_id", "last_error", "request_id")
    ordering = ("-id",)
    fields = ("event_id", "content", *_OF_WORK, *_OF_THE_PAST)

    @admin.display(description="body")
    def content(self, row: FakeWebhook) -> SafeString:
        """Return what is sent."""
        return show_json(row.body)
