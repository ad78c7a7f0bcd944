"""Offers for staff: what is on the table, all that was on it before, and every step."""

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.selectors import is_named
from chat.models import Conversation
from offers import services
from offers.admin.acting import DealActingAdmin, cancelling
from offers.admin.showing import DealInline, say_price, say_step, say_who, show_sides
from offers.models import Offer, OfferEvent, OfferLine, OfferRevision
from offers.selectors import shown_status
from wholexale.common.admin import (
    Command,
    CurrencyFilter,
    has_id,
    link,
    numbered,
    say_amount,
    say_when,
    show_amount,
    show_list,
    show_two,
)

_LINES = OfferLine.objects.order_by("position")


class RevisionsInline(DealInline):
    """All terms of an offer, the newest first."""

    model = OfferRevision
    verbose_name_plural = "terms"
    ordering = ("-number",)
    fields = ("number", "made", "goods", "moved", "payment_terms", "delivery_terms", "ends", "message")
    related = ("author",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfferRevision]:
        """Load the lines along."""
        return super().get_queryset(request).prefetch_related(Prefetch("lines", _LINES, to_attr="in_order"))

    @admin.display(description="UTC, by")
    def made(self, revision: OfferRevision) -> SafeString:
        """Return when they were put on the table, and by whom."""
        return show_two(say_when(revision.created_at), say_who(revision.author, revision.side))

    @admin.display(description="lines")
    def goods(self, revision: OfferRevision) -> SafeString:
        """Return what is wanted, line by line."""
        lines: list[OfferLine] = getattr(revision, "in_order", [])
        return show_list(f"{line}: {say_price(line, revision.currency)}" for line in lines)

    @admin.display(description="total")
    def moved(self, revision: OfferRevision) -> SafeString:
        """Return what the goods cost."""
        return show_amount(revision.total, revision.currency)

    @admin.display(description="end, UTC")
    def ends(self, revision: OfferRevision) -> SafeString:
        """Return until when they may be accepted, and where days end so."""
        return show_two(say_when(revision.valid_until), revision.time_zone)


class OfferEventsInline(DealInline):
    """Every step of an offer, the newest first."""

    model = OfferEvent
    verbose_name_plural = "history"
    ordering = ("-seq",)
    fields = ("seq", "made", "action", "step", "revision", "said_changes", "message")
    related = ("actor",)

    @admin.display(description="UTC, by")
    def made(self, event: OfferEvent) -> SafeString:
        """Return when it was taken, and by whom."""
        return show_two(say_when(event.created_at), say_who(event.actor, event.side))

    @admin.display(description="status")
    def step(self, event: OfferEvent) -> str:
        """Return how the offer stood before and after."""
        return say_step(event.old_status, event.new_status)

    @admin.display(description="changes")
    def said_changes(self, event: OfferEvent) -> SafeString:
        """Return what has changed, one below the other."""
        return show_list(f"{name}: {value}" for name, value in event.changes.items())


def _cancel(command: Command) -> None:
    services.cancel_offer(actor=command.actor, offer_id=command.row.id, reason=command.reason)


CANCEL_OFFER = cancelling(
    label="Cancel the offer",
    told="The negotiation ends: nobody can answer any more. Both sides are told, with the reason. It cannot be undone.",
    cancel=_cancel,
    is_open=lambda offer: offer.is_open,
)


