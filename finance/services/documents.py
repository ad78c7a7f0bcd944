"""Files of documents: made when they are first asked for, and the same bytes from then on."""

import hashlib
from collections.abc import Callable

from finance.models import CreditNote, Invoice, StoredDocument


def keep_document(
    *, make: Callable[[], bytes], invoice: Invoice | None = None, credit_note: CreditNote | None = None
) -> bytes:
    """Return the file of a document, made and kept when it is first asked for; of two who ask at once, one keeps.

    Args:
        make: makes the file.
        invoice: whose file it is, or
        credit_note: whose it is.
    """
    known = StoredDocument.objects.filter(invoice=invoice, credit_note=credit_note)
    kept = known.first()
    if kept is None:
        content = make()
        digest = hashlib.sha256(content).hexdigest()
        row = StoredDocument(invoice=invoice, credit_note=credit_note, content=content, sha256=digest)
        StoredDocument.objects.bulk_create([row], ignore_conflicts=True)
        kept = known.get()
    return bytes(kept.content)
