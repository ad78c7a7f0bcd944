"""What the rows of the app mean."""

from finance.models.credit import CreditLine, CreditLineChange, CreditRequest
from finance.models.fake import (
    FakeAnswer,
    FakeCharge,
    FakeDispute,
    FakeEntry,
    FakePayout,
    FakeRefund,
    FakeWebhook,
)
from finance.models.invoices import (
    CreditNote,
    DocumentCounter,
    Invoice,
    InvoiceBalance,
    InvoiceLine,
    StoredDocument,
)
from finance.models.ledger import Account, Balance, Entry, HoldExpiry, LedgerCheck, LedgerTransaction, Transfer
from finance.models.payments import (
    Dispute,
    PaymentChange,
    PaymentEvent,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
)
from finance.models.spending import Spend, SpendingLimit, SpendingWindow

__all__ = [
    "Account",
    "Balance",
    "CreditLine",
    "CreditLineChange",
    "CreditNote",
    "CreditRequest",
    "Dispute",
    "DocumentCounter",
    "Entry",
    "FakeAnswer",
    "FakeCharge",
    "FakeDispute",
    "FakeEntry",
    "FakePayout",
    "FakeRefund",
    "FakeWebhook",
    "HoldExpiry",
    "Invoice",
    "InvoiceBalance",
    "InvoiceLine",
    "LedgerCheck",
    "LedgerTransaction",
    "PaymentChange",
    "PaymentEvent",
    "PaymentIntent",
    "Payout",
    "ProviderCall",
    "Refund",
    "Spend",
    "SpendingLimit",
    "SpendingWindow",
    "StoredDocument",
    "Transfer",
]
