"""`/api/finance/invoices` and `/api/finance/credit-notes`."""

from http import HTTPStatus

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import business_id, caller
from finance import selectors, services
from finance.serializers import invoices as shapes, papers, sheets
from wholexale.common.api import endpoint, file_stream, paginate
from wholexale.common.ids import id_from_path

PDF = "application/pdf"


class InvoicesView(APIView):
    """`finance/invoices`."""

    @endpoint(
        query=shapes.InvoiceQuery,
        returns=shapes.InvoicePage,
        streams=("text/csv",),
        errors={400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED", 403: "INSUFFICIENT_PERMISSIONS"},
    )
    def get(self, request: Request, query: shapes.InvoiceQuery) -> shapes.InvoicePage | StreamingHttpResponse:
        """List the invoices that the caller's business has issued or got, newest first; all of them as a CSV file."""
        rows = selectors.own_invoices(actor=caller(request), wanted=query.wanted())
        if query.format == "csv":
            parts = sheets.invoice_csv(selectors.in_batches(rows))
            return file_stream(parts, media_type=sheets.MEDIA_TYPE, file_name="invoices.csv")
        invoices, pagination = paginate(rows, query, shapes.invoice_list(business_id(request)))
        return shapes.InvoicePage(invoices=invoices, pagination=pagination)


class InvoiceView(APIView):
    """`finance/invoices/:id`."""

    @endpoint(
        returns=shapes.InvoiceFound,
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, INVOICE_NOT_FOUND"},
    )
    def get(self, request: Request, invoice: str) -> shapes.InvoiceFound:
        """Read an invoice with its lines, taxes and credit notes."""
        chosen = id_from_path(invoice, missing=selectors.invoice_not_found())
        found = selectors.access_invoice(actor=caller(request), invoice_id=chosen)
        return shapes.InvoiceFound(invoice=shapes.whole_invoice(found, business_id(request)))


class InvoiceFileView(APIView):
    """`finance/invoices/:id/pdf`."""

    @endpoint(
        returns=None,
        streams=(PDF,),
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, INVOICE_NOT_FOUND"},
    )
    def get(self, request: Request, invoice: str) -> StreamingHttpResponse:
        """Get an invoice as it is printed: the same bytes each time."""
        chosen = id_from_path(invoice, missing=selectors.invoice_not_found())
        found = selectors.access_invoice(actor=caller(request), invoice_id=chosen)
        content = services.keep_document(invoice=found, make=lambda: papers.invoice_file(found))
        return file_stream([content], media_type=PDF, file_name=f"{found.invoice_number}.pdf")


class CreditNotesView(APIView):
    """`finance/invoices/:id/credit-notes`."""

    @endpoint(
        body=shapes.CreditNoteBody,
        returns=shapes.CreditNoteMade,
        status=HTTPStatus.CREATED,
        errors={
            400: "VALIDATION_FAILED, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE, CREDIT_EXCEEDS_INVOICE",
            403: "INSUFFICIENT_PERMISSIONS",
            404: "BUSINESS_NOT_FOUND, INVOICE_NOT_FOUND",
            409: "INSUFFICIENT_FUNDS, ACCOUNT_FROZEN",
        },
        idempotent=True,
    )
    def post(self, request: Request, invoice: str, body: shapes.CreditNoteBody) -> shapes.CreditNoteMade:
        """Take an amount off an invoice that the caller's business has issued."""
        actor, chosen = caller(request), id_from_path(invoice, missing=selectors.invoice_not_found())
        currency = selectors.access_invoice(actor=actor, invoice_id=chosen).currency
        note = services.credit_invoice(actor=actor, invoice_id=chosen, amount=body.minor(currency), reason=body.text())
        found = selectors.access_invoice(actor=actor, invoice_id=chosen)
        return shapes.CreditNoteMade(
            message="The credit note was issued.",
            credit_note=shapes.credit_note(note, found),
            invoice=shapes.whole_invoice(found, business_id(request)),
        )


class CreditNoteFileView(APIView):
    """`finance/credit-notes/:id/pdf`."""

    @endpoint(
        returns=None,
        streams=(PDF,),
        errors={403: "INSUFFICIENT_PERMISSIONS", 404: "BUSINESS_NOT_FOUND, CREDIT_NOTE_NOT_FOUND"},
    )
    def get(self, request: Request, note: str) -> StreamingHttpResponse:
        """Get a credit note as it is printed: the same bytes each time."""
        chosen = id_from_path(note, missing=selectors.credit_note_not_found())
        found = selectors.access_credit_note(actor=caller(request), credit_note_id=chosen)
        content = services.keep_document(credit_note=found, make=lambda: papers.credit_note_file(found))
        return file_stream([content], media_type=PDF, file_name=f"{found.credit_note_number}.pdf")
