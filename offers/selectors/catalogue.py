"""The catalogue: what anybody signed in may see of it, and what only its owners may."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts import selectors as accounts_selectors
from accounts.models import Membership, Permission
from offers.models import Category, PriceBand, PriceTier, Product
from offers.sql.search import holds_words
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor

ProductSort = Literal["newest", "oldest", "name"]
_ORDERS: dict[str, tuple[str, ...]] = {"newest": ("-id",), "oldest": ("id",), "name": ("name", "id")}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProducts:
    """Which products: holding which words, of which category (by slug) and seller, and in which order.

    With `is_mine` those of the actor's business, the archived ones too.
    """

    text: str = ""
    category: str | None = None
    seller: UUID | None = None
    is_mine: bool = False
    sort: ProductSort = "newest"


def products() -> "QuerySet[Product]":
    """Return every product with its seller, category and tiers, in two queries."""
    tiers = PriceTier.objects.order_by("from_quantity")
    return Product.objects.select_related("seller", "category").prefetch_related(
        Prefetch("tiers", queryset=tiers, to_attr="in_order")
    )


def listed_products(*, actor: Actor, wanted: WantedProducts) -> "QuerySet[Product]":
    """Return the products that are wanted, among those the actor may see."""
    chosen = products().filter(_own(actor) if wanted.is_mine else _for_sale())
    if words := wanted.text.split():
        chosen = chosen.filter(holds_words(words))
    if wanted.category is not None:
        chosen = chosen.filter(category__in=_shelves(wanted.category))
    if wanted.seller is not None:
        chosen = chosen.filter(seller_id=wanted.seller)
    return chosen.order_by(*_ORDERS[wanted.sort])


def access_product(*, actor: Actor, product_id: UUID) -> Product:
    """Return a product that is for sale, or any of the actor's business.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`.
    """
    if product := products().filter(_for_sale() | _own(actor), id=product_id).first():
        return product
    raise product_not_found()


def take_product(*, actor: Actor, product_id: UUID) -> Product:
    """Lock a product of the actor's business, and return it as it is under the lock.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = Membership.objects.filter(user_id=actor.id).first()
    business_id = membership.business_id if membership else None
    product = Product.objects.select_for_update(no_key=True).filter(id=product_id, seller_id=business_id).first()
    if membership is None or product is None:
        raise product_not_found()
    if not membership.may(Permission.CATALOGUE_MANAGE):
        raise accounts_selectors.insufficient_permissions(membership, Permission.CATALOGUE_MANAGE)
    return product


def priced(product_ids: Collection[UUID]) -> dict[UUID, list[PriceTier]]:
    """Return the tiers of products by product, lowest first, each with the product and its category: one query."""
    found: dict[UUID, list[PriceTier]] = {}
    tiers = PriceTier.objects.select_related("product__category").filter(product_id__in=product_ids)
    for tier in tiers.order_by("from_quantity"):
        found.setdefault(tier.product_id, []).append(tier)
    return found


def categories() -> Sequence[Category]:
    """Return all categories by name, each with its parent's id, in one query."""
    return list(Category.objects.order_by("name", "id"))


def access_category(slug: str) -> Category:
    """Return a category.

    Raises:
        NotFound: `CATEGORY_NOT_FOUND`.
    """
    if category := Category.objects.filter(slug=slug).first():
        return category
    raise NotFound("CATEGORY_NOT_FOUND", "There is no such category.")


def bands_of(*, seller_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, PriceBand]:
    """Return the rules of a seller by product, in two queries: its own, else that of its category, else the one above.

    Products without any are left out.
    """
    places = Product.objects.filter(seller_id=seller_id, id__in=product_ids).values_list(
        "id", "category_id", "category__parent_id"
    )
    subjects = {product_id: [product_id, *filter(None, shelves)] for product_id, *shelves in places}
    wanted = {subject for all_of_one in subjects.values() for subject in all_of_one}
    known = PriceBand.objects.filter(Q(product__in=wanted) | Q(category__in=wanted), seller_id=seller_id)
    bands = {band.product_id or band.category_id: band for band in known}
    chosen = {
        product_id: next((bands[one] for one in all_of_one if one in bands), None)
        for product_id, all_of_one in subjects.items()
    }
    return {product_id: band for product_id, band in chosen.items() if band is not None}


def product_band(*, actor: Actor, product_id: UUID) -> PriceBand | None:
    """Return the rule of a product of the actor's business.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = Membership.objects.filter(user_id=actor.id).first()
    if membership is None or not Product.objects.filter(id=product_id, seller_id=membership.business_id).exists():
        raise product_not_found()
    if not membership.may(Permission.CATALOGUE_MANAGE):
        raise accounts_selectors.insufficient_permissions(membership, Permission.CATALOGUE_MANAGE)
    return PriceBand.objects.filter(product_id=product_id).first()


def category_band(*, actor: Actor, slug: str) -> PriceBand | None:
    """Return the rule of the actor's business for a category.

    Raises:
        NotFound: `CATEGORY_NOT_FOUND`; `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.CATALOGUE_MANAGE)
    return PriceBand.objects.filter(seller_id=membership.business_id, category=access_category(slug)).first()


def product_not_found() -> NotFound:
    """Build the refusal of a product that is not there for the caller."""
    return NotFound("PRODUCT_NOT_FOUND", "There is no such product.")


def _own(actor: Actor) -> Q:
    return Q(seller__in=Membership.objects.filter(user_id=actor.id).values("business_id"))


def _for_sale() -> Q:
    """Return the condition that a product is active, and somebody is there to sell it."""
    return Q(status=Product.Status.ACTIVE, seller__in=accounts_selectors.directory().values("id"))


def _shelves(slug: str) -> "QuerySet[Category]":
    """Return a category and those below it."""
    return Category.objects.filter(Q(slug=slug) | Q(parent__slug=slug))