@admin.register(Offer)
class OfferAdmin(DealActingAdmin):
    """Offers: found by number, title or business; open ones are cancelled, with a reason."""

    staff_actions = (CANCEL_OFFER,)
    list_display = ("event", "title", "sides", "stands", "moved", "ends")
    list_display_links = None
    list_filter = ("status", CurrencyFilter)
    search_help_text = "A number (OFF-2026-000123), a title, a business."
    inlines = (RevisionsInline, OfferEventsInline)
    fieldsets = (
        (None, {"fields": ("offer_number", "title", "description", "stands", "dealt", "talk")}),
        ("Sides", {"fields": ("buyer", "buyer_user", "seller", "seller_user")}),
        (
            "On the table",
            {"fields": ("goods", "moved", "payment_terms", "delivery_terms", "ends", "shipping", "further", "files")},
        ),
        (
            "Course",
            {
                "fields": (
                    *("created_at", "sent_at", "first_viewed_at", "first_answered_at"),
                    *("closed_at", "closed_by", "close_reason", "buyer_counters", "seller_counters"),
                    *("priority", "context", "version"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        """Load both sides, the terms on the table and the order along."""
        people = ("buyer_user", "seller_user", "closed_by")
        return super().get_queryset(request).select_related("buyer", "seller", "current", "order", *people)

    def find(self, text: str) -> Q:
        """Find by number, id, title or business."""
        if (number := numbered(text, "OFF")) is not None:
            return Q(number=number)
        return has_id(text) | Q(title__icontains=text) | is_named(text, "buyer", "seller")

    def facts(self, row: Offer) -> list[tuple[str, object]]:
        """Return who deals with whom about what."""
        return [
            ("Offer", f"{row}, {row.title}"),
            ("Buyer", row.buyer),
            ("Seller", row.seller),
            ("Status", shown_status(row, timezone.now())),
            ("Total", say_amount(row.current.total, row.currency) if row.current else "-"),
        ]

    @admin.display(description="offer, UTC", ordering="id")
    def event(self, offer: Offer) -> SafeString:
        """Link to the offer, and say when it was made."""
        return show_two(link(offer), say_when(offer.created_at))

    @admin.display(description="status", ordering="status")
    def stands(self, offer: Offer) -> SafeString:
        """Return how it stands, and who is to answer; terms that have ended are expired, whoever has noticed."""
        status = shown_status(offer, timezone.now())
        is_awaited = offer.is_open and status == offer.status
        return show_two(status, f"awaits the {offer.awaiting}" if is_awaited else "")

    @admin.display(description="buyer, seller")
    def sides(self, offer: Offer) -> SafeString:
        """Return who buys and who sells."""
        return show_sides(offer)

    @admin.display(description="total")
    def moved(self, offer: Offer) -> SafeString | str:
        """Return what the goods on the table cost."""
        return show_amount(offer.current.total, offer.currency) if offer.current else "-"

    @admin.display(description="ends, UTC", ordering="expires_at")
    def ends(self, offer: Offer) -> str:
        """Return when the terms on the table end."""
        return say_when(offer.expires_at)

    @admin.display(description="order")
    def dealt(self, offer: Offer) -> SafeString:
        """Link to the order that came of it."""
        return link(getattr(offer, "order", None))

    @admin.display(description="conversation")
    def talk(self, offer: Offer) -> SafeString:
        """Link to the conversation."""
        return link(Conversation(id=offer.conversation_id) if offer.conversation_id else None, offer.conversation_id)

    @admin.display(description="lines")
    def goods(self, offer: Offer) -> SafeString:
        """Return what is wanted, line by line."""
        lines = _LINES.filter(revision=offer.current_id)
        return show_list(f"{line}: {say_price(line, offer.currency)}" for line in lines)

    @admin.display
    def payment_terms(self, offer: Offer) -> str:
        """Return when is paid."""
        return offer.current.payment_terms if offer.current else "-"

    @admin.display
    def delivery_terms(self, offer: Offer) -> str:
        """Return how is delivered."""
        return offer.current.delivery_terms if offer.current else "-"

    @admin.display
    def shipping(self, offer: Offer) -> SafeString:
        """Return how goods are sent."""
        said = offer.current.shipping if offer.current else {}
        return show_list(f"{name}: {value}" for name, value in said.items())

    @admin.display(description="further terms")
    def further(self, offer: Offer) -> SafeString:
        """Return what else was agreed."""
        said = offer.current.terms if offer.current else {}
        return show_list(f"{name}: {value}" for name, value in said.items())

    @admin.display(description="attachments")
    def files(self, offer: Offer) -> SafeString:
        """Return the addresses of files, as text: nobody vouches for them."""
        files = offer.current.attachments if offer.current else []
        return show_list(f"{one.get('filename', '')} {one.get('url', '')}" for one in files)
