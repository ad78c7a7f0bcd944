"""Writing the catalogue: products with their tiers, categories, and how offers are answered without looking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import selectors as accounts_selectors
from accounts.models import Permission, User
from offers.models import Category, PriceTier, Product
from offers.selectors import products, take_product
from wholexale.common.clock import database_now
from wholexale.common.errors import Conflict, PreconditionFailed, ValidationFailed
from wholexale.common.measures import UNITS, WHOLE_UNITS, from_milli, to_micro, to_milli
from wholexale.common.money import check_currency
from wholexale.common.versions import Seen, is_stale

MAX_TIERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TierWish:
    """What a unit is to cost from a quantity on, in whole units."""

    from_quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetails:
    """What is said of a product; None leaves it as it is. `category` is a slug, `tax_rate` in percent.

    `tiers` replaces all of them. A new product without a `multiple` is sold in any quantity that there is of its unit,
    one without a `moq` from one multiple on.
    """

    name: str | None = None
    tiers: Sequence[TierWish] | None = None
    description: str | None = None
    sku: str | None = None
    category: str | None = None
    brand: str | None = None
    moq: Decimal | None = None
    multiple: Decimal | None = None
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    images: Sequence[str] | None = None
    specifications: Sequence[Mapping[str, str]] | None = None
    status: str | None = None


@transaction.atomic
def add_product(*, actor: User, unit: str, currency: str, details: ProductDetails) -> Product:
    """Put a product of the actor's business up for sale.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: naming the field; `CURRENCY_NOT_SUPPORTED`.
        Conflict: `SKU_TAKEN`.
    """
    membership = accounts_selectors.access_membership(actor=actor, permission=Permission.CATALOGUE_MANAGE)
    check_currency(currency)
    if unit not in UNITS:
        raise ValidationFailed.of_field("unit", f"One of {', '.join(UNITS)}")
    smallest = 1000 if unit in WHOLE_UNITS else 1
    product = Product(seller=membership.business, unit=unit, currency=currency, moq=0, multiple=smallest)
    return _write(product, replace(details, tiers=details.tiers or ()))


@transaction.atomic
def change_product(
    *, actor: User, product_id: UUID, details: ProductDetails, version: int | None = None, seen: Seen = None
) -> Product:
    """Change a product of the actor's business; offers and orders keep what they say.

    Args:
        actor: a member of the seller.
        product_id: the product.
        details: what changes.
        version: the one that the actor has seen; None is whatever there is.
        seen: several that the actor has seen one of; None is whatever there is.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has none of those.
        ValidationFailed: naming the field.
        Conflict: `SKU_TAKEN`; `PRODUCT_CHANGED`, where it has another version than the actor has seen.
    """
    product = take_product(actor=actor, product_id=product_id)
    _check_unchanged(product, seen)
    if version not in {None, product.version}:
        raise Conflict("PRODUCT_CHANGED", "The product was changed in the meantime.", version=product.version)
    product.version += 1
    return _write(product, details)


@transaction.atomic
def archive_product(*, actor: User, product_id: UUID, seen: Seen = None) -> Product:
    """Take a product out of the catalogue; nothing happens where it is out.

    Raises:
        NotFound: `PRODUCT_NOT_FOUND`, also for that of others.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        PreconditionFailed: `PRECONDITION_FAILED`, where it has another version than the actor has seen.
    """
    product = take_product(actor=actor, product_id=product_id)
    if product.status != Product.Status.ARCHIVED:
        _check_unchanged(product, seen)
        product.status = Product.Status.ARCHIVED
        product.version += 1
        product.updated_at = database_now()
        product.save()
    return products().get(id=product.id)


@transaction.atomic
def add_category(*, name: str, parent: Category | None = None) -> Category:
    """Put up a shelf, on the marketplace's behalf.

    Raises:
        ValidationFailed: for a third level, and for a name that is taken, or none.
    """
    return Category.objects.create(name=name, slug=free_slug(name=name, parent=parent), parent=parent)


@transaction.atomic
def rename_category(*, category_id: UUID, name: str) -> Category:
    """Call a shelf differently, on the marketplace's behalf; its slug stays, for clients hold it.

    Raises:
        Category.DoesNotExist: where there is none.
        ValidationFailed: for a name that is taken, or none.
    """
    category = Category.objects.select_for_update(no_key=True).get(id=category_id)
    free_slug(name=name, parent=category.parent, of=category)
    category.name = name
    category.save(update_fields=["name"])
    return category


def free_slug(*, name: str, parent: Category | None, of: Category | None = None) -> str:
    """Return the slug of a category by its name and shelf; `of` is the one that may have it already.

    Raises:
        ValidationFailed: for a third level, and for a name that is taken, or none.
    """
    if parent is not None and parent.parent_id is not None:
        raise ValidationFailed.of_field("parent", "Categories have two levels")
    slug = slugify(f"{parent.name} {name}" if parent else name)[:120]
    others = Category.objects.exclude(id=of.id) if of else Category.objects.all()
    if not slug or others.filter(slug=slug).exists():
        raise ValidationFailed.of_field("name", "A name that no other category has or had")
    return slug


def hundredths(percent: Decimal, *, most: int, field: str) -> int:
    """Return a percentage in hundredths of a percent, exactly.

    Raises:
        ValidationFailed: naming the field, for what is below zero, too precise or more than `most`.
    """
    micro = to_micro(percent, field=field)
    if micro > most * 10**6:
        raise ValidationFailed.of_field(field, f"At most {most}")
    whole, rest = divmod(micro, 10**4)
    if rest:
        raise ValidationFailed.of_field(field, "At most 2 digits behind the point")
    return whole


def _check_unchanged(product: Product, seen: Seen) -> None:
    if is_stale(seen, product.version):
        raise PreconditionFailed(product={"id": str(product.id), "version": product.version})


def _write(product: Product, details: ProductDetails) -> Product:
    """Save a product with what is said of it, judged as a whole."""
    for name in ("name", "description", "sku", "brand", "tax_code", "status"):
        if (value := getattr(details, name)) is not None:
            setattr(product, name, value)
    if not product.name:
        raise ValidationFailed.of_field("name", "Required")
    if details.category is not None:
        product.category = _category(details.category)
    if details.tax_rate is not None:
        product.tax_rate = hundredths(details.tax_rate, most=100, field="taxRate")
    if details.images is not None:
        product.images = list(details.images)
    if details.specifications is not None:
        product.specifications = [dict(one) for one in details.specifications]
    _set_quantities(product, details)
    tiers = None if details.tiers is None else _tiers(product, details.tiers)
    _check_first(product, tiers)
    product.updated_at = database_now()
    _save(product)
    if tiers is not None:
        product.tiers.all().delete()
        PriceTier.objects.bulk_create(tiers)
    return products().get(id=product.id)


def _set_quantities(product: Product, details: ProductDetails) -> None:
    if details.multiple is not None:
        product.multiple = to_milli(details.multiple, product.unit, field="multiple")
    if details.moq is not None:
        product.moq = to_milli(details.moq, product.unit, field="moq")
    product.moq = product.moq or product.multiple
    if product.moq % product.multiple:
        raise ValidationFailed.of_field("moq", f"A multiple of {from_milli(product.multiple):f}")


def _save(product: Product) -> None:
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as error:
        if "sku" not in str(error):
            raise
        raise Conflict("SKU_TAKEN", "Another product of yours has this SKU.") from None


def _category(slug: str) -> Category | None:
    if not slug:
        return None
    if category := Category.objects.filter(slug=slug).first():
        return category
    raise ValidationFailed.of_field("category", "The slug of a category")


def _tiers(product: Product, wishes: Sequence[TierWish]) -> list[PriceTier]:
    if not 1 <= len(wishes) <= MAX_TIERS:
        raise ValidationFailed.of_field("tiers", f"1 to {MAX_TIERS} tiers")
    tiers: dict[int, PriceTier] = {}
    for place, wish in enumerate(wishes):
        start = to_milli(wish.from_quantity, product.unit, field=f"tiers[{place}].fromQuantity")
        price = to_micro(wish.unit_price, field=f"tiers[{place}].unitPrice")
        if not price:
            raise ValidationFailed.of_field(f"tiers[{place}].unitPrice", "More than 0")
        if start in tiers:
            raise ValidationFailed.of_field(f"tiers[{place}].fromQuantity", "Each quantity once")
        tiers[start] = PriceTier(product=product, from_quantity=start, unit_price=price)
    return list(tiers.values())


def _check_first(product: Product, tiers: Sequence[PriceTier] | None) -> None:
    """Refuse a smallest quantity that has no price."""
    rows = product.tiers.all() if tiers is None else tiers
    if min(tier.from_quantity for tier in rows) > product.moq:
        field = "moq" if tiers is None else "tiers"
        raise ValidationFailed.of_field(field, "The first tier begins at the smallest quantity, or below it")
