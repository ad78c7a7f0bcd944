"""Writes: the ledger, holds, credit, spending, invoices and payments. Callers use this module, not those below it."""

from finance.services.by_hand import receive_payment, reject_payment, settle_payout, settle_refund
from finance.services.credit import review_credit, set_credit_limit, set_credit_status
from finance.services.crediting import credit_invoice
from finance.services.documents import keep_document
from finance.services.holds import Held, Purchase, capture_hold, expire_hold, hold_credit, release_hold
from finance.services.invoicing import settle_purchase
from finance.services.ledger import has_papers, open_accounts, record, reverse_transaction, set_account_status
from finance.services.payments import (
    PaymentWish,
    Way,
    cancel_payment,
    capture_payment,
    confirm_payment,
    start_payment,
)
from finance.services.payouts import request_payout
from finance.services.prepaying import Prepayment, return_prepayments, start_prepayment
from finance.services.provider_calls import make_call
from finance.services.reckoning import InvoiceDraft, LineDraft, Reckoning, reckon
from finance.services.reconciling import Discord, Discrepancy, Reconciliation, Sum, reconcile
from finance.services.refunds import refund_payment
from finance.services.repayments import Correction, Direction, adjust_credit, record_repayment
from finance.services.requests import (
    approve_credit_request,
    reject_credit_request,
    request_credit,
    withdraw_credit_request,
)
from finance.services.spending import remove_spending_limit, set_spending_limit
from finance.services.verifying import Finding, Outcome, find_drift, verify_ledger
from finance.services.webhooks import hear_provider
from finance.sql import About, Subject

__all__ = [
    "About",
    "Correction",
    "Direction",
    "Discord",
    "Discrepancy",
    "Finding",
    "Held",
    "InvoiceDraft",
    "LineDraft",
    "Outcome",
    "PaymentWish",
    "Prepayment",
    "Purchase",
    "Reckoning",
    "Reconciliation",
    "Subject",
    "Sum",
    "Way",
    "adjust_credit",
    "approve_credit_request",
    "cancel_payment",
    "capture_hold",
    "capture_payment",
    "confirm_payment",
    "credit_invoice",
    "expire_hold",
    "find_drift",
    "has_papers",
    "hear_provider",
    "hold_credit",
    "keep_document",
    "make_call",
    "open_accounts",
    "receive_payment",
    "reckon",
    "reconcile",
    "record",
    "record_repayment",
    "refund_payment",
    "reject_credit_request",
    "reject_payment",
    "release_hold",
    "remove_spending_limit",
    "request_credit",
    "request_payout",
    "return_prepayments",
    "reverse_transaction",
    "review_credit",
    "set_account_status",
    "set_credit_limit",
    "set_credit_status",
    "set_spending_limit",
    "settle_payout",
    "settle_purchase",
    "settle_refund",
    "start_payment",
    "start_prepayment",
    "verify_ledger",
    "withdraw_credit_request",
]
