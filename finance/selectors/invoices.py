"""Invoices: who may see which, what is due on them, and how long it has been due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from accounts import selectors as accounts_selectors
from accounts.models import Business, Permission, User
from finance.models import CreditNote, Invoice
from finance.selectors.accounts import membership_for_reading
from wholexale.common.errors import NotFound
from wholexale.common.realtime import Actor

Side = Literal["buyer", "seller"]
BUCKETS = ("current", "days1to30", "days31to60", "days61to90", "over90")
"""How long it has been due, in the order of the columns that accountants read."""

_BORDERS = (0, 30, 60, 90)
_DUE = ExpressionWrapper(
    F("total") - F("balance__credited") - F("balance__paid") + F("balance__refunded"), output_field=BigIntegerField()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedInvoices:
    """Which invoices: of which side, how they stand (`invoice_status`), in which currency, with whom."""

    side: Side | None = None
    status: str | None = None
    currency: str | None = None
    counterparty: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """What is due on a business's invoices of one currency and side, by how long it has been due, in minor units."""

    currency: str
    side: Side
    amounts: dict[str, int]

    @property
    def total(self) -> int:
        """Return what is due in all."""
        return sum(self.amounts.values())


def invoices() -> "QuerySet[Invoice]":
    """Return every invoice with what became of it and what is `still_due`."""
    return Invoice.objects.select_related("balance", "seller", "buyer").annotate(still_due=_DUE)


def own_invoices(*, actor: Actor, wanted: WantedInvoices) -> "QuerySet[Invoice]":
    """Return the invoices of the actor's business, newest first; none where they work for none.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    membership = membership_for_reading(actor)
    if membership is None:
        return Invoice.objects.none()
    chosen = invoices().filter(_sides(membership.business_id, wanted)).order_by("-id")
    if wanted.currency is not None:
        chosen = chosen.filter(currency=wanted.currency)
    if wanted.status is not None:
        chosen = chosen.filter(_status_is(wanted.status, today_for(membership.business)))
    return chosen


def access_invoice(*, actor: User, invoice_id: UUID) -> Invoice:
    """Return an invoice of the actor's business, whichever side it is, or any for staff who may see invoices.

    Raises:
        NotFound: `INVOICE_NOT_FOUND`, also for that of others; `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    known = invoices().filter(id=invoice_id)
    if not (actor.is_staff and actor.has_perm("finance.view_invoice")):
        membership = accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
        known = known.filter(_of(membership.business_id))
    if invoice := known.first():
        return invoice
    raise invoice_not_found()


def access_credit_note(*, actor: User, credit_note_id: UUID) -> CreditNote:
    """Return a credit note of an invoice that the actor may see.

    Raises:
        NotFound: `CREDIT_NOTE_NOT_FOUND`, also for that of others; `BUSINESS_NOT_FOUND`.
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
    """
    note = CreditNote.objects.filter(id=credit_note_id).first()
    try:
        if note is not None:
            note.invoice = access_invoice(actor=actor, invoice_id=note.invoice_id)
            return note
        accounts_selectors.access_membership(actor=actor, permission=Permission.FINANCE_VIEW)
    except NotFound as missing:
        if missing.code != "INVOICE_NOT_FOUND":
            raise
    raise credit_note_not_found()


def invoice_status(invoice: Invoice, day: date) -> str:
    """Return how an invoice stands on a day: issued, partially_paid, paid, overdue or credited."""
    balance = invoice.balance
    if balance.credited >= invoice.total:
        return "credited"
    if balance.due <= 0:
        return "paid"
    if invoice.due_on < day:
        return "overdue"
    return "partially_paid" if balance.paid > balance.refunded else "issued"


def today_for(business: Business) -> date:
    """Return the day it is for a business."""
    return timezone.now().astimezone(ZoneInfo(business.time_zone)).date()


def ageing(*, business: Business, currency: str | None = None) -> list[Ageing]:
    """Return what is due to a business and from it, by currency and by how long, in two queries.

    The sums are those of what is still due on the invoices, so they add up to it exactly. What was paid too much
    counts below zero, as current.
    """
    day, found = today_for(business), []
    sides: Sequence[tuple[Side, Q]] = (("seller", Q(seller=business)), ("buyer", Q(buyer=business)))
    for side, condition in sides:
        chosen = invoices().filter(condition).filter(~Q(still_due=0))
        if currency is not None:
            chosen = chosen.filter(currency=currency)
        rows = chosen.values("currency").annotate(**{name: _sum_of(name, day) for name in BUCKETS}).order_by("currency")
        found += [
            Ageing(currency=row["currency"], side=side, amounts={name: row[name] or 0 for name in BUCKETS})
            for row in rows
        ]
    return found


def in_batches(rows: "QuerySet[Invoice]", size: int = 500) -> Iterator[list[Invoice]]:
    """Yield a list of invoices in batches, each read by a query of its own: from the newest down, whatever is added."""
    before: UUID | None = None
    while batch := list((rows if before is None else rows.filter(id__lt=before))[:size]):
        yield batch
        before = batch[-1].id


def invoice_not_found() -> NotFound:
    """Build the refusal of an invoice that is not there for the caller."""
    return NotFound("INVOICE_NOT_FOUND", "There is no such invoice.")


def credit_note_not_found() -> NotFound:
    """Build the refusal of a credit note that is not there for the caller."""
    return NotFound("CREDIT_NOTE_NOT_FOUND", "There is no such credit note.")


def days_overdue(invoice: Invoice, day: date) -> int:
    """Return for how many days an invoice has been due; 0 where it is not, or nothing is due."""
    return max(0, (day - invoice.due_on).days) if invoice.balance.due > 0 else 0


def _of(business_id: UUID) -> Q:
    return Q(seller_id=business_id) | Q(buyer_id=business_id)


def _sides(business_id: UUID, wanted: WantedInvoices) -> Q:
    as_seller, as_buyer = Q(seller_id=business_id), Q(buyer_id=business_id)
    if wanted.counterparty is not None:
        as_seller &= Q(buyer_id=wanted.counterparty)
        as_buyer &= Q(seller_id=wanted.counterparty)
    if wanted.side is None:
        return as_seller | as_buyer
    return as_seller if wanted.side == "seller" else as_buyer


def _status_is(status: str, day: date) -> Q:
    """Return the condition that `invoice_status` says this."""
    is_credited = Q(balance__credited__gte=F("total"))
    is_paid = Q(still_due__lte=0) & ~is_credited
    is_open = Q(still_due__gt=0) & ~is_credited
    is_in_time, has_paid = Q(due_on__gte=day), Q(balance__paid__gt=F("balance__refunded"))
    return {
        "credited": is_credited,
        "paid": is_paid,
        "overdue": is_open & ~is_in_time,
        "partially_paid": is_open & is_in_time & has_paid,
        "issued": is_open & is_in_time & ~has_paid,
    }[status]


def _sum_of(bucket: str, day: date) -> Sum:
    """Return the sum of what is due in a bucket."""
    place = BUCKETS.index(bucket)
    is_inside = Q() if place == 0 else Q(due_on__lt=_days_before(day, _BORDERS[place - 1]))
    if place < len(_BORDERS):
        is_inside &= Q(due_on__gte=_days_before(day, _BORDERS[place]))
    if place == 0:
        is_inside = Q(still_due__lt=0) | Q(still_due__gt=0) & is_inside
    else:
        is_inside &= Q(still_due__gt=0)
    return Sum(Case(When(is_inside, then=_DUE), default=Value(0), output_field=BigIntegerField()))


def _days_before(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() - days)
