"""What staff types to find a payment or a document: its number, its id, what a provider calls it, whose it is."""

import re

from django.db.models import Q

from accounts.selectors import is_named
from wholexale.common.admin import has_id, numbered


def find_payments(text: str, *, prefix: str = "") -> Q:
    """Return the condition that a payment has this number, id or reference, pays this invoice, or is theirs.

    `prefix` leads to the payment.
    """
    if (number := numbered(text, "PAY")) is not None:
        return Q(**{f"{prefix}number": number})
    if invoice := _document(text, "INV", prefix=f"{prefix}invoice__"):
        return invoice
    return (
        Q(**{f"{prefix}provider_ref": text}) | has_id(text, prefix) | is_named(text, f"{prefix}payer", f"{prefix}payee")
    )


def find_refunds(text: str) -> Q:
    """Return the condition that a refund has this number, id or reference, or is of such a payment."""
    if (number := numbered(text, "REF")) is not None:
        return Q(number=number)
    return Q(provider_ref=text) | has_id(text) | find_payments(text, prefix="intent__")


def find_payouts(text: str) -> Q:
    """Return the condition that a payout has this number, id or reference, or is theirs."""
    if (number := numbered(text, "OUT")) is not None:
        return Q(number=number)
    return Q(provider_ref=text) | has_id(text) | is_named(text, "business")


def find_disputes(text: str) -> Q:
    """Return the condition that the provider calls a dispute so, or that it is of such a payment."""
    return Q(provider_ref=text) | find_payments(text, prefix="intent__")


def find_invoices(text: str) -> Q:
    """Return the condition that an invoice has this number, id or order, or is theirs."""
    if invoice := _document(text, "INV"):
        return invoice
    return Q(reference=text) | has_id(text) | is_named(text, "seller", "buyer")


def find_credit_notes(text: str) -> Q:
    """Return the condition that a credit note has this number or id, is of such an invoice, or is theirs."""
    if found := _document(text, "CRN") or _document(text, "INV", prefix="invoice__"):
        return found
    return has_id(text) | is_named(text, "seller", "invoice__buyer")


def _document(text: str, kind: str, *, prefix: str = "") -> Q | None:
    """Return the condition that a document has the number INV-2026-000123, which several sellers may have given."""
    found = re.fullmatch(rf"{kind}-(\d{{4}})-(\d{{1,9}})", text, re.IGNORECASE | re.ASCII)
    return Q(**{f"{prefix}year": int(found[1]), f"{prefix}serial": int(found[2])}) if found else None
