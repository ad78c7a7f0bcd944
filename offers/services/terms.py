"""What is put on the table: judged by itself, and written as the next revision of an offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from accounts.models import User
from offers.models import Offer, OfferLine, OfferRevision, Side
from wholexale.common.errors import ValidationFailed
from wholexale.common.measures import UNITS, from_milli, to_micro, to_milli
from wholexale.common.money import MAX_AMOUNT, check_currency, line_total
from wholexale.common.prepared import write
from wholexale.common.wire import wire_time

PREPAID = "advance_payment"
LONGEST = timedelta(days=365)
_LAST = time(23, 59, 59, 999_000)
MAX_LINES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWish:
    """One line that is wanted: prices in whole units of the currency, `tax_rate` in percent."""

    product_ref: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    original_unit_price: Decimal
    category: str = ""
    sku: str = ""
    brand: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    tax_code: str = ""
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsWish:
    """The terms that are wanted, whole.

    They hold from now on where `valid_from` is None. A day as an end lasts to its end in the time zone; "" is the
    seller's.
    """

    currency: str
    lines: Sequence[LineWish]
    payment_terms: str
    delivery_terms: str
    valid_from: date | None
    valid_until: date
    time_zone: str
    terms: Mapping[str, Any] = field(default_factory=dict)
    shipping: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChanges:
    """What a counter changes of the terms on the table; None leaves it. A price or quantity alone is the first line's.

    `lines` replaces all of them.
    """

    price: Decimal | None = None
    quantity: Decimal | None = None
    valid_until: date | None = None
    lines: Sequence[LineWish] | None = None
    payment_terms: str | None = None
    delivery_terms: str | None = None
    terms: Mapping[str, Any] | None = None
    shipping: Mapping[str, Any] | None = None
    attachments: Sequence[Mapping[str, Any]] | None = None
    description: str | None = None


def write_revision(offer: Offer, wish: TermsWish, *, side: Side, author: User, message: str, now: datetime) -> None:
    """Write the next revision of a locked offer with its lines, and make it what is on the table.

    Raises:
        ValidationFailed: naming the field; `VALIDITY_IN_PAST`, `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_LARGE`.
    """
    revision, lines = drawn_up(wish, now=now)
    revision.offer, revision.number = offer, offer.current.number + 1 if offer.current else 1
    revision.side, revision.author, revision.message = side, author, message
    for line in lines:
        line.revision = revision
    write(new=[revision, *lines])
    revision.in_order = lines
    offer.current = revision
    offer.currency = wish.currency
    offer.expires_at = revision.valid_until


def drawn_up(wish: TermsWish, *, now: datetime) -> tuple[OfferRevision, list[OfferLine]]:
    """Judge terms by themselves, and return what would be written of them: a revision of no offer yet, and its lines.

    Raises:
        ValidationFailed: what `write_revision` raises.
    """
    check_currency(wish.currency, field="pricing.currency")
    _check_validity(wish, now)
    lines = _lines(wish)
    total = sum(line.total for line in lines)
    if not 1 <= total <= MAX_AMOUNT:
        raise ValidationFailed.of_field("pricing.offerPrice", "More than nothing in all, and not beyond all reason")
    revision = OfferRevision(
        currency=wish.currency,
        total=total,
        payment_terms=wish.payment_terms,
        delivery_terms=wish.delivery_terms,
        terms=dict(wish.terms),
        shipping=dict(wish.shipping),
        attachments=[dict(one) for one in wish.attachments],
        valid_from=wish.valid_from or now,
        valid_until=_end(wish),
        time_zone=wish.time_zone,
        terms_hash=fingerprint(wish),
    )
    return revision, lines


def timed(wish: TermsWish, *, time_zone: str, now: datetime) -> TermsWish:
    """Return terms with moments for days, in their time zone, or in this one.

    Raises:
        ValidationFailed: for a time zone that is none.
    """
    zone = zone_of(wish.time_zone or time_zone)
    start = now if wish.valid_from is None else moment_of(wish.valid_from, zone, time.min)
    end = moment_of(wish.valid_until, zone, _LAST)
    return replace(wish, valid_from=start, valid_until=end, time_zone=zone.key)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        ValidationFailed: where it is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationFailed.of_field("validity.timezone", "Expected a name like Asia/Kolkata") from None


def moment_of(value: date, zone: ZoneInfo, at: time) -> datetime:
    """Return a moment, or the time of a day in a time zone."""
    return value if isinstance(value, datetime) else datetime.combine(value, at, zone)


def wish_of(revision: OfferRevision) -> TermsWish:
    """Return the terms of a revision, as they could be wished again."""
    return TermsWish(
        currency=revision.currency,
        lines=[line_wish(line) for line in revision.lines.order_by("position")],
        payment_terms=revision.payment_terms,
        delivery_terms=revision.delivery_terms,
        valid_from=revision.valid_from,
        valid_until=revision.valid_until,
        time_zone=revision.time_zone,
        terms=revision.terms,
        shipping=revision.shipping,
        attachments=revision.attachments,
    )


def line_wish(line: OfferLine) -> LineWish:
    """Return a line, as it could be wished again."""
    return LineWish(
        product_ref=line.product_ref,
        name=line.name,
        unit=line.unit,
        quantity=from_milli(line.quantity),
        unit_price=Decimal(line.unit_price).scaleb(-6),
        original_unit_price=Decimal(line.original_unit_price).scaleb(-6),
        category=line.category,
        sku=line.sku,
        brand=line.brand,
        details=line.details,
        tax_code=line.tax_code,
        tax_rate=Decimal(line.tax_rate).scaleb(-2),
    )


def changed_wish(old: TermsWish, changes: TermChanges, *, now: datetime) -> TermsWish:
    """Return terms with some of them changed; they hold from now on."""
    lines = list(old.lines if changes.lines is None else changes.lines)
    if lines and (changes.price is not None or changes.quantity is not None):
        lines[0] = replace(
            lines[0],
            unit_price=lines[0].unit_price if changes.price is None else changes.price,
            quantity=lines[0].quantity if changes.quantity is None else changes.quantity,
        )
    return replace(
        old,
        lines=lines,
        valid_from=now,
        valid_until=(
            old.valid_until
            if changes.valid_until is None
            else moment_of(changes.valid_until, zone_of(old.time_zone), _LAST)
        ),
        payment_terms=changes.payment_terms or old.payment_terms,
        delivery_terms=changes.delivery_terms or old.delivery_terms,
        terms=old.terms if changes.terms is None else {**old.terms, **changes.terms},
        shipping=old.shipping if changes.shipping is None else changes.shipping,
        attachments=old.attachments if changes.attachments is None else changes.attachments,
    )


def line_path(place: int, count: int) -> str:
    """Return what the names of a line's fields begin with, by its place from 0; those of a single line with nothing."""
    return "" if count == 1 else f"lines[{place}]."


