"""Corruptions of invoices and credit notes, of what became of them, of their numbers and files."""

from uuid import UUID

from django.db.models import F

from accounts.models import Business
from finance import services
from finance.models import (
    CreditNote,
    DocumentCounter,
    Invoice,
    InvoiceBalance,
    InvoiceLine,
    LedgerTransaction,
    StoredDocument,
    chart,
)
from finance.services.crediting import write_credit_note
from finance.services.papers import lock_balance, next_serial
from finance.sql import Kind, Recorded
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.corruptions.trade import Trade, forge
from finance.tests.tampering import change, delete, unguarded


@corruption("INVOICE_NOT_AS_POSTED", "INVOICE_LINES_DRIFT", "RECEIVABLE_DRIFT")
def an_invoice_is_over_more_than_was_posted(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, subtotal=F("subtotal") + 1, total=F("total") + 1)


@corruption("INVOICE_NOT_AS_POSTED", "RECEIVABLE_DRIFT")
def an_invoice_is_in_another_currency(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, currency="USD")


@corruption("INVOICE_NOT_AS_POSTED", "RECEIVABLE_DRIFT")
def an_invoice_is_for_another_buyer(ledger: CleanLedger) -> UUID:
    stranger = Business.objects.create(name="Stranger", slug="stranger")
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, buyer_id=stranger.id)


