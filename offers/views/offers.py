"""`/api/offers`."""

from http import HTTPStatus
from operator import attrgetter
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import business_id, caller
from offers import selectors, services
from offers.documents import render_html, render_pdf
from offers.serializers import offers as shapes, papers
from offers.serializers.summary import Summary, SummaryQuery, summary
from wholexale.common.api import PageQuery, endpoint, file_stream, html_stream, paginate
from wholexale.common.clock import database_now
from wholexale.common.ids import id_from_path
from wholexale.common.versions import Seen

TERMS = "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED, AMOUNT_TOO_LARGE, AMOUNT_TOO_PRECISE, VALIDITY_IN_PAST"
UNSEEN = "OFFER_NOT_FOUND"
PDF = "application/pdf"
VERSION = attrgetter("offer.version")


class OffersView(APIView):
    """`offers`."""

    @endpoint(query=shapes.OfferQuery, returns=shapes.OfferPage, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: shapes.OfferQuery) -> shapes.OfferPage:
        """List the offers that the caller's business has made or got, newest first."""
        rows = selectors.own_offers(actor=caller(request), wanted=query.wanted())
        offers, pagination = paginate(rows, query, shapes.offer_list(caller(request)))
        return shapes.OfferPage(offers=offers, pagination=pagination)

    @endpoint(
        body=shapes.OfferBody,
        returns=shapes.OfferAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: f"{TERMS}, INVALID_SELLER",
            403: "INSUFFICIENT_PERMISSIONS, BLOCKED",
            404: "BUSINESS_NOT_FOUND",
            409: "APPROVAL_REQUIRED",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: shapes.OfferBody) -> shapes.OfferAnswer:
        """Make an offer to a seller, or keep a draft of one."""
        made = services.make_offer(actor=caller(request), wish=body.wish())
        text = "The draft was saved." if body.draft else "The offer was sent."
        shape = shapes.offer(made, caller(request))
        return shapes.OfferAnswer(message=text, offer=shape, conversation_id=shape.conversation_id)


class OfferView(APIView):
    """`offers/:id`."""

    @endpoint(returns=shapes.OfferFound, errors={404: UNSEEN}, version=VERSION)
    def get(self, request: Request, offer: str) -> shapes.OfferFound:
        """Read an offer; the first time that the seller's side does, the buyer learns of it."""
        found = services.view_offer(actor=caller(request), offer_id=_chosen(offer))
        return shapes.OfferFound(offer=shapes.offer(found, caller(request)))

    @endpoint(
        body=shapes.OfferBody,
        returns=shapes.OfferAnswer,
        errors={400: f"{TERMS}, INVALID_SELLER", 404: UNSEEN, 409: "OFFER_NOT_A_DRAFT"},
        version=VERSION,
    )
    def patch(self, request: Request, offer: str, body: shapes.OfferBody, seen: Seen) -> shapes.OfferAnswer:
        """Replace what a draft says."""
        edited = services.edit_draft(actor=caller(request), offer_id=_chosen(offer), wish=body.wish(), seen=seen)
        return _answer(request, "The draft was saved.", edited.id)

    @endpoint(returns=shapes.OfferAnswer, errors={404: UNSEEN, 409: "OFFER_NOT_A_DRAFT"}, version=VERSION)
    def delete(self, request: Request, offer: str, seen: Seen) -> shapes.OfferAnswer:
        """Give up a draft."""
        services.discard_draft(actor=caller(request), offer_id=_chosen(offer), seen=seen)
        return _answer(request, "The draft was given up.", _chosen(offer))


class SendView(APIView):
    """`offers/:id/send`."""

    @endpoint(
        returns=shapes.OfferAnswer,
        errors={403: "BLOCKED", 404: UNSEEN, 409: "OFFER_NOT_A_DRAFT, OFFER_EXPIRED, APPROVAL_REQUIRED"},
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, offer: str, seen: Seen) -> shapes.OfferAnswer:
        """Send a draft."""
        sent = services.send_offer(actor=caller(request), offer_id=_chosen(offer), seen=seen)
        return _answer(request, "The offer was sent.", sent.id)


