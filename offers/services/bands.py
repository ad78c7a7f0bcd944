"""How a seller's offers are answered without looking: the rules, and the answer when an offer is sent.

Only the seller may know the borders: no shape of an offer, no refusal and no text names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from offers.models import Category, PriceBand, Product
from offers.selectors import access_category, bands_of, take_product
from offers.services.catalogue import hundredths
from offers.services.products import product_id_of
from offers.services.terms import LineWish
from wholexale.common.clock import database_now
from wholexale.common.errors import PreconditionFailed, ValidationFailed
from wholexale.common.measures import to_micro
from wholexale.common.versions import Seen, is_stale

MAX_PERCENT = 1000
_WHOLE = 10_000
"""A whole price, in hundredths of a percent."""


class Verdict(Enum):
    """What the seller's rules say to an offer."""

    ACCEPT = auto()
    DECLINE = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class BandWish:
    """From where on offers are accepted, and below where rejected: percent of the tier's price, or prices per unit."""

    kind: str = PriceBand.Kind.PERCENT
    accept_at: Decimal | None = None
    decline_below: Decimal | None = None


@transaction.atomic
def set_product_band(*, actor: User, product_id: UUID, wish: BandWish, seen: Seen = None) -> PriceBand:
    """Have new offers for a product answered by its price, in place of the rule that was there.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: naming the field.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    return _set(actor, take_product(actor=actor, product_id=product_id), wish, seen)


@transaction.atomic
def set_category_band(*, actor: User, slug: str, wish: BandWish, seen: Seen = None) -> PriceBand:
    """Have new offers for the products of the actor's business in a category answered by their price.

    A rule of the product itself, or of the category below, goes before.

    Raises:
        NotFound: `CATEGORY_NOT_FOUND`; `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: naming the field.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    if wish.kind != PriceBand.Kind.PERCENT:
        raise ValidationFailed.of_field("kind", "Products of a category have no price in common: percent")
    return _set(actor, access_category(slug), wish, seen)


@transaction.atomic
def clear_product_band(*, actor: User, product_id: UUID, seen: Seen = None) -> None:
    """Have people answer offers for a product again; harmless where they do.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    product = take_product(actor=actor, product_id=product_id)
    _clear(product.seller_id, product, seen)


@transaction.atomic
def clear_category_band(*, actor: User, slug: str, seen: Seen = None) -> None:
    """Have people answer offers for products of a category again; harmless where they do.

    Raises:
        NotFound: `CATEGORY_NOT_FOUND`; `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.CATALOGUE_MANAGE)
    _clear(membership.business_id, access_category(slug), seen)


def judge(lines: Sequence[LineWish], *, seller_id: UUID) -> Verdict:
    """Return what the seller's rules say to the lines of a new offer, whose original prices are those of today's tiers.

    One line below its border is enough to decline; to accept, every line has a rule, and is at its border or above.
    """
    ids = [product_id_of(line.product_ref) for line in lines]
    wanted = {one for one in ids if one is not None}
    bands = bands_of(seller_id=seller_id, product_ids=wanted) if wanted else {}
    ruled = [(line, bands[one]) for line, one in zip(lines, ids, strict=True) if one is not None and one in bands]
    if any(_reaches(line, band.kind, band.decline_below) is False for line, band in ruled):
        return Verdict.DECLINE
    may_accept = len(ruled) == len(lines) and all(_reaches(line, band.kind, band.accept_at) for line, band in ruled)
    return Verdict.ACCEPT if may_accept else Verdict.LEAVE


def _reaches(line: LineWish, kind: str, border: int | None) -> bool | None:
    """Return whether a line's price is at a border or above; None where there is no border."""
    if border is None:
        return None
    if kind == PriceBand.Kind.PRICE:
        return line.unit_price.scaleb(6) >= border
    return line.unit_price * _WHOLE >= border * line.original_unit_price


def _clear(seller_id: UUID, subject: Product | Category, seen: Seen) -> None:
    band = _locked(seller_id, subject)
    if band is not None:
        _check_unchanged(band, seen)
        band.delete()


def _set(actor: User, subject: Product | Category, wish: BandWish, seen: Seen) -> PriceBand:
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.CATALOGUE_MANAGE)
    _check_unchanged(_locked(membership.business_id, subject), seen)
    accept_at = _border(wish.kind, wish.accept_at, field="acceptAt")
    decline_below = _border(wish.kind, wish.decline_below, field="declineBelow")
    if accept_at is None and decline_below is None:
        raise ValidationFailed.of_field("acceptAt", "At least one of acceptAt and declineBelow")
    if accept_at is not None and decline_below is not None and decline_below >= accept_at:
        raise ValidationFailed.of_field("declineBelow", "Less than acceptAt")
    band, _is_new = PriceBand.objects.update_or_create(
        seller_id=membership.business_id,
        **_about(subject),
        defaults={
            "kind": wish.kind,
            "accept_at": accept_at,
            "decline_below": decline_below,
            "author": actor,
            "updated_at": database_now(),
        },
    )
    return band


def _locked(seller_id: UUID, subject: Product | Category) -> PriceBand | None:
    """Lock the rule of a seller about something, and return it as it is under the lock; None where there is none."""
    return PriceBand.objects.select_for_update().filter(seller_id=seller_id, **_about(subject)).first()


def _about(subject: Product | Category) -> dict[str, Any]:
    return {"product": subject} if isinstance(subject, Product) else {"category": subject}


def _check_unchanged(band: PriceBand | None, seen: Seen) -> None:
    version = None if band is None else band.version
    if is_stale(seen, version):
        raise PreconditionFailed(band={"version": version})


def _border(kind: str, value: Decimal | None, *, field: str) -> int | None:
    if value is None:
        return None
    is_price = kind == PriceBand.Kind.PRICE
    border = to_micro(value, field=field) if is_price else hundredths(value, most=MAX_PERCENT, field=field)
    if not border:
        raise ValidationFailed.of_field(field, "More than 0")
    return border
