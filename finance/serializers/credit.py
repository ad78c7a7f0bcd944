"""Credit lines and requests for credit, on the wire."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from accounts.models import User
from accounts.selectors import UserRef, user_ref
from finance.models import CreditRequest
from finance.selectors import CreditOverview, CreditPosition
from finance.serializers.fields import Currency, PaymentTerms, amounts, query_currency, whole_percent
from wholexale.common.api import Pagination
from wholexale.common.money import Amount, check_currency, to_minor
from wholexale.common.wire import Resource, Wire, clean_text, optional_time, wire_time


class CreditQuery(Wire, kw_only=True):
    """Which currency."""

    currency: Currency | None = None

    def known_currency(self) -> str | None:
        """Return the currency.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`.
        """
        return query_currency(self.currency)


class CreditLimit(Resource, kw_only=True):
    """Where the credit of a business stands in one currency.

    `availableCredit` is `creditLimit` less `usedCredit`, which is `outstanding` plus `heldCredit`; it is below zero
    after the limit was lowered under what is used. `availableForUse` is what can be bought on account now. Where there
    is no credit line, `id` is empty and the amounts are 0.
    """

    user: str
    credit_limit: Amount
    credit_limit_minor: int
    available_credit: Amount
    available_credit_minor: int
    used_credit: Amount
    used_credit_minor: int
    held_credit: Amount
    held_credit_minor: int
    outstanding: Amount
    outstanding_minor: int
    available_for_use: Amount
    available_for_use_minor: int
    currency: str
    utilization_percentage: int
    status: str
    credit_rating: str
    risk_score: int
    payment_terms: str
    last_review_date: str | UnsetType = UNSET
    next_review_date: str | UnsetType = UNSET
    created_at: str | None
    updated_at: str | None


class Credits(Wire, kw_only=True):
    """The credit line that is asked for, and all there are, by currency."""

    credit_limit: CreditLimit
    credits: list[CreditLimit]


class CreditRequestBody(Wire, kw_only=True):
    """What a business asks for: `amount` is the whole limit, not the difference."""

    amount: Amount
    currency: Currency
    purpose: Annotated[str, Meta(max_length=500)] = ""
    terms: PaymentTerms | UnsetType = UNSET

    def limit_minor(self) -> int:
        """Return the limit in minor units.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`,
                `AMOUNT_TOO_LARGE`.
        """
        return to_minor(self.amount, check_currency(self.currency))

    def text(self) -> str:
        """Return the purpose."""
        return clean_text(self.purpose)


class CreditRequestInfo(Resource, kw_only=True):
    """A limit that the business has asked for, and what became of it."""

    amount: Amount
    amount_minor: int
    currency: str
    purpose: str
    terms: str | UnsetType = UNSET
    status: str
    requested_by: UserRef
    decision_reason: str | UnsetType = UNSET
    decided_at: str | None
    created_at: str
    updated_at: str


class CreditRequestAnswer(Wire, kw_only=True):
    """A request as it is now."""

    message: str
    request: CreditRequestInfo


class CreditRequestFound(Wire, kw_only=True):
    """One request."""

    request: CreditRequestInfo


class CreditRequestPage(Wire, kw_only=True):
    """A page of requests, newest first."""

    requests: list[CreditRequestInfo]
    pagination: Pagination


def credits_of(found: CreditOverview, viewer: User) -> Credits:
    """Return where the credit of a business stands."""
    return Credits(
        credit_limit=credit_limit(found.chosen, viewer), credits=[credit_limit(one, viewer) for one in found.positions]
    )


def credit_limit(position: CreditPosition, viewer: User) -> CreditLimit:
    """Return where one credit line stands."""
    line, is_there = position.line, position.line.pk is not None
    return CreditLimit(
        id=str(line.id) if is_there else "",
        user=str(viewer.id),
        **amounts(
            line.currency,
            credit_limit=position.limit,
            available_credit=position.available,
            used_credit=position.used,
            held_credit=position.held,
            outstanding=position.outstanding,
            available_for_use=position.spendable,
        ),
        currency=line.currency,
        utilization_percentage=whole_percent(position.used, position.limit),
        status=line.status,
        credit_rating=line.rating,
        risk_score=line.risk_score,
        payment_terms=line.payment_terms,
        last_review_date=optional_time(line.reviewed_at) or UNSET,
        next_review_date=optional_time(line.next_review_at) or UNSET,
        created_at=wire_time(line.created_at) if is_there else None,
        updated_at=wire_time(line.updated_at) if is_there else None,
    )


def credit_request_list(requests: Iterable[CreditRequest]) -> list[CreditRequestInfo]:
    """Return a page of requests."""
    return [credit_request(request) for request in requests]


def credit_request(request: CreditRequest) -> CreditRequestInfo:
    """Return a request; what staff has noted is said once it is decided."""
    is_decided = request.decided_at is not None
    return CreditRequestInfo(
        id=str(request.id),
        **amounts(request.currency, amount=request.limit_minor),
        currency=request.currency,
        purpose=request.purpose,
        terms=request.payment_terms or UNSET,
        status=request.status,
        requested_by=user_ref(request.requested_by),
        decision_reason=(request.decision_reason or UNSET) if is_decided else UNSET,
        decided_at=optional_time(request.decided_at),
        created_at=wire_time(request.created_at),
        updated_at=wire_time(request.updated_at),
    )
