"""Payouts, on the wire."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from finance.models import Payout
from finance.serializers.fields import Currency, amounts
from finance.serializers.refunds import Failure, failure
from wholexale.common.api import Pagination
from wholexale.common.money import Amount, check_currency, to_minor
from wholexale.common.wire import Resource, Wire, optional_time, wire_time


class PayoutBody(Wire, kw_only=True):
    """What to take out: all that is owed to the business where `amount` is missing."""

    currency: Currency
    amount: Amount | UnsetType = UNSET

    def minor(self) -> int | None:
        """Return the amount in minor units.

        Raises:
            ValidationFailed: `CURRENCY_NOT_SUPPORTED`, `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_PRECISE`,
                `AMOUNT_TOO_LARGE`.
        """
        check_currency(self.currency)
        return None if self.amount is UNSET else to_minor(self.amount, self.currency)


class PayoutInfo(Resource, kw_only=True):
    """Money that a business takes out."""

    payout_id: str
    amount: Amount
    amount_minor: int
    currency: str
    status: str
    provider: str
    bank_reference: str | UnsetType = UNSET
    failure: Failure | UnsetType = UNSET
    created_at: str
    settled_at: str | None


class PayoutPage(Wire, kw_only=True):
    """A page of payouts, newest first."""

    payouts: list[PayoutInfo]
    pagination: Pagination


class PayoutMade(Wire, kw_only=True):
    """A payout that was asked for."""

    message: str
    payout: PayoutInfo


def payout_list(payouts: Iterable[Payout]) -> list[PayoutInfo]:
    """Return a page of payouts."""
    return [payout(one) for one in payouts]


def payout(one: Payout) -> PayoutInfo:
    """Return a payout."""
    return PayoutInfo(
        id=str(one.id),
        payout_id=one.payout_id,
        **amounts(one.currency, amount=one.amount),
        currency=one.currency,
        status=one.state,
        provider=one.provider,
        bank_reference=one.provider_ref or UNSET,
        failure=failure(one.failure_code, one.failure_text),
        created_at=wire_time(one.created_at),
        settled_at=optional_time(one.settled_at),
    )