class RespondView(APIView):
    """`offers/:id/respond`."""

    @endpoint(
        body=shapes.RespondBody,
        returns=shapes.OfferAnswer,
        errors={
            400: f"{TERMS}, INVALID_ACTION, COUNTER_UNCHANGED",
            403: "NOT_YOUR_TURN, INITIAL_COUNTER_SELLER_ONLY, INSUFFICIENT_PERMISSIONS",
            404: UNSEEN,
            409: "OFFER_CLOSED, OFFER_EXPIRED, REVISION_CONFLICT, WAIT_FOR_COUNTER_RESPONSE,"
            " VENDOR_COUNTER_LIMIT_REACHED, COUNTER_LIMIT_REACHED, CREDIT_LIMIT_EXCEEDED, CREDIT_NOT_ACTIVE,"
            " SPENDING_LIMIT_EXCEEDED, ACCOUNT_FROZEN, APPROVAL_REQUIRED",
        },
        idempotent=True,
        version=VERSION,
    )
    def put(self, request: Request, offer: str, body: shapes.RespondBody, seen: Seen) -> shapes.OfferAnswer:
        """Accept an offer, reject it, or answer with other terms."""
        done = services.respond_to_offer(
            actor=caller(request), offer_id=_chosen(offer), answer=body.answer(), seen=seen
        )
        return shapes.responded(done, caller(request))


class WithdrawView(APIView):
    """`offers/:id/withdraw`."""

    @endpoint(
        body=shapes.ReasonBody,
        returns=shapes.OfferAnswer,
        errors={403: "UNAUTHORIZED, INSUFFICIENT_PERMISSIONS", 404: UNSEEN, 409: "CANNOT_WITHDRAW"},
        idempotent=True,
        version=VERSION,
    )
    def put(self, request: Request, offer: str, body: shapes.ReasonBody, seen: Seen) -> shapes.OfferAnswer:
        """Take an offer back."""
        gone = services.withdraw_offer(
            actor=caller(request), offer_id=_chosen(offer), reason=body.reason.strip(), seen=seen
        )
        return shapes.OfferAnswer(message="The offer was withdrawn.", offer=shapes.offer(gone, caller(request)))


class ReviseView(APIView):
    """`offers/:id/revise`."""

    @endpoint(
        body=shapes.ReviseBody,
        returns=shapes.OfferAnswer,
        errors={400: TERMS, 404: UNSEEN, 409: "OFFER_NOT_EXPIRED, OFFER_REVISED_BEFORE, APPROVAL_REQUIRED"},
        idempotent=True,
        version=VERSION,
    )
    def post(self, request: Request, offer: str, body: shapes.ReviseBody, seen: Seen) -> shapes.OfferAnswer:
        """Put an offer that has expired on the table again."""
        revised = services.revise_offer(
            actor=caller(request),
            offer_id=_chosen(offer),
            changes=body.changes.changes(),
            message=body.message.strip(),
            seen=seen,
        )
        return shapes.OfferAnswer(message="The offer was renewed.", offer=shapes.offer(revised, caller(request)))


class HistoryView(APIView):
    """`offers/:id/history`."""

    @endpoint(query=PageQuery, returns=shapes.HistoryPage, errors={404: UNSEEN})
    def get(self, request: Request, offer: str, query: PageQuery) -> shapes.HistoryPage:
        """Read every step of a negotiation, oldest first."""
        found = selectors.access_offer(actor=caller(request), offer_id=_chosen(offer))
        side = found.side_of(business_id(request))
        events, pagination = paginate(selectors.history(found, side), query, shapes.steps)
        return shapes.HistoryPage(events=events, pagination=pagination)


class DocumentView(APIView):
    """`offers/:id/document`."""

    @endpoint(
        query=shapes.DocumentQuery,
        returns=None,
        streams=("text/html", PDF),
        errors={400: "VALIDATION_FAILED", 404: f"{UNSEEN}, REVISION_NOT_FOUND"},
    )
    def get(self, request: Request, offer: str, query: shapes.DocumentQuery) -> StreamingHttpResponse:
        """Get an offer as it is printed, with how it stands now; who does so as the recipient has looked at it."""
        viewed = services.view_offer(actor=caller(request), offer_id=_chosen(offer))
        found = selectors.printed_offer(actor=caller(request), offer=viewed, number=query.revision)
        sheet, name = papers.offer_sheet(found, now=database_now()), papers.file_name(found, query.format)
        if query.format == "html":
            return html_stream(render_html(sheet), file_name=name)
        return file_stream([render_pdf(sheet)], media_type=PDF, file_name=name)


class SummaryView(APIView):
    """`offers/analytics/summary`."""

    @endpoint(query=SummaryQuery, returns=Summary, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: SummaryQuery) -> Summary:
        """Count the offers that the caller's business has made and got, by how they stand."""
        return summary(caller(request), query)


def _chosen(offer: str) -> UUID:
    return id_from_path(offer, missing=selectors.offer_not_found())


def _answer(request: Request, message: str, offer_id: UUID) -> shapes.OfferAnswer:
    found = selectors.access_offer(actor=caller(request), offer_id=offer_id)
    shape = shapes.offer(found, caller(request))
    return shapes.OfferAnswer(message=message, offer=shape, conversation_id=shape.conversation_id)
