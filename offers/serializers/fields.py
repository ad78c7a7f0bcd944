"""Values that several requests share."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field as wire_field

from offers.services import LineWish, TermChanges
from wholexale.common.errors import ValidationFailed
from wholexale.common.money import Amount
from wholexale.common.wire import Wire, clean_text

OfferStatus = Literal[
    "draft", "pending", "sent", "viewed", "countered", "accepted", "rejected", "expired", "withdrawn", "cancelled",
    "completed",
]  # fmt: skip
Unit = Literal["pieces", "kg", "grams", "liters", "meters", "boxes", "packs", "sets"]
PaymentTerms = Literal["advance_payment", "cod", "net_30", "net_60", "net_90", "custom"]
DeliveryTerms = Literal["ex_works", "fob", "cif", "door_delivery", "pickup"]
Short = Annotated[str, Meta(max_length=100)]
Message = Annotated[str, Meta(max_length=2000)]
Reason = Annotated[str, Meta(max_length=500)]
Moment = Annotated[
    str,
    Meta(
        max_length=40,
        description="A moment with a time zone, or a day (2026-12-01), which lasts to its end where the seller is.",
    ),
]
Address = Annotated[str, Meta(max_length=2000, pattern=r"^(https?://|/)[^/\\\s]\S*$")]

_MAX_CUSTOM_TERMS = 20


class Specification(Wire, kw_only=True):
    """One property of a product."""

    name: Short
    value: Annotated[str, Meta(max_length=300)]


class ProductBody(Wire, kw_only=True):
    """What is wanted: `productId` is an id of the seller's catalogue, or any other that the client knows it by."""

    product_id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=300)]
    category: Short = ""
    sku: Annotated[str, Meta(max_length=64)] = ""
    brand: Short = ""
    specifications: Annotated[list[Specification], Meta(max_length=50)] = []
    images: Annotated[list[Address], Meta(max_length=20)] = []

    def details(self) -> dict[str, Any]:
        """Return what is kept beside the columns."""
        specifications = [{"name": one.name, "value": one.value} for one in self.specifications]
        return {name: value for name, value in (("specifications", specifications), ("images", self.images)) if value}


class PricingBody(Wire, kw_only=True):
    """Unit prices: what is asked for, and what is offered."""

    original_price: Amount
    offer_price: Amount
    currency: Annotated[str, Meta(max_length=8)] = "INR"


class QuantityBody(Wire, kw_only=True):
    """How much is wanted."""

    requested: Amount
    unit: Unit


class LineBody(Wire, kw_only=True):
    """One line of several."""

    product: ProductBody
    pricing: PricingBody
    quantity: QuantityBody


class ValidityBody(Wire, kw_only=True):
    """Until when the terms may be accepted."""

    end_date: Moment
    start_date: Moment | None = None
    timezone: Annotated[str, Meta(max_length=40)] = ""


class WarrantyBody(Wire, kw_only=True):
    """How long the seller stands for the goods, and for what."""

    duration: Short = ""
    coverage: Annotated[str, Meta(max_length=500)] = ""


class ReturnPolicyBody(Wire, kw_only=True):
    """For how many days, and when, goods may be sent back."""

    days: Annotated[int, Meta(ge=0, le=3650)] = 0
    conditions: Annotated[str, Meta(max_length=500)] = ""


CustomTerms = Annotated[list[Annotated[str, Meta(max_length=500)]], Meta(max_length=_MAX_CUSTOM_TERMS)]


class TermsBody(Wire, kw_only=True):
    """When is paid, how is delivered, and what else is agreed."""

    payment_terms: PaymentTerms | None = None
    delivery_terms: DeliveryTerms | None = None
    warranty: WarrantyBody | UnsetType = UNSET
    return_policy: ReturnPolicyBody | UnsetType = UNSET
    custom_terms: CustomTerms | UnsetType = UNSET

    def further(self) -> dict[str, Any]:
        """Return what is kept beside the columns."""
        said: dict[str, Any] = {}
        if self.warranty is not UNSET:
            said["warranty"] = {"duration": self.warranty.duration, "coverage": self.warranty.coverage}
        if self.return_policy is not UNSET:
            said["returnPolicy"] = {"days": self.return_policy.days, "conditions": self.return_policy.conditions}
        if self.custom_terms is not UNSET:
            said["customTerms"] = self.custom_terms
        return said


