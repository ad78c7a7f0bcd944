"""Work that offers and orders wait for: what is due, what failed and why. The dead may be replayed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from offers.admin.showing import DealList
from offers.models import OfferTimer, OrderPayment, OrderTimer
from wholexale.common.admin import WorkAdmin, link, say_when

_OF_WORK = ("state", "run_at", "attempts", "last_error", "lease_owner", "lease_until")
_OF_THE_PAST = ("request_id", "created_at", "finished_at")


class DealWorkAdmin(DealList, WorkAdmin):
    """Work about an offer or an order."""

    list_display = ("task", "about", "state", "due", "attempts", "last_error")

    @admin.display
    def task(self, row: Any) -> str:
        """Return what is to be done."""
        return str(self.opts.verbose_name)

    @admin.display(description="due, UTC", ordering="run_at")
    def due(self, row: Any) -> str:
        """Return when, at the earliest."""
        return say_when(row.run_at)

    @admin.display
    def about(self, row: Any) -> SafeString:
        """Link to the order that waits for it."""
        return link(row.order)


@admin.register(OfferTimer)
class OfferTimerAdmin(DealWorkAdmin):
    """The ends of terms, and what is said before them."""

    list_select_related = ("offer",)
    fields = ("about", "kind", "revision", *_OF_WORK, *_OF_THE_PAST)

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """Filter by what is due as well."""
        return ("state", "kind")

    @admin.display(ordering="kind")
    def task(self, row: OfferTimer) -> str:
        """Return what is to be done, and about which terms."""
        return f"{row.get_kind_display()}, terms {row.revision}"

    @admin.display
    def about(self, row: OfferTimer) -> SafeString:
        """Link to the offer that waits for it."""
        return link(row.offer)


@admin.register(OrderTimer)
class OrderTimerAdmin(DealWorkAdmin):
    """The ends of orders that are not settled in time."""

    list_select_related = ("order",)
    fields = ("about", *_OF_WORK, *_OF_THE_PAST)


@admin.register(OrderPayment)
class OrderPaymentAdmin(DealWorkAdmin):
    """Payments in advance that orders are told of."""

    list_select_related = ("order",)
    fields = ("about", "paid", "held", *_OF_WORK, *_OF_THE_PAST)

    @admin.display(description="payment")
    def paid(self, row: OrderPayment) -> SafeString:
        """Link to the payment."""
        return link(row.payment)

    @admin.display(description="hold")
    def held(self, row: OrderPayment) -> SafeString:
        """Link to what was held."""
        return link(row.hold)
