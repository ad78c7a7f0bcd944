"""Corruptions of the money that goes out: refunds, disputes and payouts."""

from uuid import UUID

from django.db.models import F

from finance.models import CreditNote, Dispute, LedgerTransaction, Payout, Refund, chart
from finance.sql import Kind
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.corruptions.trade import Trade, forge
from finance.tests.tampering import change, unguarded


@corruption("REFUND_HOLD_MISMATCH")
def a_refund_is_of_other_money(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).refused.id, origin="overpayment")


@corruption("REFUND_HOLD_MISMATCH", "PAYMENT_REFUNDS_DRIFT")
def a_refund_is_of_more_than_is_held(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).refunding.id, amount=F("amount") + 1)


@corruption("REFUND_STATE_MISMATCH", "PAYMENT_REFUNDS_DRIFT")
def a_refund_that_was_refused_has_succeeded(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).refused.id, state="succeeded")


@corruption("REFUND_STATE_MISMATCH", "PAYMENT_REFUNDS_DRIFT")
def a_refund_that_was_paid_waits(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).refunded.id, state="pending", settled_at=None)


@corruption("REFUND_STATE_MISMATCH", "PAYMENT_REFUNDS_DRIFT")
def a_refund_that_came_back_did_not(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).bounced.id, state="succeeded")


@corruption("REFUND_STATE_MISMATCH")
def nobody_knows_when_a_refund_was_paid(ledger: CleanLedger) -> UUID:
    return change(Refund, Trade(ledger).refunded.id, settled_at=None)


@corruption("REFUND_RETURN_MISMATCH", "PAYMENT_REFUNDS_DRIFT", "PROVIDER_CASH_DRIFT", "RECEIVABLE_DRIFT")
def less_came_back_than_was_refunded(ledger: CleanLedger) -> UUID:
    refund = Trade(ledger).overpaid
    receivable = chart.receivable(refund.intent.payer_id, "INR")
    forge(Kind.REFUND, f"refund:{refund.id}:returned", chart.cash("fake", "INR"), receivable, refund.amount - 1)
    return change(Refund, refund.id, state="failed")


@corruption("REFUND_CREDIT_NOTE_MISMATCH")
def a_credit_note_is_of_another_refund(ledger: CleanLedger) -> UUID:
    trade = Trade(ledger)
    with unguarded():
        change(CreditNote, trade.refund_credit.id, refund_id=trade.refused.id)
    return trade.refunded.id


@corruption("REFUND_CREDIT_NOTE_MISMATCH")
def a_refund_that_was_refused_has_a_credit_note(ledger: CleanLedger) -> UUID:
    trade = Trade(ledger)
    with unguarded():
        change(CreditNote, trade.refund_credit.id, refund_id=trade.refused.id)
    return trade.refused.id


@corruption("REFUND_CREDIT_NOTE_MISMATCH", "INVOICE_BALANCE_DRIFT")
def a_refund_was_credited_on_another_invoice(ledger: CleanLedger) -> UUID:
    trade = Trade(ledger)
    with unguarded():
        change(CreditNote, trade.refund_credit.id, invoice_id=trade.due.id)
    return trade.refunded.id


@corruption("DISPUTE_NOT_AS_BOOKED")
def a_dispute_has_another_name(ledger: CleanLedger) -> UUID:
    return change(Dispute, Trade(ledger).disputed.id, provider_ref="dp_other")


@corruption("DISPUTE_NOT_AS_BOOKED", "PAYMENT_DISPUTES_DRIFT")
def a_dispute_is_about_less(ledger: CleanLedger) -> UUID:
    return change(Dispute, Trade(ledger).disputed.id, amount=F("amount") - 1)


@corruption("DISPUTE_STATE_MISMATCH", "PAYMENT_DISPUTES_DRIFT")
def a_dispute_that_was_won_was_lost(ledger: CleanLedger) -> UUID:
    return change(Dispute, Trade(ledger).won.id, state="lost")


@corruption("DISPUTE_STATE_MISMATCH")
def nobody_knows_when_a_dispute_was_won(ledger: CleanLedger) -> UUID:
    return change(Dispute, Trade(ledger).won.id, closed_at=None)


@corruption("PAYOUT_HOLD_MISMATCH")
def a_payout_is_of_more_than_was_held(ledger: CleanLedger) -> UUID:
    return change(Payout, Trade(ledger).sent_back.id, amount=F("amount") + 1)


@corruption("PAYOUT_HOLD_MISMATCH")
def a_payout_is_of_another_business(ledger: CleanLedger) -> UUID:
    trade = Trade(ledger)
    return change(Payout, trade.paying_out.id, business_id=trade.paid.buyer_id)


@corruption("PAYOUT_HOLD_MISMATCH", "PAPER_MISSING")
def a_payout_is_held_under_another_name(ledger: CleanLedger) -> UUID:
    payout = Trade(ledger).paying_out
    with unguarded():
        change(LedgerTransaction, payout.hold.transaction_id, reference="payout:other:held")
    return payout.id


@corruption("PAYOUT_STATE_MISMATCH", "PROVIDER_CASH_DRIFT")
def a_payout_that_has_arrived_has_failed(ledger: CleanLedger) -> UUID:
    return change(Payout, Trade(ledger).paid_out.id, state="failed")


@corruption("PAYOUT_STATE_MISMATCH", "PROVIDER_CASH_DRIFT")
def a_payout_that_came_back_did_not(ledger: CleanLedger) -> UUID:
    return change(Payout, Trade(ledger).came_back.id, state="paid")


@corruption("PAYOUT_RETURN_MISMATCH", "PROVIDER_CASH_DRIFT")
def less_came_back_than_was_paid_out(ledger: CleanLedger) -> UUID:
    payout = Trade(ledger).paid_out
    payable = chart.payable(payout.business_id, "INR")
    forge(Kind.PAYOUT, f"payout:{payout.id}:returned", chart.cash("fake", "INR"), payable, payout.amount - 1)
    return change(Payout, payout.id, state="failed")


@corruption("PAYOUT_STATE_MISMATCH")
def nobody_knows_when_a_payout_failed(ledger: CleanLedger) -> UUID:
    return change(Payout, Trade(ledger).sent_back.id, settled_at=None)
