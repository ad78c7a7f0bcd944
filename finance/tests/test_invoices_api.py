"""Settling purchases, and `/api/finance/invoices` and `/credit-notes` as clients see them."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Business, User
from finance import services
from finance.models import CreditNote, Invoice, StoredDocument, chart
from finance.selectors import today_for
from finance.services import InvoiceDraft, LineDraft, reckon
from finance.tests.payment_staging import draft, invoice, owed_by, owed_to, paid, posted
from finance.tests.staging import business_of, every_row, hold, open_line, refused
from wholexale.common.testing import Api

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("webhooks", "sound")]


def registered(user: User, code: str) -> Business:
    """Register a business for taxes in the state of that code."""
    business = business_of(user)
    business.gst_number = f"{code}ABCDE1234F1Z5"
    business.save()
    return business


def line(**fields: Any) -> LineDraft:
    usual: dict[str, Any] = {
        "description": "Lamps",
        "quantity": Decimal(3),
        "unit": "pieces",
        "unit_price": Decimal("33.335"),
        "tax_rate": Decimal(18),
    }
    return LineDraft(**(usual | fields))


@pytest.mark.parametrize(
    ("state", "taxes"),
    [("27", [("CGST", 900, 900), ("SGST", 900, 900)]), ("24", [("IGST", 1800, 1800)])],
)
def test_a_tax_is_split_inside_a_state_and_one_across(
    buyer: User, seller: User, state: str, taxes: list[tuple[str, int, int]]
) -> None:
    wanted = InvoiceDraft(lines=[line()])

    found = reckon(wanted, seller=registered(seller, "27"), buyer=registered(buyer, state), currency="INR")

    assert (found.subtotal, found.total) == (10_001, 11_801)  # 100.005 is 100.01, rounded once
    assert [(one.label, one.rate, one.amount) for one in found.taxes] == taxes


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"quantity": Decimal(0)}, "lines.0.quantity"),
        ({"quantity": Decimal("0.0001")}, "lines.0.quantity"),
        ({"unit_price": Decimal(-1)}, "lines.0.unitPrice"),
        ({"tax_rate": Decimal("100.01")}, "lines.0.taxRate"),
        ({"discount": 10_002}, "lines.0.discount"),
        ({"description": " "}, "lines.0.description"),
        ({"unit_price": Decimal(0)}, "lines"),
    ],
)
def test_a_line_that_is_none_is_refused(buyer: User, seller: User, fields: dict[str, Any], path: str) -> None:
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 10**7).hold_id

    with refused("VALIDATION_FAILED") as caught:
        services.settle_purchase(actor=seller, hold_id=held, draft=InvoiceDraft(lines=[line(**fields)]))
    assert [one.path for one in caught.value.details] == [path]


def test_less_than_was_held_is_invoiced_and_the_rest_released(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 50_000).hold_id

    due = services.settle_purchase(actor=seller, hold_id=held, draft=draft(30_000))
    again = services.settle_purchase(actor=seller, hold_id=held, draft=draft(30_000))

    assert again.id == due.id
    assert (owed_by(buyer), owed_to(seller) + posted(chart.fees("INR")) + posted(chart.taxes("INR"))) == (
        30_000,
        30_000,
    )


def test_a_hold_that_was_posted_without_an_invoice_gets_none(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 30_000).hold_id
    services.capture_hold(actor=seller, hold_id=held, amount=30_000)

    with refused("HOLD_RESOLVED"):
        services.settle_purchase(actor=seller, hold_id=held, draft=draft(30_000))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"issued_on": timezone.now().date() + timedelta(days=2)}, "VALIDATION_FAILED"),
        ({"due_on": timezone.now().date() - timedelta(days=2)}, "VALIDATION_FAILED"),
        ({"payment_terms": "someday"}, "VALIDATION_FAILED"),
        ({"reference": "x" * 41}, "VALIDATION_FAILED"),
    ],
)
def test_days_and_texts_that_are_none_are_refused(buyer: User, seller: User, fields: dict[str, Any], code: str) -> None:
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 100_000).hold_id

    with refused(code):
        services.settle_purchase(actor=seller, hold_id=held, draft=draft(**fields))


def test_more_than_was_held_is_not_invoiced(buyer: User, seller: User) -> None:
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 100).hold_id

    with refused("AMOUNT_EXCEEDS_HOLD"):
        services.settle_purchase(actor=seller, hold_id=held, draft=draft(101))


def test_numbers_have_no_gaps_for_each_seller(buyer: User, seller: User, outsider: User) -> None:
    numbers = [invoice(buyer, one).invoice_number[-6:] for one in (seller, outsider, seller, seller)]

    assert numbers == ["000001", "000001", "000002", "000003"]


def test_issued_papers_cannot_be_changed(buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)
    services.credit_invoice(actor=seller, invoice_id=due.id, amount=1, reason="A gift")

    for rows in (Invoice.objects.all(), CreditNote.objects.all(), due.lines.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(id=due.id)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)


def test_an_invoice_is_read_by_both_sides(api: Api, buyer: User, seller: User) -> None:
    due = invoice(buyer, seller, issued_on=today_for(business_of(seller)) - timedelta(days=40))

    for user, role in ((buyer, "buyer"), (seller, "seller")):
        found = api.as_(user).get(f"finance/invoices/{due.id}").body["invoice"]
        assert (found["role"], found["status"], found["daysOverdue"]) == (role, "overdue", 10)
        assert (found["total"], found["dueMinor"], found["seller"]["businessName"]) == (1000, 100_000, "Cotton Mill")
        assert found["lines"][0] | {"description": "Cotton kurtas", "quantity": 1, "total": 1000} == found["lines"][0]


def test_invoices_are_filtered(api: Api, buyer: User, seller: User, outsider: User) -> None:
    late = today_for(business_of(seller)) - timedelta(days=31)
    open_, part, done, overdue, credited = (
        invoice(buyer, seller),
        invoice(buyer, seller),
        invoice(buyer, outsider),
        invoice(buyer, seller, issued_on=late),
        invoice(buyer, seller),
    )
    paid(buyer, part, 5_000)
    paid(buyer, done)
    services.credit_invoice(actor=seller, invoice_id=credited.id, amount=None, reason="Returned")
    client = api.as_(buyer)

    for status, expected in (
        ("issued", open_),
        ("partially_paid", part),
        ("paid", done),
        ("overdue", overdue),
        ("credited", credited),
    ):
        found = client.get("finance/invoices", status=status).body["invoices"]
        assert [(one["id"], one["status"]) for one in found] == [(str(expected.id), status)]
    assert client.get("finance/invoices", role="seller").body["invoices"] == []
    counterparty = business_of(outsider).id
    assert len(client.get("finance/invoices", counterparty=counterparty).body["invoices"]) == 1
    assert client.get("finance/invoices", currency="XXX").code == "CURRENCY_NOT_SUPPORTED"


def test_all_invoices_come_as_a_sheet_that_no_spreadsheet_runs(api: Api, buyer: User, seller: User) -> None:
    business = business_of(seller)
    business.name = "=cmd()"
    business.save()
    due = invoice(buyer, seller)

    reply = api.as_(buyer).get("finance/invoices", format="csv")

    header, row = reply.raw.decode().splitlines()
    assert header.startswith("invoiceNumber,issuedOn,dueOn,seller")
    assert row.startswith(due.invoice_number)
    assert ",'=cmd()," in row


def test_a_credit_note_takes_from_both_sides(api: Api, buyer: User, seller: User) -> None:
    due, before = invoice(buyer, seller), None
    before = owed_to(seller)
    client = api.as_(seller)

    made = client.post(f"finance/invoices/{due.id}/credit-notes", {"amount": 100.5, "reason": "Late"})
    too_much = client.post(f"finance/invoices/{due.id}/credit-notes", {"amount": 899.51, "reason": "Late"})

    assert (made.status, made.body["creditNote"]["amount"], made.body["invoice"]["due"]) == (201, 100.5, 899.5)
    assert made.body["creditNote"]["creditNoteNumber"].endswith("-000001")
    assert (too_much.status, too_much.code) == (400, "CREDIT_EXCEEDS_INVOICE")
    assert (owed_by(buyer), owed_to(seller)) == (89_950, before - 10_050)


def test_the_taxes_of_credit_notes_add_up_to_those_of_the_invoice(buyer: User, seller: User) -> None:
    registered(seller, "27")
    registered(buyer, "27")
    open_line(business_of(buyer), 10**8)
    held = hold(buyer, seller, 10**6).hold_id
    due = services.settle_purchase(actor=seller, hold_id=held, draft=InvoiceDraft(lines=[line()]))
    invoice(buyer, seller)  # so that the seller is owed more than the invoice, whose fee is gone

    parts = [1_111, 2_222, 1, 3_333, None]
    notes = [services.credit_invoice(actor=seller, invoice_id=due.id, amount=part, reason="Returned") for part in parts]

    assert sum(note.amount for note in notes) == due.total
    assert sum(note.tax for note in notes) == due.tax


def test_papers_are_printed_once_and_stay_the_same(api: Api, buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)
    note = services.credit_invoice(actor=seller, invoice_id=due.id, amount=5_000, reason="Late")
    before = every_row()

    for path, number in (
        (f"finance/invoices/{due.id}/pdf", due.invoice_number),
        (f"finance/credit-notes/{note.id}/pdf", note.credit_note_number),
    ):
        first, second = (api.as_(user).get(path) for user in (buyer, seller))
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(first.raw)).pages)
        assert (first.status, first.headers["Content-Type"]) == (200, "application/pdf")
        assert first.raw == second.raw
        assert number in text
        assert f'filename="{number}.pdf"' in first.headers["Content-Disposition"]
    assert StoredDocument.objects.count() == 2
    assert {name: rows for name, rows in every_row().items() if name != "StoredDocument"} == {
        name: rows for name, rows in before.items() if name != "StoredDocument"
    }


def test_a_statement_comes_for_a_month_and_on_paper(api: Api, buyer: User, seller: User) -> None:
    due = invoice(buyer, seller)
    paid(buyer, due, 40_000)
    [account] = [
        one for one in api.as_(buyer).get("finance/accounts").body["accounts"] if one["code"].endswith("receivable")
    ]
    path, client = f"finance/accounts/{account['id']}/statement", api.as_(buyer)

    month = client.get(path, month=f"{timezone.now():%Y-%m}").body
    paper = client.get(path, format="pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.raw)).pages)

    assert (month["openingMinor"], month["closingMinor"], len(month["entries"])) == (0, 60_000, 2)
    assert client.get(path, month="1999-01").body["closingMinor"] == 0
    assert "600.00" in text
    assert client.get(path, month="2026-13").code == "VALIDATION_FAILED"
    assert client.get(path, month="2026-11", asOf="2026-11-02").fields == ["month"]