class PlaceBody(Wire, kw_only=True):
    """An address that goods come from or go to."""

    address: Annotated[str, Meta(max_length=300)] = ""
    city: Short = ""
    state: Short = ""
    pincode: Annotated[str, Meta(max_length=12)] = ""
    country: Annotated[str, Meta(max_length=60)] = "India"

    def plain(self) -> dict[str, str]:
        """Return it as it is kept."""
        return {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name)}


class ShippingBody(Wire, kw_only=True):
    """How goods are sent."""

    from_: PlaceBody | UnsetType = wire_field(name="from", default=UNSET)
    to: PlaceBody | UnsetType = UNSET
    method: Literal["standard", "express", "same_day", "pickup"] | None = None
    estimated_days: Annotated[int, Meta(ge=0, le=365)] | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as it is kept."""
        said: dict[str, Any] = {}
        if self.from_ is not UNSET:
            said["from"] = self.from_.plain()
        if self.to is not UNSET:
            said["to"] = self.to.plain()
        said |= {"method": self.method} if self.method else {}
        return said | ({} if self.estimated_days is None else {"estimatedDays": self.estimated_days})


class AttachmentBody(Wire, kw_only=True):
    """A file by reference."""

    url: Address
    filename: Annotated[str, Meta(max_length=255)] = ""
    mime_type: Short = ""
    size: Annotated[int, Meta(ge=0, le=2**53)] = 0

    def plain(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"url": self.url, "filename": self.filename, "mimeType": self.mime_type, "size": self.size}


Attachments = Annotated[list[AttachmentBody], Meta(max_length=20)]


class ChangesBody(Wire, kw_only=True):
    """What a counter changes; what is not named stays. `price` and `quantity` are those of the first line.

    A list of `terms` is one of custom terms, as clients of the old backend send it.
    """

    price: Amount | None = None
    quantity: Amount | None = None
    valid_until: Moment | None = None
    description: Message | None = None
    terms: TermsBody | CustomTerms | None = None
    shipping: ShippingBody | None = None
    attachments: Attachments | None = None
    lines: Annotated[list[LineBody], Meta(max_length=50)] | None = None

    def changes(self) -> TermChanges:
        """Return what the service needs.

        Raises:
            ValidationFailed: for an end that is no moment.
        """
        terms = TermsBody(custom_terms=self.terms) if isinstance(self.terms, list) else self.terms
        return TermChanges(
            price=self.price,
            quantity=self.quantity,
            valid_until=None if self.valid_until is None else moment(self.valid_until, field="changes.validUntil"),
            lines=None if self.lines is None else [line_wish(one) for one in self.lines],
            payment_terms=terms.payment_terms if terms else None,
            delivery_terms=terms.delivery_terms if terms else None,
            terms=(terms.further() or None) if terms else None,
            shipping=None if self.shipping is None else self.shipping.plain(),
            attachments=None if self.attachments is None else [one.plain() for one in self.attachments],
            description=None if self.description is None else clean_text(self.description),
        )


def line_wish(body: LineBody) -> LineWish:
    """Return a line that is wanted."""
    return LineWish(
        product_ref=body.product.product_id,
        name=clean_text(body.product.name),
        unit=body.quantity.unit,
        quantity=body.quantity.requested,
        unit_price=body.pricing.offer_price,
        original_unit_price=body.pricing.original_price,
        category=clean_text(body.product.category),
        sku=body.product.sku,
        brand=body.product.brand,
        details=body.product.details(),
    )


def border(text: str | None, name: str) -> datetime | None:
    """Return the moment that a query names; a day begins in UTC.

    Raises:
        ValidationFailed: naming the parameter.
    """
    if text is None:
        return None
    found = moment(text.replace(" ", "+"), field=name)  # a plus sign in a query reads as a blank
    return found if isinstance(found, datetime) else datetime.combine(found, time.min, UTC)


def moment(text: str, *, field: str) -> date:
    """Return the day, or the moment with a time zone, that a text names.

    Raises:
        ValidationFailed: naming the field.
    """
    try:
        if "T" not in text and " " not in text:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValidationFailed.of_field(field, "Expected a moment with a time zone, or a day like 2026-12-01")
    return found
