"""What the catalogue says about the lines of an offer: where the product is known, its words, rules and prices hold."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from offers import selectors
from offers.models import PriceTier, Product
from offers.services.terms import LineWish, TermsWish, line_path
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.measures import from_milli, to_milli


def known_terms(wish: TermsWish, *, seller_id: UUID) -> TermsWish:
    """Return terms whose lines say of products of the catalogue what the catalogue says; others stay as they are.

    One query for all lines, and none where no line names an id of ours.

    Raises:
        ValidationFailed: naming the field of the line; `INVALID_PRODUCT`, `BELOW_MOQ`, `BAD_MULTIPLE`.
    """
    ids = [product_id_of(line.product_ref) for line in wish.lines]
    wanted = {one for one in ids if one is not None}
    known = selectors.priced(wanted) if wanted else {}
    lines = [
        _known_line(line, known[one], wish.currency, seller_id, path=line_path(place, len(ids)))
        if one is not None and one in known
        else line
        for place, (line, one) in enumerate(zip(wish.lines, ids, strict=True))
    ]
    return replace(wish, lines=lines)


def product_id_of(reference: str) -> UUID | None:
    """Return the id that a reference to a product may be, however it is spelled; None where it is the client's own."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def _known_line(line: LineWish, tiers: Sequence[PriceTier], currency: str, seller_id: UUID, *, path: str) -> LineWish:
    product = tiers[0].product
    _check_product(product, line, currency, seller_id, path=path)
    quantity = _checked_quantity(product, line, path=path)
    price = [tier.unit_price for tier in tiers if tier.from_quantity <= quantity][-1]
    details = {"specifications": product.specifications, "images": product.images}
    return replace(
        line,
        product_ref=str(product.id),
        name=product.name,
        category=product.category.name if product.category else "",
        sku=product.sku,
        brand=product.brand,
        details={name: value for name, value in details.items() if value},
        tax_code=product.tax_code,
        tax_rate=Decimal(product.tax_rate).scaleb(-2),
        original_unit_price=Decimal(price).scaleb(-6),
    )


def _check_product(product: Product, line: LineWish, currency: str, seller_id: UUID, *, path: str) -> None:
    """Refuse what the seller does not sell, or not in this unit or currency."""
    if product.seller_id != seller_id or product.status != Product.Status.ACTIVE:
        text = "The seller does not sell this product."
        raise _refusal("INVALID_PRODUCT", text, f"{path}product.productId", "A product that the seller sells")
    if line.unit != product.unit:
        raise ValidationFailed.of_field(f"{path}quantity.unit", f"{product.unit}, as the product is sold")
    if currency != product.currency:
        raise ValidationFailed.of_field("pricing.currency", f"{product.currency}, as the product is sold")


def _checked_quantity(product: Product, line: LineWish, *, path: str) -> int:
    """Return the quantity of a line in thousandths.

    Raises:
        ValidationFailed: naming the field; `BELOW_MOQ`, `BAD_MULTIPLE`.
    """
    field = f"{path}quantity.requested"
    quantity = to_milli(line.quantity, line.unit, field=field)
    if quantity < product.moq:
        msg = f"At least {from_milli(product.moq):f}"
        raise _refusal("BELOW_MOQ", "This is less than the product's smallest quantity.", field, msg)
    if quantity % product.multiple:
        msg = f"A multiple of {from_milli(product.multiple):f}"
        raise _refusal("BAD_MULTIPLE", "The product is sold in other steps.", field, msg)
    return quantity


def _refusal(code: str, text: str, field: str, msg: str) -> ValidationFailed:
    return ValidationFailed(code, text, details=[FieldError(path=field, msg=msg)])