def said_changes(changes: TermChanges) -> dict[str, Any]:
    """Return what a counter changes, as the event keeps it: numbers as text, because JSON has binary ones only."""
    said = {
        "price": None if changes.price is None else f"{changes.price:f}",
        "quantity": None if changes.quantity is None else f"{changes.quantity:f}",
        "validUntil": _said_end(changes.valid_until),
        "lines": None if changes.lines is None else len(changes.lines),
        "paymentTerms": changes.payment_terms,
        "deliveryTerms": changes.delivery_terms,
        "terms": None if changes.terms is None else dict(changes.terms),
        "shipping": None if changes.shipping is None else dict(changes.shipping),
        "attachments": None if changes.attachments is None else len(changes.attachments),
        "description": changes.description,
    }
    return {name: value for name, value in said.items() if value is not None}


def _said_end(value: date | None) -> str | None:
    if value is None:
        return None
    return wire_time(value) if isinstance(value, datetime) else value.isoformat()


def fingerprint(wish: TermsWish) -> str:
    """Return the digest of what terms say: two are the same offer where it is the same."""
    said = [
        wish.currency,
        [
            [one.product_ref, one.unit, str(one.quantity.normalize()), str(one.unit_price.normalize())]
            for one in wish.lines
        ],
        wish.payment_terms,
        wish.delivery_terms,
        _end(wish).astimezone(UTC).isoformat(),
        dict(wish.terms),
        dict(wish.shipping),
        [dict(one) for one in wish.attachments],
    ]
    return sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _end(wish: TermsWish) -> datetime:
    assert isinstance(wish.valid_until, datetime)  # noqa: S101 - `timed` has made it one
    return wish.valid_until


def _check_validity(wish: TermsWish, now: datetime) -> None:
    end = _end(wish)
    if end <= now:
        raise ValidationFailed(
            "VALIDITY_IN_PAST",
            "An offer ends in the future.",
            details=ValidationFailed.of_field("validity.endDate", "In the future").details,
        )
    if end - now > LONGEST:
        raise ValidationFailed.of_field("validity.endDate", f"At most {LONGEST.days} days from now")
    if isinstance(wish.valid_from, datetime) and wish.valid_from >= end:
        raise ValidationFailed.of_field("validity.startDate", "Before the end")


def _lines(wish: TermsWish) -> list[OfferLine]:
    if not 1 <= len(wish.lines) <= MAX_LINES:
        raise ValidationFailed.of_field("lines", f"1 to {MAX_LINES} lines")
    return [
        _offer_line(one, place + 1, wish.currency, path=line_path(place, len(wish.lines)))
        for place, one in enumerate(wish.lines)
    ]


def _offer_line(wish: LineWish, position: int, currency: str, *, path: str) -> OfferLine:
    if wish.unit not in UNITS:
        raise ValidationFailed.of_field(f"{path}quantity.unit", f"One of {', '.join(UNITS)}")
    quantity = to_milli(wish.quantity, wish.unit, field=f"{path}quantity.requested")
    return OfferLine(
        position=position,
        product_ref=wish.product_ref,
        name=wish.name,
        category=wish.category,
        sku=wish.sku,
        brand=wish.brand,
        details=dict(wish.details),
        tax_code=wish.tax_code,
        tax_rate=int(wish.tax_rate.scaleb(2)),
        unit=wish.unit,
        quantity=quantity,
        unit_price=to_micro(wish.unit_price, field=f"{path}pricing.offerPrice"),
        original_unit_price=to_micro(wish.original_unit_price, field=f"{path}pricing.originalPrice"),
        total=line_total(wish.unit_price, wish.quantity, currency, field=f"{path}pricing.offerPrice"),
    )
