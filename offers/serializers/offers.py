"""Offers, on the wire: what clients send, and the answers around `OfferShape`."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field as wire_field

from accounts.models import User
from accounts.selectors import UserRef, membership_of, user_ref
from offers import selectors
from offers.events import OfferShape
from offers.models import Offer, OfferEvent
from offers.selectors import WantedOffers
from offers.serializers.fields import (
    Attachments,
    ChangesBody,
    LineBody,
    Message,
    Moment,
    OfferStatus,
    PricingBody,
    ProductBody,
    QuantityBody,
    Reason,
    ShippingBody,
    Short,
    TermsBody,
    ValidityBody,
    border,
    line_wish,
    moment,
)
from offers.serializers.orders import OrderInfo, order
from offers.services import Answer, OfferWish, Responded, TermsWish
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.clock import database_now
from wholexale.common.wire import Resource, Wire, clean_text, wire_time


class OfferContextBody(Wire, kw_only=True, omit_defaults=True):
    """What an offer belongs to on the client's side."""

    inquiry_type: Literal["rfq", "quote_request", "bulk_order", "regular_order", "sample_request"] = "rfq"
    project_id: Annotated[str, Meta(max_length=64)] = ""
    reference_id: Annotated[str, Meta(max_length=64)] = ""
    tags: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)] = []

    def plain(self) -> dict[str, Any]:
        """Return it as it is kept."""
        said = {"projectId": self.project_id, "referenceId": self.reference_id, "tags": self.tags}
        return {"inquiryType": self.inquiry_type, **{name: value for name, value in said.items() if value}}


class OfferBody(Wire, kw_only=True):
    """An offer to a seller, who is named by the id of a person or of a business.

    `product`, `pricing` and `quantity` are the first line; `lines` holds further ones. Without payment terms those of
    the buyer's credit line hold, or payment in advance. A `draft` is kept, and not sent.
    """

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    description: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
    seller: UUID
    product: ProductBody
    pricing: PricingBody
    quantity: QuantityBody
    validity: ValidityBody
    lines: Annotated[list[LineBody], Meta(max_length=49)] = []
    terms: TermsBody | UnsetType = UNSET
    shipping: ShippingBody | UnsetType = UNSET
    attachments: Attachments = []
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    is_urgent: bool = False
    context: OfferContextBody = wire_field(default_factory=OfferContextBody)
    message: Message = ""
    draft: bool = False

    def wish(self) -> OfferWish:
        """Return what the service needs.

        Raises:
            ValidationFailed: for a beginning or an end that is no moment.
        """
        first = LineBody(product=self.product, pricing=self.pricing, quantity=self.quantity)
        terms = TermsBody() if self.terms is UNSET else self.terms
        start = self.validity.start_date
        wish = TermsWish(
            currency=self.pricing.currency,
            lines=[line_wish(one) for one in (first, *self.lines)],
            payment_terms=terms.payment_terms or "",
            delivery_terms=terms.delivery_terms or "door_delivery",
            valid_from=None if start is None else moment(start, field="validity.startDate"),
            valid_until=moment(self.validity.end_date, field="validity.endDate"),
            time_zone=self.validity.timezone,
            terms=terms.further(),
            shipping={} if self.shipping is UNSET else self.shipping.plain(),
            attachments=[one.plain() for one in self.attachments],
        )
        return OfferWish(
            title=clean_text(self.title),
            description=clean_text(self.description),
            seller_id=self.seller,
            terms=wish,
            priority="urgent" if self.is_urgent else self.priority,
            context=self.context.plain(),
            message=clean_text(self.message),
            is_draft=self.draft,
        )


class RespondBody(Wire, kw_only=True):
    """An answer: `accept`, `reject` or `counter`, the last with `changes`.

    `revision` is the number of the terms that one answers to; with it, an answer to older ones is refused.
    """

    action: Annotated[str, Meta(max_length=20)]
    message: Message = ""
    changes: ChangesBody | None = None
    revision: Annotated[int, Meta(ge=1)] | None = None

    def answer(self) -> Answer:
        """Return what the service needs.

        Raises:
            ValidationFailed: for an end that is no moment.
        """
        return Answer(
            action=self.action,
            message=clean_text(self.message),
            changes=self.changes.changes() if self.changes else None,
            revision=self.revision,
        )