@corruption("INVOICE_LINES_DRIFT")
def a_line_was_deleted(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    with unguarded():
        delete(InvoiceLine.objects.filter(invoice=due, position=2))
    return due.id


@corruption("INVOICE_LINES_DRIFT")
def an_invoice_has_no_lines(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    with unguarded():
        delete(InvoiceLine.objects.filter(invoice=due))
    return due.id


@corruption("INVOICE_LINES_DRIFT")
def a_line_was_renumbered(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    with unguarded():
        change(InvoiceLine, _line(due).id, position=7)
    return due.id


@corruption("INVOICE_TAXES_DRIFT")
def an_invoice_has_lost_its_taxes(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, taxes=[])


@corruption("INVOICE_TAXES_DRIFT")
def the_taxes_of_an_invoice_are_no_list(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, taxes={"amount": "much"})


@corruption("INVOICE_TAXES_DRIFT")
def the_taxes_of_an_invoice_are_words(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(Invoice, Trade(ledger).due.id, taxes=["CGST", {"amount": None}, 7])


@corruption("INVOICE_BALANCE_MISSING", "RECEIVABLE_DRIFT")
def an_invoice_has_no_balance(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    delete(InvoiceBalance.objects.filter(invoice=due))
    return due.id


@corruption("INVOICE_BALANCE_DRIFT", "RECEIVABLE_DRIFT")
def an_invoice_says_that_it_was_paid(ledger: CleanLedger) -> UUID:
    return change(InvoiceBalance, Trade(ledger).due.id, paid=1)


@corruption("INVOICE_BALANCE_DRIFT")
def an_invoice_says_that_more_came_and_went(ledger: CleanLedger) -> UUID:
    paid = Trade(ledger).payment.invoice_id
    assert paid is not None
    return change(InvoiceBalance, paid, paid=F("paid") + 5, refunded=F("refunded") + 5)


@corruption("INVOICE_OVERCREDITED", "INVOICE_CREDITED_TAX_DRIFT")
def more_was_credited_than_an_invoice_comes_to(ledger: CleanLedger) -> UUID:
    trade = Trade(ledger)
    due, amount = trade.credit.invoice, trade.due.total
    number = next_serial(due.seller, DocumentCounter.Kind.CREDIT_NOTE)
    reference = f"credit:{due.id}:{number.year}-{number.serial}"
    payable, receivable = chart.payable(due.seller_id, "INR"), chart.receivable(due.buyer_id, "INR")
    row = LedgerTransaction.objects.get(id=forge(Kind.CREDIT_NOTE, reference, payable, receivable, amount))
    recorded = Recorded(id=row.id, number=row.number, at=row.created_at)
    write_credit_note(lock_balance(due), number, amount, recorded=recorded, reason="Twice", actor=None)
    return due.id


@corruption("INVOICE_CREDITED_TAX_DRIFT")
def a_credit_note_takes_off_more_tax_than_there_is(ledger: CleanLedger) -> UUID:
    credit = Trade(ledger).credit
    tax = credit.invoice.tax + 1
    with unguarded():
        change(CreditNote, credit.id, tax=tax, taxes=[{"label": "IGST", "rate": 500, "amount": tax}])
    return credit.invoice_id


@corruption("CREDIT_NOTE_NOT_AS_BOOKED")
def a_credit_note_is_booked_under_another_name(ledger: CleanLedger) -> UUID:
    credit = Trade(ledger).credit
    with unguarded():
        change(LedgerTransaction, credit.transaction_id, reference="credit:other")
    return credit.id


@corruption("CREDIT_NOTE_NOT_AS_BOOKED", "INVOICE_BALANCE_DRIFT")
def a_credit_note_is_over_less(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(CreditNote, Trade(ledger).credit.id, amount=F("amount") - 1)


@corruption("CREDIT_NOTE_NOT_AS_BOOKED", "REFUND_CREDIT_NOTE_MISMATCH")
def a_credit_note_forgets_its_refund(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(CreditNote, Trade(ledger).refund_credit.id, refund_id=None)


@corruption("CREDIT_NOTE_TAXES_DRIFT")
def a_credit_note_has_lost_its_taxes(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(CreditNote, Trade(ledger).credit.id, taxes=[])


@corruption("DOCUMENT_NUMBER_GAP")
def an_invoice_was_renumbered_with_its_counter(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    DocumentCounter.objects.filter(seller_id=due.seller_id, kind="INV").update(last=7)
    with unguarded():
        change(Invoice, due.id, serial=7)
    return due.seller_id


@corruption("DOCUMENT_COUNTER_DRIFT")
def a_counter_of_invoices_was_set_on(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    DocumentCounter.objects.filter(seller_id=due.seller_id, kind="INV").update(last=7)
    return due.seller_id


@corruption("DOCUMENT_COUNTER_DRIFT")
def a_counter_of_credit_notes_was_deleted(ledger: CleanLedger) -> UUID:
    credit = Trade(ledger).credit
    delete(DocumentCounter.objects.filter(seller_id=credit.seller_id, kind="CRN"))
    return credit.seller_id


@corruption("RECEIVABLE_DRIFT")
def a_buyer_owes_more_beside_the_papers(ledger: CleanLedger) -> UUID:
    refund = Trade(ledger).overpaid
    receivable = chart.receivable(refund.intent.payer_id, "INR")
    forge(Kind.REFUND, f"refund:{refund.id}:released", receivable, chart.losses("INR"))
    return refund.intent.payer_id


@corruption("INVOICE_LINE_MISRECKONED")
def a_line_has_another_quantity(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(InvoiceLine, _line(Trade(ledger).due).id, quantity=3_000)


@corruption("INVOICE_LINE_MISRECKONED")
def a_line_has_another_tax_rate(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(InvoiceLine, _line(Trade(ledger).due).id, tax_rate=1_200)


@corruption("INVOICE_LINE_MISRECKONED")
def an_invoice_with_tax_is_said_to_have_none(ledger: CleanLedger) -> UUID:
    due = Trade(ledger).due
    with unguarded():
        change(Invoice, due.id, is_reverse_charge=True)
    return _line(due).id


@corruption("DOCUMENT_CHANGED")
def a_file_was_changed(ledger: CleanLedger) -> UUID:
    services.keep_document(make=lambda: b"as it was", invoice=Trade(ledger).due)
    with unguarded():
        return change(StoredDocument, StoredDocument.objects.get().id, content=b"as it was not")


def _line(invoice: Invoice) -> InvoiceLine:
    """Return the line that is taxed."""
    return InvoiceLine.objects.get(invoice=invoice, position=2)
