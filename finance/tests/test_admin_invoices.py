"""Staff sees what was charged and what is left of it, prints it, and takes something off it; the front page counts."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from finance import services
from finance.admin import attention
from finance.models import (
    CreditNote,
    Dispute,
    Invoice,
    InvoiceBalance,
    LedgerTransaction,
    PaymentIntent,
    ProviderCall,
    Refund,
    StoredDocument,
)
from finance.selectors import invoice_status
from finance.selectors.invoices import invoices
from finance.tests.admin_staging import Desk, action_url, clerk, complaints, said
from finance.tests.document_staging import text as text_of
from finance.tests.payment_staging import begun, confirmed, draft, invoice, owed_by, owed_to, paid
from finance.tests.staging import business_of, every_row, hold, lender, open_line
from wholexale.common.admin import admin_url, list_url, say_number

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("webhooks"), pytest.mark.once]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def due(buyer: User, seller: User) -> Invoice:
    return invoice(buyer, seller, 500_000, reference="PO-77")


@pytest.fixture
def note(due: Invoice, seller: User) -> CreditNote:
    return services.credit_invoice(actor=seller, invoice_id=due.id, amount=30_000, reason="Late delivery")


def pdf_url(row: Invoice | CreditNote) -> str:
    return reverse(f"admin:finance_{row._meta.model_name}_pdf", args=[row.pk])


def long_ago() -> dict[str, Any]:
    """Return the days of an invoice that has been due for a month."""
    day = timezone.now().date() - timedelta(days=60)
    return {"issued_on": day, "due_on": day + timedelta(days=30)}


def received(buyer: User, due: Invoice, amount: int) -> PaymentIntent:
    """Let money come by hand."""
    payment = begun(buyer, due, amount, method="cash")
    return services.receive_payment(actor=lender(), payment_id=payment.id, reason="At the counter")


def tiles(desk: Desk) -> dict[str, Any]:
    return {tile.name: tile for tile in desk.client.get(reverse("admin:index")).context["tiles"]}


# Reading


def test_the_page_of_an_invoice_shows_what_became_of_it_and_leads_on(
    desk: Desk, buyer: User, due: Invoice, note: CreditNote
) -> None:
    payment = received(buyer, due, 100_000)

    page = desk.row(due).content.decode()

    for amount in ("5,000.00 INR", "300.00 INR", "1,000.00 INR", "3,700.00 INR"):  # total, credited, paid, due
        assert f'<span class="money">{amount}</span>' in page
    for row in (note, payment, due.transaction):
        assert admin_url(row) in page
    assert "Cotton kurtas" in page
    assert pdf_url(due) in page
    movements = list_url(LedgerTransaction, subject_id=str(due.pk))
    assert movements in page
    assert desk.client.get(movements).context["cl"].result_count == 3  # the fee, the credit, the payment


def test_an_invoice_without_a_balance_opens(desk: Desk, due: Invoice) -> None:
    InvoiceBalance.objects.all().delete()

    assert desk.rows(Invoice).status_code == 200
    assert desk.row(due).status_code == 200


def test_documents_are_found_by_all_that_people_call_them(desk: Desk, due: Invoice, note: CreditNote) -> None:
    for text in (due.invoice_number, due.invoice_number.lower(), "PO-77", str(due.id), "Corner Shop", "cotton"):
        assert list(desk.rows(Invoice, q=text).context["cl"].result_list) == [due]
    for text in (note.credit_note_number, due.invoice_number, str(note.id), "corner"):
        assert list(desk.rows(CreditNote, q=text).context["cl"].result_list) == [note]
    assert desk.rows(Invoice, q="INV-1999-000001").context["cl"].result_count == 0


def test_invoices_are_filtered_by_how_they_stand(desk: Desk, buyer: User, seller: User) -> None:
    standing = {
        "issued": invoice(buyer, seller),
        "partially_paid": invoice(buyer, seller),
        "overdue": invoice(buyer, seller, **long_ago()),
        "paid": invoice(buyer, seller),
        "credited": invoice(buyer, seller),
    }
    received(buyer, standing["partially_paid"], 40_000)
    received(buyer, standing["paid"], 100_000)
    services.credit_invoice(actor=seller, invoice_id=standing["credited"].id, amount=None, reason="Lost")

    for status, one in standing.items():
        assert invoice_status(invoices().get(id=one.id), attention.today()) == status
        assert list(desk.rows(Invoice, status=status).context["cl"].result_list) == [one]
    assert desk.rows(Invoice, status="overpaid").context["cl"].result_count == 0

    services.credit_invoice(actor=seller, invoice_id=standing["paid"].id, amount=1, reason="One more")
    assert list(desk.rows(Invoice, status="overpaid").context["cl"].result_list) == [standing["paid"]]


@pytest.mark.parametrize(
    ("parts", "digits", "text"), [(1500, 3, "1.5"), (100_000, 3, "100"), (1_250_125_000, 6, "1,250.125"), (0, 2, "0")]
)
def test_numbers_are_exact_and_without_zeros_at_their_end(parts: int, digits: int, text: str) -> None:
    assert say_number(parts, digits=digits) == text


# Printing


def test_documents_are_printed_and_stay_the_same_bytes(desk: Desk, due: Invoice, note: CreditNote) -> None:
    for row in (due, note):
        first, second = (desk.client.get(pdf_url(row)) for _ in range(2))
        assert first["Content-Type"] == "application/pdf"
        assert first["Content-Disposition"] == f'inline; filename="{row}.pdf"'
        assert first.content == second.content
        assert str(row) in text_of(first.content)
    assert StoredDocument.objects.count() == 2


def test_only_who_sees_a_document_prints_it(due: Invoice, buyer: User) -> None:
    assert Desk(clerk("view_invoice")).client.get(pdf_url(due)).status_code == 200
    assert Desk(clerk("view_creditnote", name="other")).client.get(pdf_url(due)).status_code == 403
    assert Desk(buyer).client.get(pdf_url(due)).status_code == 302
    assert Desk().client.post(pdf_url(due)).status_code == 405
    assert Desk().client.get(pdf_url(due).replace(str(due.pk), str(uuid4()))).status_code == 404


# Crediting


def test_a_credit_note_is_issued(desk: Desk, buyer: User, seller: User, due: Invoice) -> None:
    before = owed_to(seller)
    page = desk.page(due, "credit")

    done = desk.do(due, "credit", amount="120.50", reason="Torn seams")

    note = CreditNote.objects.get()
    assert b"over at most 5,000.00 INR" in page.content
    assert said(done) == [f"120.50 INR was taken off {due} by {note}."]
    assert (note.amount, note.reason, note.issued_by) == (12_050, "Torn seams", desk.user)
    assert (owed_by(buyer), owed_to(seller)) == (500_000 - 12_050, before - 12_050)
    assert LogEntry.objects.get().change_message == "Issue a credit note: Torn seams"


def test_a_page_that_is_sent_twice_credits_once(desk: Desk, due: Invoice) -> None:
    send = partial(desk.send, action_url(due, "credit"), token=str(uuid4()), amount="10")

    first, second = send(), send()

    assert CreditNote.objects.count() == 1
    assert said(second) == [f"This was done before, and not again: {said(first)[0]}"]


def test_more_than_is_left_is_not_credited(desk: Desk, due: Invoice, note: CreditNote) -> None:
    before = every_row()

    refused = desk.do(due, "credit", amount="4700.01")

    assert complaints(refused)["__all__"] == [
        "The amount is above what there is. (CREDIT_EXCEEDS_INVOICE) Available: 4,700.00 INR."
    ]
    assert every_row() == before


def test_what_is_credited_whole_is_not_credited_again(desk: Desk, buyer: User, seller: User, due: Invoice) -> None:
    invoice(buyer, seller, 500_000)  # the fee is not given back: the seller must be owed more than the invoice
    assert desk.offered(due) == ["Issue a credit note"]

    desk.do(due, "credit", amount="5000")

    assert desk.offered(due) == []


def test_more_than_the_seller_is_owed_is_not_credited(desk: Desk, due: Invoice) -> None:
    refused = desk.do(due, "credit", amount="5000")

    assert "(INSUFFICIENT_FUNDS)" in complaints(refused)["__all__"][0]
    assert not CreditNote.objects.exists()


def test_who_may_not_book_credits_nothing(due: Invoice) -> None:
    reader = Desk(clerk("view_invoice"))

    assert reader.offered(due) == []
    assert reader.page(due, "credit").status_code == 403
    assert reader.send(action_url(due, "credit"), token=str(uuid4()), amount="1").status_code == 403
    assert not CreditNote.objects.exists()


# The front page


def test_without_payments_all_is_well(desk: Desk) -> None:
    words = {name: (tile.colour, tile.word) for name, tile in tiles(desk).items()}

    assert words["Providers"] == ("green", "all asked")
    assert words["Payments"] == ("green", "in time")
    assert words["Disputes"] == ("green", "none to answer")
    assert words["Refunds"] == ("green", "in time")
    assert words["Overdue"] == ("green", "nothing")


def test_what_a_provider_was_not_asked_for_long_is_red(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = begun(buyer, due)
    assert tiles(desk)["Providers"].colour == "green"

    ProviderCall.objects.update(created_at=timezone.now() - timedelta(hours=2), attempts=3)

    tile = tiles(desk)["Providers"]
    assert (tile.colour, tile.word) == ("red", "no answer")
    assert f"the create of {payment}, has waited for 2\xa0hours, and was tried 3 times" in tile.text
    assert tile.url == list_url(ProviderCall, state__exact="pending")


def test_what_a_provider_will_never_be_asked_is_red(desk: Desk, buyer: User, due: Invoice) -> None:
    payment = begun(buyer, due)
    ProviderCall.objects.filter(kind="watch").update(state="dead", last_error="Unavailable: away")

    tile = tiles(desk)["Providers"]

    assert (tile.colour, tile.word) == ("red", "dead")
    assert tile.text == f"The watch of {payment} has failed for good: Unavailable: away."
    assert tile.url == list_url(ProviderCall, state__exact="dead")


def test_a_watch_that_waits_is_well(desk: Desk, buyer: User, due: Invoice) -> None:
    begun(buyer, due)
    ProviderCall.objects.filter(kind="create").delete()
    ProviderCall.objects.update(created_at=timezone.now() - timedelta(hours=20))

    assert tiles(desk)["Providers"].colour == "green"


def test_payments_and_refunds_that_take_too_long_are_red(
    desk: Desk, buyer: User, seller: User, due: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(buyer, due, 100)
    by_hand = received(buyer, due, 100_000)
    services.refund_payment(actor=seller, payment_id=by_hand.id, amount=100, reason="Torn seams")
    assert {tiles(desk)[name].colour for name in ("Payments", "Refunds")} == {"green"}

    monkeypatch.setattr(attention, "SLOW_PAYMENT", -attention.SLOW_PAYMENT)
    monkeypatch.setattr(attention, "SLOW_REFUND", -attention.SLOW_REFUND)

    for name, model in (("Payments", PaymentIntent), ("Refunds", Refund)):
        tile = tiles(desk)[name]
        assert (tile.colour, tile.word, tile.url) == ("red", "1 slow", list_url(model, state="slow"))
        assert desk.client.get(tile.url).context["cl"].result_count == 1


def test_a_dispute_that_wants_an_answer_is_red(desk: Desk, buyer: User, due: Invoice) -> None:
    paid(buyer, due, 100_012)

    tile = tiles(desk)["Disputes"]

    assert (tile.colour, tile.word) == ("red", "1 to answer")
    assert tile.text.endswith(" UTC, at the provider.")
    assert desk.client.get(tile.url).context["cl"].result_count == Dispute.objects.count() == 1


def test_what_is_overdue_is_summed_by_currency(desk: Desk, buyer: User, seller: User, due: Invoice) -> None:
    received(buyer, invoice(buyer, seller, **long_ago()), 30_000)
    invoice(buyer, seller, 200_000, **long_ago())
    open_line(business_of(buyer), 100_000, "USD")
    held = hold(buyer, seller, 50_000, "USD").hold_id
    services.settle_purchase(actor=seller, hold_id=held, draft=draft(50_000, **long_ago()))

    tile = tiles(desk)["Overdue"]

    assert (tile.colour, tile.word, tile.text) == ("amber", "3 invoices", "2,700.00 INR, 500.00 USD.")
    assert tile.url == list_url(Invoice, status="overdue")
    assert desk.client.get(tile.url).context["cl"].result_count == 3
