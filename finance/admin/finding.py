"""What staff types to find a payment or a document: its number, its id, what a provider calls it, whose it is."""

import re
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import Business
from finance.admin.showing import LongList

_MANY = 50


class FindingList(LongList):
    """A list that is searched by a condition of its own, so that indexes hold it."""

    search_fields = ("pk",)

    def find(self, text: str) -> Q:
        """Return the condition that a row is what was typed."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what was typed."""
        if text := search_term.strip():
            queryset = queryset.filter(self.find(text))
        return queryset, False


def find_payments(text: str, *, prefix: str = "") -> Q:
    """Return the condition that a payment has this number, id or reference, pays this invoice, or is theirs.

    `prefix` leads to the payment.
    """
    if (number := _number(text, "PAY")) is not None:
        return Q(**{f"{prefix}number": number})
    if invoice := _document(text, "INV", prefix=f"{prefix}invoice__"):
        return invoice
    return (
        Q(**{f"{prefix}provider_ref": text}) | _id(text, prefix) | _business(text, f"{prefix}payer", f"{prefix}payee")
    )


def find_refunds(text: str) -> Q:
    """Return the condition that a refund has this number, id or reference, or is of such a payment."""
    if (number := _number(text, "REF")) is not None:
        return Q(number=number)
    return Q(provider_ref=text) | _id(text) | find_payments(text, prefix="intent__")


def find_payouts(text: str) -> Q:
    """Return the condition that a payout has this number, id or reference, or is theirs."""
    if (number := _number(text, "OUT")) is not None:
        return Q(number=number)
    return Q(provider_ref=text) | _id(text) | _business(text, "business")


def find_disputes(text: str) -> Q:
    """Return the condition that the provider calls a dispute so, or that it is of such a payment."""
    return Q(provider_ref=text) | find_payments(text, prefix="intent__")


def find_invoices(text: str) -> Q:
    """Return the condition that an invoice has this number, id or order, or is theirs."""
    if invoice := _document(text, "INV"):
        return invoice
    return Q(reference=text) | _id(text) | _business(text, "seller", "buyer")


def find_credit_notes(text: str) -> Q:
    """Return the condition that a credit note has this number or id, is of such an invoice, or is theirs."""
    if found := _document(text, "CRN") or _document(text, "INV", prefix="invoice__"):
        return found
    return _id(text) | _business(text, "seller", "invoice__buyer")


def _number(text: str, kind: str) -> int | None:
    """Return the number in PAY-2026-000123, or in 123."""
    found = re.fullmatch(rf"(?:{kind}-\d{{4}}-)?(\d{{1,18}})", text, re.IGNORECASE | re.ASCII)
    return int(found[1]) if found else None


def _document(text: str, kind: str, *, prefix: str = "") -> Q | None:
    """Return the condition that a document has the number INV-2026-000123, which several sellers may have given."""
    found = re.fullmatch(rf"{kind}-(\d{{4}})-(\d{{1,9}})", text, re.IGNORECASE | re.ASCII)
    return Q(**{f"{prefix}year": int(found[1]), f"{prefix}serial": int(found[2])}) if found else None


def _id(text: str, prefix: str = "") -> Q:
    """Return the condition that a row has this id; never true where it is none."""
    try:
        return Q(**{f"{prefix}pk": UUID(text)})
    except ValueError:
        return Q(pk__in=[])


def _business(text: str, *sides: str) -> Q:
    """Return the condition that one side is a business with this in its name; of very many, the first few count."""
    named = list(Business.objects.filter(name__icontains=text).order_by("name").values_list("pk", flat=True)[:_MANY])
    condition = Q()
    for side in sides:
        condition |= Q(**{f"{side}__in": named})
    return condition
