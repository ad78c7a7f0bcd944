"""Offers as they are printed: what the rows say, in words and numbers for a page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Business, User
from finance.serializers.papers import PAYMENT_TERMS
from offers.documents import OfferSheet, PrintedLine, PrintedStep, Sum
from offers.documents.shapes import Facts
from offers.models import Offer, OfferEvent, OfferLine, OfferRevision, Side
from offers.selectors import PrintedOffer, shown_status
from offers.services import reckon_terms
from wholexale.common.documents import Party
from wholexale.common.documents.wording import MINUS, amount, day, grouped, money, plain
from wholexale.common.measures import from_micro, from_milli

Action = OfferEvent.Action
_PERCENT = Decimal("0.01")
_DELIVERY_TERMS = {
    "ex_works": "Ex works",
    "fob": "Free on board (FOB)",
    "cif": "Cost, insurance and freight (CIF)",
    "door_delivery": "Delivered to the door",
    "pickup": "Picked up by the buyer",
}
_METHODS = {"standard": "Standard", "express": "Express", "same_day": "On the same day", "pickup": "Picked up"}
_DONE = {
    Action.SENT: "Made the offer",
    Action.COUNTERED: "Made a counter-offer",
    Action.REVISED: "Renewed the offer",
    Action.ACCEPTED: "Accepted the offer",
    Action.REJECTED: "Rejected the offer",
    Action.WITHDRAWN: "Withdrew the offer",
    Action.EXPIRED: "The offer expired",
    Action.CANCELLED: "Cancelled the offer",
    Action.COMPLETED: "The order was settled",
}
_WITH_TERMS = {Action.SENT, Action.COUNTERED, Action.REVISED, Action.ACCEPTED}


def offer_sheet(found: PrintedOffer, *, now: datetime) -> OfferSheet:
    """Return what the paper of an offer says at a moment."""
    offer, terms = found.offer, found.terms
    sums, grand, remark = _totals(offer, terms, found.lines)
    return OfferSheet(
        number=offer.offer_number,
        title=offer.title,
        description=offer.description,
        notice=_notice(offer, terms),
        made_at=now,
        facts=_facts(offer, terms, now),
        seller=_party(offer.seller, offer.seller_user),
        buyer=_party(offer.buyer, offer.buyer_user),
        lines=[_line(one, terms.currency) for one in found.lines],
        sums=sums,
        grand=grand,
        remark=remark,
        terms=list(_terms(terms)),
        steps=[_step(one, found) for one in found.steps],
    )


def file_name(found: PrintedOffer, ending: str) -> str:
    """Return what the file of an offer is called; older terms are named."""
    number, revision = found.offer.offer_number, found.terms.number
    is_current = revision == found.offer.on_the_table.number
    return f"{number}.{ending}" if is_current else f"{number}-revision-{revision}.{ending}"


def _facts(offer: Offer, terms: OfferRevision, now: datetime) -> Facts:
    zone, last = ZoneInfo(terms.time_zone), offer.on_the_table.number
    return [
        ("Status", _status(offer, now)),
        ("Order", offer.order.order_number if offer.status in Offer.DEALT else ""),
        ("Revision", f"{terms.number} of {last}, by the {terms.side}"),
        ("Valid from", _moment(terms.valid_from, zone)),
        ("Valid until", _moment(terms.valid_until, zone)),
        ("Time zone", terms.time_zone),
        ("Currency", terms.currency),
        ("As of", _moment(now, zone)),
    ]


def _status(offer: Offer, now: datetime) -> str:
    """Return how the offer stands, and who is to answer."""
    shown = Offer.Status(shown_status(offer, now))
    if shown not in Offer.OPEN:
        return str(shown.label)
    return f"{shown.label}: {_business_of(offer, offer.awaiting).name} is to answer"


def _notice(offer: Offer, terms: OfferRevision) -> str:
    last = offer.on_the_table.number
    if terms.number == last:
        return ""
    return f"These terms were replaced. Revision {last} is the last of this offer."


def _party(business: Business, person: User) -> Party:
    return Party(name=business.name, tax_number="", address=(person.full_name,), country=business.country)


def _line(line: OfferLine, currency: str) -> PrintedLine:
    codes = [f"SKU {line.sku}" if line.sku else "", line.brand, f"HSN/SAC {line.tax_code}" if line.tax_code else ""]
    return PrintedLine(
        position=str(line.position),
        name=line.name,
        note=" · ".join(filter(None, codes)),
        quantity=f"{grouped(from_milli(line.quantity), currency)} {line.unit}",
        list_price=grouped(from_micro(line.original_unit_price, currency), currency),
        unit_price=grouped(from_micro(line.unit_price, currency), currency),
        discount=_discount(line),
        tax_rate=_rate(line.tax_rate) if line.tax_rate else "",
        total=amount(line.total, currency),
    )


def _discount(line: OfferLine) -> str:
    """Return how far a line is below its list price, in percent; what is above it has a minus."""
    below = line.original_unit_price - line.unit_price
    if not below or not line.original_unit_price:
        return ""
    percent = (Decimal(100 * abs(below)) / line.original_unit_price).quantize(_PERCENT)
    return f"{MINUS if below < 0 else ''}{plain(percent)}%"


def _totals(offer: Offer, terms: OfferRevision, lines: Sequence[OfferLine]) -> tuple[list[Sum], Sum, str]:
    """Return the sums, the one that the reader looks for, and a remark: taxes as an order of today would have them."""
    reckoned = reckon_terms(offer, terms, lines)
    if not reckoned.tax:
        return [], Sum(label="Total before taxes", amount=money(terms.total, terms.currency)), ""
    taxes = [
        Sum(label=f"{tax.label} {_rate(tax.rate)}, estimated", amount=amount(tax.amount, terms.currency))
        for tax in reckoned.taxes
    ]
    before = Sum(label="Total before taxes", amount=amount(terms.total, terms.currency))
    grand = Sum(label="Estimated total", amount=money(reckoned.total, terms.currency))
    return [before, *taxes], grand, "Taxes are an estimate; the invoice says what they are."


def _terms(terms: OfferRevision) -> Iterator[tuple[str, str]]:
    said: Mapping[str, Any] = terms.terms
    warranty, returns = said.get("warranty", {}), said.get("returnPolicy", {})
    days = f"{returns['days']} days" if returns.get("days") else ""
    yield "Payment", PAYMENT_TERMS[terms.payment_terms]
    yield "Delivery", _DELIVERY_TERMS[terms.delivery_terms]
    yield "Warranty", _joined(warranty.get("duration"), warranty.get("coverage"), by=": ")
    yield "Returns", _joined(days, returns.get("conditions"), by=": ")
    yield from _shipping(terms.shipping)
    for number, text in enumerate(said.get("customTerms", ()), start=1):
        yield f"Further terms, {number}", text
    yield "Attachments", _joined(*(one.get("filename") or one.get("url") for one in terms.attachments))


def _shipping(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    days = said.get("estimatedDays")
    yield "Shipped from", _place(said.get("from", {}))
    yield "Shipped to", _place(said.get("to", {}))
    yield "Shipping", _joined(_METHODS.get(said.get("method", ""), ""), "" if days is None else f"about {days} days")


def _place(place: Mapping[str, str]) -> str:
    return _joined(*(place.get(name) for name in ("address", "city", "pincode", "state", "country")))


def _step(step: OfferEvent, found: PrintedOffer) -> PrintedStep:
    """Return a step as people read it; of staff no names are given."""
    offer, zone = found.offer, ZoneInfo(found.terms.time_zone)
    what = _DONE[Action(step.action)]
    if step.action in _WITH_TERMS:
        total = money(found.totals[step.revision], found.terms.currency)
        what = f"{what}: revision {step.revision}, {total} before taxes"
    business = _business_of(offer, step.side).name if step.side else ""
    is_person = step.actor is not None and bool(step.side)
    return PrintedStep(
        at=_moment(step.created_at, zone),
        who=step.actor.full_name if step.actor and is_person else business or "The marketplace",
        business=business if is_person else "",
        what=what,
        message=step.message,
    )


def _business_of(offer: Offer, side: str) -> Business:
    return offer.buyer if side == Side.BUYER else offer.seller


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{day(local)}, {local:%H:%M %Z}"


def _rate(hundredths: int) -> str:
    return f"{plain(Decimal(hundredths).scaleb(-2))}%"


def _joined(*parts: str | None, by: str = ", ") -> str:
    return by.join(part for part in parts if part)
