"""How deals look to staff: who deals with whom, for how much apiece, and who has done what."""

from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import User
from offers.models import Goods
from wholexale.common.admin import FindingList, LongList, ReadOnlyAdmin, RowsInline, show_two
from wholexale.common.measures import from_micro, from_milli


def say_price(goods: Goods, currency: str) -> str:
    """Return how much of something costs how much apiece."""
    return f"{from_milli(goods.quantity):,f} {goods.unit} at {from_micro(goods.unit_price, currency):,f}"


def say_who(person: User | None, side: str) -> str:
    """Return who has done something, and for which side; what a side's own rules have done is automatic."""
    if person is None:
        return f"automatic, {side}" if side else "the system"
    return f"{person.full_name}, {side or 'staff'}"


def say_step(old: str, new: str) -> str:
    """Return how something stood before and after, once where it is the same."""
    return " → ".join(dict.fromkeys(word.replace("_", " ") for word in (old, new) if word))


def show_sides(deal: Any) -> SafeString:
    """Return who buys, and below it who sells."""
    return show_two(deal.buyer, f"from {deal.seller}")


class DealList(LongList):
    """A list of deals, or of work about them."""

    class Media:
        """What only pages of deals have."""

        css = {"all": ["offers/admin.css"]}


class DealAdmin(FindingList, DealList, ReadOnlyAdmin):
    """Rows of deals, the newest first."""

    ordering = ("-id",)


class DealInline(RowsInline):
    """Rows that belong to a deal, read by whoever may see the deal: they are what it says."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them with the deal."""
        meta = self.parent_model._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