class ReasonBody(Wire, kw_only=True):
    """Why."""

    reason: Reason = ""


class ReviseBody(Wire, kw_only=True):
    """New terms for an offer that has expired; `changes.validUntil` is its new end."""

    changes: ChangesBody
    message: Message = ""


class OfferQuery(PageQuery, kw_only=True):
    """Which offers. `type` is the old backend's word for the role: buyers have sent them, sellers received.

    `counterparty` is the id of a business or a person, `from` and `to` moments with a time zone.
    """

    role: Literal["buyer", "seller", "all"] = "all"
    type: Literal["sent", "received"] | None = None
    status: OfferStatus | None = None
    q: Short = ""
    product_id: Annotated[str, Meta(max_length=64)] | None = None
    counterparty: UUID | None = None
    awaiting: Literal["me"] | None = None
    start: Moment | None = wire_field(name="from", default=None)
    to: Moment | None = None
    sort: Literal["newest", "oldest", "ending", "amount"] = "newest"

    def wanted(self) -> WantedOffers:
        """Return what the selector needs."""
        of_type = {"sent": "buyer", "received": "seller"}
        role: Any = of_type[self.type] if self.type else self.role
        return WantedOffers(
            role=role,
            status=self.status,
            text=clean_text(self.q),
            product=self.product_id,
            counterparty=self.counterparty,
            is_awaiting_me=self.awaiting == "me",
            start=border(self.start, "from"),
            end=border(self.to, "to"),
            sort=self.sort,
        )


class DocumentQuery(Wire, kw_only=True):
    """Which paper: of the terms with this number, or of the last ones."""

    format: Literal["html", "pdf"] = "html"
    revision: Annotated[int, Meta(ge=1, le=32_767)] | None = None


class OfferPage(Wire, kw_only=True):
    """A page of offers."""

    offers: list[OfferShape]
    pagination: Pagination


class OfferFound(Wire, kw_only=True):
    """One offer."""

    offer: OfferShape


class OfferAnswer(Wire, kw_only=True):
    """An offer as it is now; with its order where it was accepted."""

    message: str
    offer: OfferShape
    conversation_id: str | UnsetType = UNSET
    order: OrderInfo | UnsetType = UNSET


class StepInfo(Resource, kw_only=True):
    """One step of a negotiation. `actor` is null for the system, and for staff."""

    seq: int
    action: str
    side: str | None
    actor: UserRef | None
    revision: int
    old_status: str | None
    new_status: str
    changes: dict[str, Any] | None
    message: str
    timestamp: str


class HistoryPage(Wire, kw_only=True):
    """A page of steps, oldest first."""

    events: list[StepInfo]
    pagination: Pagination


def offer_list(reader: User) -> Any:
    """Return what makes the shapes of a page of offers, for somebody who reads them."""

    def shapes(offers: Iterable[Offer]) -> list[OfferShape]:
        now, rows, business_id = database_now(), list(offers), _business_of(reader)
        needing = selectors.needing_approval(rows, actor=reader, now=now)
        return [
            selectors.offer_shape(one, one.side_of(business_id), now, needs_approval=one.id in needing) for one in rows
        ]

    return shapes


def offer(row: Offer, reader: User) -> OfferShape:
    """Return an offer, for somebody who reads it."""
    shapes: list[OfferShape] = offer_list(reader)([row])
    return shapes[0]


def responded(done: Responded, reader: User) -> OfferAnswer:
    """Return what became of an offer, for who has answered."""
    placed = UNSET if done.order is None else order(done.order, _business_of(reader))
    return OfferAnswer(message=done.text, offer=offer(done.offer, reader), order=placed)


def _business_of(reader: User) -> UUID | None:
    membership = membership_of(reader)
    return membership.business_id if membership else None


def steps(rows: Iterable[OfferEvent]) -> list[StepInfo]:
    """Return a page of steps."""
    return [_step(row) for row in rows]


def _step(row: OfferEvent) -> StepInfo:
    return StepInfo(
        id=str(row.id),
        seq=row.seq,
        action=row.action,
        side=row.side or None,
        actor=user_ref(row.actor) if row.actor and row.side else None,
        revision=row.revision,
        old_status=row.old_status or None,
        new_status=row.new_status,
        changes=selectors.said_changes(row.changes) if row.changes else None,
        message=row.message,
        timestamp=wire_time(row.created_at),
    )
