"""The catalogue, on the wire. What a seller's rules say is in shapes of their own, which only the seller gets."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from offers.models import Category, PriceBand, PriceTier, Product
from offers.selectors import WantedProducts
from offers.serializers.fields import Address, Short, Specification, Unit
from offers.services import BandWish, ProductDetails, TierWish
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.money import Amount
from wholexale.common.wire import Resource, Wire, clean_text, wire_time

Name = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5000)]
Sku = Annotated[str, Meta(max_length=64)]
Slug = Annotated[str, Meta(max_length=120)]
TaxCode = Annotated[str, Meta(pattern=r"^([0-9]{4,8})?$", description="HSN of goods, SAC of services.")]
Percent = Annotated[Decimal, Meta(description="In percent, with at most 2 digits behind the point.")]


class ProductQuery(PageQuery, kw_only=True):
    """Which products: those for sale, or with `mine` all of the caller's business. `category` is a slug."""

    q: Short = ""
    category: Slug | None = None
    seller: UUID | None = None
    mine: bool = False
    sort: Literal["newest", "oldest", "name"] = "newest"

    def wanted(self) -> WantedProducts:
        """Return what the selector needs."""
        return WantedProducts(
            text=self.q, category=self.category, seller=self.seller, is_mine=self.mine, sort=self.sort
        )


class TierBody(Wire, kw_only=True):
    """What a unit costs from a quantity on, until the next tier begins."""

    from_quantity: Amount
    unit_price: Amount


class ProductDetailsBody(Wire, kw_only=True):
    """What is said of a product; `category` is a slug."""

    name: Name | None = None
    tiers: Annotated[list[TierBody], Meta(min_length=1, max_length=20)] | None = None
    description: Description | None = None
    sku: Sku | None = None
    category: Slug | None = None
    brand: Short | None = None
    moq: Amount | None = None
    multiple: Amount | None = None
    tax_code: TaxCode | None = None
    tax_rate: Percent | None = None
    images: Annotated[list[Address], Meta(max_length=20)] | None = None
    specifications: Annotated[list[Specification], Meta(max_length=50)] | None = None

    def details(self) -> ProductDetails:
        """Return what the service needs."""
        texts = {name: getattr(self, name) for name in ("name", "description", "sku", "category", "brand")}
        as_it_is = ("moq", "multiple", "tax_code", "tax_rate", "images")
        tiers, properties = self.tiers, self.specifications
        said: dict[str, Any] = {name: None if text is None else clean_text(text) for name, text in texts.items()}
        return ProductDetails(
            **said | {name: getattr(self, name) for name in as_it_is},
            tiers=None if tiers is None else [_tier_wish(one) for one in tiers],
            specifications=None if properties is None else [_property(one) for one in properties],
        )


class ProductChangesBody(ProductDetailsBody, kw_only=True):
    """What changes of a product; what is not named stays. `tiers` replaces all of them.

    With `version`, a change to an older one is refused.
    """

    status: Literal["active", "archived"] | None = None
    version: Annotated[int, Meta(ge=1)] | None = None

    def details(self) -> ProductDetails:
        """Return what the service needs."""
        return replace(ProductDetailsBody.details(self), status=self.status)


class NewProductBody(ProductDetailsBody, kw_only=True):
    """A product. Its unit and currency stay as they are; the first tier begins at its smallest quantity, or below.

    Without `multiple` any quantity of the unit is sold, without `moq` from one multiple on.
    """

    name: Name
    unit: Unit
    currency: Annotated[str, Meta(max_length=8)] = "INR"
    tiers: Annotated[list[TierBody], Meta(min_length=1, max_length=20)]


class BandBody(Wire, kw_only=True):
    """How new offers are answered: accepted at `acceptAt` and above, rejected below `declineBelow`.

    In percent of the price of the tier, or in prices per unit.
    """

    kind: Literal["percent", "price"] = "percent"
    accept_at: Amount | None = None
    decline_below: Amount | None = None

    def wish(self) -> BandWish:
        """Return what the service needs."""
        return BandWish(kind=self.kind, accept_at=self.accept_at, decline_below=self.decline_below)


class CategoryRef(Resource, kw_only=True):
    """A category, by the slug that names it in queries."""

    name: str
    slug: str


class CategoryInfo(CategoryRef, kw_only=True):
    """A category with those below it, by name."""

    children: list[CategoryRef] = []


class SellerRef(Resource, kw_only=True):
    """The business that sells; offers are made to its `id`."""

    business_name: str
    is_verified: bool


