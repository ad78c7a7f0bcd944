"""What keeps the ledger's history as it was written, on both databases; put in place after every migration.

SQLite lacks the composite foreign key that ties the currency of a transfer to those of its accounts: a trigger stands
for it.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from finance.sql import function
from wholexale.common.guards import InsertOnly

INSERT_ONLY = (
    "finance_ledgertransaction",
    "finance_transfer",
    "finance_entry",
    "finance_creditlinechange",
    "finance_invoice",
    "finance_invoiceline",
    "finance_creditnote",
    "finance_storeddocument",
    "finance_paymentevent",
    "finance_paymentchange",
)

_CURRENCY = """
    BEFORE INSERT ON finance_transfer
    WHEN 2 <> (
        SELECT count(*) FROM finance_account
        WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) AND currency = NEW.currency
    )
    BEGIN SELECT RAISE(ABORT, 'finance_transfer: an account has another currency'); END
"""
_GUARDS = InsertOnly("finance", INSERT_ONLY, on_sqlite=[("finance_transfer_currency", "finance_transfer", _CURRENCY)])

remove = _GUARDS.remove
missing = _GUARDS.missing
changed = _GUARDS.changed


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard in place, and the ledger's function with them; harmless where they are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            function.install(cursor)
    _GUARDS.install(connection)
