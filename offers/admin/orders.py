"""Orders for staff: what was agreed, what was sent of it, what it stands on, and every step."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.selectors import is_named
from offers import services
from offers.admin.acting import DealActingAdmin, cancelling
from offers.admin.showing import DealInline, say_price, say_step, say_who, show_sides
from offers.models import Order, OrderEvent, OrderLine
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
from wholexale.common.measures import from_milli


class OrderLinesInline(DealInline):
    """The lines of an order, and how much of each was sent."""

    model = OrderLine
    verbose_name_plural = "lines"
    ordering = ("position",)
    fields = ("position", "goods", "sku", "agreed", "sent", "moved")
    related = ("order",)

    @admin.display(description="product")
    def goods(self, line: OrderLine) -> SafeString:
        """Return what it is about."""
        return show_two(line.name, line.product_ref)

    @admin.display
    def agreed(self, line: OrderLine) -> str:
        """Return how much was agreed, and at which price."""
        return say_price(line, line.order.currency)

    @admin.display
    def sent(self, line: OrderLine) -> str:
        """Return how much was sent."""
        return f"{from_milli(line.fulfilled):,f}"

    @admin.display(description="before taxes")
    def moved(self, line: OrderLine) -> SafeString:
        """Return what it costs."""
        return show_amount(line.total, line.order.currency)


class OrderEventsInline(DealInline):
    """Every step of an order, the newest first."""

    model = OrderEvent
    verbose_name_plural = "history"
    ordering = ("-seq",)
    fields = ("seq", "made", "action", "step", "said", "note")
    related = ("actor",)

    @admin.display(description="UTC, by")
    def made(self, event: OrderEvent) -> SafeString:
        """Return when it was taken, and by whom."""
        return show_two(say_when(event.created_at), say_who(event.actor, event.side))

    @admin.display(description="status")
    def step(self, event: OrderEvent) -> str:
        """Return how the order stood before and after."""
        return say_step(event.old_status, event.new_status)

    @admin.display(description="details")
    def said(self, event: OrderEvent) -> SafeString:
        """Return what was sent of which line, and how."""
        return show_list(_said(event.details))


def _cancel(command: Command) -> None:
    services.cancel_order_as_staff(actor=command.actor, order_id=command.row.id, reason=command.reason)


CANCEL_ORDER = cancelling(
    label="Cancel the order",
    told="The order ends, also where goods were sent: what is held for it is let go, and what was paid goes back. Both "
    "sides are told, with the reason. It cannot be undone.",
    cancel=_cancel,
    is_open=lambda order: order.status in Order.OPEN,
)


@admin.register(Order)
class OrderAdmin(DealActingAdmin):
    """Orders: found by their number, that of the offer, or business; cancelled with a reason until they are settled."""

    staff_actions = (CANCEL_ORDER,)
    list_display = ("event", "source", "sides", "stands", "moved")
    list_display_links = None
    list_filter = ("status", "settlement", CurrencyFilter)
    search_help_text = "A number (ORD-2026-000123, OFF-2026-000123), a business."
    inlines = (OrderLinesInline, OrderEventsInline)
    fieldsets = (
        (None, {"fields": ("order_number", "source", "status", "buyer", "seller", "accepting_side", "accepted_by")}),
        ("Amounts", {"fields": ("before_taxes", "taxes", "moved")}),
        ("Stands on", {"fields": ("settlement", "payment_terms", "delivery_terms", "held", "paid", "billed")}),
        (
            "Course",
            {
                "fields": (
                    *("created_at", "confirmed_at", "fulfilled_at", "delivered_at", "settled_at", "cancelled_at"),
                    *("cancel_reason", "version"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Load all that an order is linked to along."""
        money = ("hold", "payment", "invoice")
        return super().get_queryset(request).select_related("buyer", "seller", "offer", "accepted_by", *money)

    def find(self, text: str) -> Q:
        """Find by number, id, offer or business."""
        if (number := numbered(text, "ORD")) is not None:
            return Q(number=number)
        if (number := numbered(text, "OFF")) is not None:
            return Q(offer__number=number)
        return has_id(text) | is_named(text, "buyer", "seller")

    def facts(self, row: Order) -> list[tuple[str, object]]:
        """Return who has bought what from whom."""
        return [
            ("Order", f"{row}, from {row.offer}"),
            ("Buyer", row.buyer),
            ("Seller", row.seller),
            ("Status", row.get_status_display()),
            ("Total, with taxes", say_amount(row.total, row.currency)),
            ("Paid", row.get_settlement_display().lower()),
        ]

    @admin.display(description="order, UTC", ordering="id")
    def event(self, order: Order) -> SafeString:
        """Link to the order, and say when it was placed."""
        return show_two(link(order), say_when(order.created_at))

    @admin.display(description="offer")
    def source(self, order: Order) -> SafeString:
        """Link to the offer that it comes from."""
        return show_two(link(order.offer), order.offer.title)

    @admin.display(description="buyer, seller")
    def sides(self, order: Order) -> SafeString:
        """Return who buys and who sells."""
        return show_sides(order)

    @admin.display(description="status", ordering="status")
    def stands(self, order: Order) -> SafeString:
        """Return how it stands, and whether it was paid in advance."""
        return show_two(order.get_status_display(), order.get_settlement_display().lower())

    @admin.display(description="total", ordering="total")
    def moved(self, order: Order) -> SafeString:
        """Return what it costs with taxes."""
        return show_amount(order.total, order.currency)

    @admin.display
    def before_taxes(self, order: Order) -> SafeString:
        """Return what the goods cost."""
        return show_amount(order.subtotal, order.currency)

    @admin.display
    def taxes(self, order: Order) -> SafeString:
        """Return the taxes."""
        return show_amount(order.tax, order.currency)

    @admin.display(description="hold")
    def held(self, order: Order) -> SafeString:
        """Link to what holds the money."""
        return link(order.hold)

    @admin.display(description="payment")
    def paid(self, order: Order) -> SafeString:
        """Link to the payment in advance."""
        return link(order.payment)

    @admin.display(description="invoice")
    def billed(self, order: Order) -> SafeString:
        """Link to the invoice."""
        return link(order.invoice)


def _said(details: dict[str, Any]) -> list[str]:
    """Return the details of a step; quantities are kept in thousandths."""
    sent = [f"line {position}: {from_milli(quantity):,f}" for position, quantity in details.get("lines", {}).items()]
    return sent + [f"{name}: {value}" for name, value in details.items() if name != "lines"]