class TierInfo(Wire, kw_only=True):
    """What a unit costs from a quantity on, until the next tier begins."""

    from_quantity: Amount
    unit_price: Amount


class ProductShape(Resource, kw_only=True):
    """A product as everybody sees it. Orders have `moq` or more, in multiples of `multiple`; tiers, lowest first."""

    name: str
    description: str
    sku: str | UnsetType = UNSET
    brand: str | UnsetType = UNSET
    category: CategoryRef | None
    seller: SellerRef
    unit: str
    currency: str
    moq: Amount
    multiple: Amount
    tiers: list[TierInfo]
    tax_code: str | UnsetType = UNSET
    tax_rate: Percent
    images: list[str]
    specifications: list[dict[str, str]]
    status: str
    version: int
    created_at: str
    updated_at: str


class BandInfo(Wire, kw_only=True):
    """How new offers are answered; null where that border is not drawn."""

    kind: str
    accept_at: Amount | None
    decline_below: Amount | None
    version: str
    updated_at: str


class ProductPage(Wire, kw_only=True):
    """A page of products."""

    products: list[ProductShape]
    pagination: Pagination


class ProductFound(Wire, kw_only=True):
    """One product."""

    product: ProductShape


class ProductAnswer(Wire, kw_only=True):
    """A product as it is now."""

    message: str
    product: ProductShape


class Categories(Wire, kw_only=True):
    """The upper categories, by name."""

    categories: list[CategoryInfo]


class BandFound(Wire, kw_only=True):
    """The rule that there is; null where people answer."""

    band: BandInfo | None


class BandAnswer(Wire, kw_only=True):
    """The rule as it is now; null where people answer."""

    message: str
    band: BandInfo | None


def product_list(rows: Iterable[Product]) -> list[ProductShape]:
    """Return a page of products."""
    return [product(row) for row in rows]


def product(row: Product) -> ProductShape:
    """Return a product from `products()`."""
    tiers: Sequence[PriceTier] = getattr(row, "in_order", ())
    return ProductShape(
        id=str(row.id),
        name=row.name,
        description=row.description,
        sku=row.sku or UNSET,
        brand=row.brand or UNSET,
        category=_category_ref(row.category) if row.category else None,
        seller=SellerRef(id=str(row.seller_id), business_name=row.seller.name, is_verified=row.seller.is_verified),
        unit=row.unit,
        currency=row.currency,
        moq=from_milli(row.moq),
        multiple=from_milli(row.multiple),
        tiers=[
            TierInfo(from_quantity=from_milli(tier.from_quantity), unit_price=from_micro(tier.unit_price, row.currency))
            for tier in tiers
        ],
        tax_code=row.tax_code or UNSET,
        tax_rate=Decimal(row.tax_rate).scaleb(-2),
        images=row.images,
        specifications=row.specifications,
        status=row.status,
        version=row.version,
        created_at=wire_time(row.created_at),
        updated_at=wire_time(row.updated_at),
    )


def category_tree(rows: Sequence[Category]) -> Categories:
    """Return all categories, those of the lower level below theirs."""
    upper = {
        row.id: CategoryInfo(id=str(row.id), name=row.name, slug=row.slug, children=[])
        for row in rows
        if row.parent_id is None
    }
    for row in rows:
        if row.parent_id is not None:
            upper[row.parent_id].children.append(_category_ref(row))
    return Categories(categories=list(upper.values()))


def band(row: PriceBand | None) -> BandInfo | None:
    """Return a rule; its prices are in the currency of the product."""
    if row is None:
        return None
    return BandInfo(
        kind=row.kind,
        accept_at=_border(row, row.accept_at),
        decline_below=_border(row, row.decline_below),
        version=row.version,
        updated_at=wire_time(row.updated_at),
    )


def version_of_band(answer: BandFound | BandAnswer) -> str | None:
    """Return the version of a rule that is answered; None where there is none."""
    return answer.band.version if answer.band else None


def _border(row: PriceBand, value: int | None) -> Decimal | None:
    """Return a border without needless digits."""
    if value is None:
        return None
    digits = 6 if row.kind == PriceBand.Kind.PRICE else 2
    shown = Decimal(value).scaleb(-digits)
    return shown.to_integral_value() if shown == shown.to_integral_value() else shown.normalize()


def _category_ref(row: Category) -> CategoryRef:
    return CategoryRef(id=str(row.id), name=row.name, slug=row.slug)


def _tier_wish(body: TierBody) -> TierWish:
    return TierWish(from_quantity=body.from_quantity, unit_price=body.unit_price)


def _property(body: Specification) -> dict[str, str]:
    return {"name": body.name, "value": body.value}
