"""Corruptions of payments, of their history, and of the work of asking providers."""

from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from finance.models import PaymentChange, PaymentIntent, ProviderCall, chart
from finance.services.ledger import undo
from finance.sql import Kind
from finance.tests.clean_ledger import CleanLedger
from finance.tests.corruptions.corruption import corruption
from finance.tests.corruptions.trade import Trade, booked, forge
from finance.tests.tampering import change, delete, run, unguarded
from wholexale.common.ids import new_id
from wholexale.common.numbers import numbers_of

FEES, LOSSES, CASH = chart.fees("INR"), chart.losses("INR"), chart.cash("fake", "INR")
AS_PAID = ("PAYMENT_HISTORY_DRIFT", "INVOICE_BALANCE_DRIFT", "PROVIDER_CASH_DRIFT")
"""What another captured amount makes wrong."""


@corruption("PAYMENT_NOT_OF_INVOICE")
def a_payment_is_in_another_currency(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).begun.id, currency="USD")


@corruption("PAYMENT_NOT_OF_INVOICE")
def a_payment_goes_the_other_way(ledger: CleanLedger) -> UUID:
    begun = Trade(ledger).begun
    return change(PaymentIntent, begun.id, payer_id=begun.payee_id, payee_id=begun.payer_id)


@corruption("PAYMENT_NOT_OF_INVOICE", "PAYMENT_BOOKED_OTHERWISE")
def a_payment_that_was_made_goes_the_other_way(ledger: CleanLedger) -> UUID:
    paid = Trade(ledger).payment
    return change(PaymentIntent, paid.id, payer_id=paid.payee_id, payee_id=paid.payer_id)


@corruption("PAYMENT_STATE_MISMATCH")
def nothing_of_an_authorized_payment_can_be_captured(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).authorized.id, capturable=0)


@corruption("PAYMENT_STATE_MISMATCH")
def nobody_knows_when_a_payment_was_made(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).payment.id, captured_at=None)


@corruption("PAYMENT_STATE_MISMATCH", "PROVIDER_CASH_DRIFT")
def the_provider_has_kept_something_of_nothing(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).begun.id, provider_fee=1)


@corruption("PAYMENT_NOT_BOOKED", *AS_PAID)
def a_declined_payment_has_succeeded(ledger: CleanLedger) -> UUID:
    declined = Trade(ledger).declined.id
    return change(PaymentIntent, declined, state="succeeded", captured=F("amount"), captured_at=timezone.now())


@corruption("PAYMENT_BOOKED_UNPAID", *AS_PAID)
def a_payment_that_was_made_has_failed(ledger: CleanLedger) -> UUID:
    paid = Trade(ledger).payment.id
    return change(PaymentIntent, paid, state="failed", captured=0, captured_at=None, provider_fee=0)


@corruption("PAYMENT_BOOKED_OTHERWISE", "PROVIDER_CASH_DRIFT")
def the_provider_has_kept_less(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).payment.id, provider_fee=F("provider_fee") - 10)


@corruption("PAYMENT_BOOKED_OTHERWISE", *AS_PAID)
def less_was_captured(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).payment.id, captured=F("captured") - 1)


@corruption("PAYMENT_BOOKED_OTHERWISE", "REFUND_HOLD_MISMATCH", "PROVIDER_CASH_DRIFT")
def a_payment_was_made_at_another_provider(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).refunded.intent_id, provider="manual")


@corruption("PAYMENT_REFUNDS_DRIFT", "PAYMENT_HISTORY_DRIFT")
def nothing_waits_to_be_refunded(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).refunding.intent_id, refunding=0)


@corruption("PAYMENT_DISPUTES_DRIFT", "PAYMENT_HISTORY_DRIFT", "PROVIDER_CASH_DRIFT")
def nothing_of_a_payment_is_disputed(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).disputed.intent_id, disputed=0)


@corruption("PAYMENT_HISTORY_DRIFT")
def a_payment_is_in_another_state(ledger: CleanLedger) -> UUID:
    return change(PaymentIntent, Trade(ledger).begun.id, state="requires_action")


@corruption("PAYMENT_HISTORY_DRIFT")
def the_last_change_of_a_payment_was_deleted(ledger: CleanLedger) -> UUID:
    payment = Trade(ledger).payment
    with unguarded():
        delete(PaymentChange.objects.filter(intent=payment, number=payment.version))
    return payment.id


@corruption("PAYMENT_HISTORY_DRIFT")
def a_payment_has_a_change_that_it_does_not_know_of(ledger: CleanLedger) -> UUID:
    by_hand = Trade(ledger).by_hand
    PaymentChange.objects.create(
        intent=by_hand, number=3, old_state="requires_action", new_state="failed", captured=0, refunded=0, refunding=0,
        disputed=0, source="staff",
    )  # fmt: skip
    return by_hand.id


@corruption("PAYMENT_HISTORY_CHAIN")
def the_first_change_of_a_payment_was_deleted(ledger: CleanLedger) -> UUID:
    first, second = _changes(Trade(ledger).payment)[:2]
    with unguarded():
        delete(PaymentChange.objects.filter(id=first.id))
    return second.id


@corruption("PAYMENT_HISTORY_CHAIN")
def a_change_of_a_payment_begins_with_another_state(ledger: CleanLedger) -> UUID:
    with unguarded():
        return change(PaymentChange, _changes(Trade(ledger).payment)[-1].id, old_state="failed")


@corruption("PAYMENT_OVERDUE")
def a_payment_waits_longer_than_it_may(ledger: CleanLedger) -> UUID:
    begun = Trade(ledger).begun
    begun.calls.filter(kind="create").update(state="done")
    three_hours_ago = timezone.now() - timedelta(hours=3)
    return change(PaymentIntent, begun.id, provider_ref="ch_begun", expires_at=three_hours_ago)


@corruption("PROVIDER_WATCH_MISSING")
def nobody_looks_after_a_payment(ledger: CleanLedger) -> UUID:
    processing = Trade(ledger).processing
    delete(processing.calls.filter(kind="watch"))
    return processing.id


@corruption("PROVIDER_WATCH_MISSING")
def nobody_looks_after_a_payout_any_more(ledger: CleanLedger) -> UUID:
    paying_out = Trade(ledger).paying_out
    paying_out.calls.filter(kind="watch").update(state="done")
    return paying_out.id


@corruption("PROVIDER_WATCH_DEAD")
def looking_after_a_refund_was_given_up(ledger: CleanLedger) -> UUID:
    refunding = Trade(ledger).refunding
    refunding.calls.filter(kind="watch").update(state="dead")
    return refunding.id


@corruption("PROVIDER_WATCH_LATE")
def somebody_looks_after_a_payment_tomorrow(ledger: CleanLedger) -> UUID:
    authorized = Trade(ledger).authorized
    authorized.calls.filter(kind="watch").update(run_at=timezone.now() + timedelta(days=1))
    return authorized.id


@corruption("PROVIDER_CALL_DEAD")
def asking_for_a_payout_was_given_up(ledger: CleanLedger) -> UUID:
    paying_out = Trade(ledger).paying_out
    paying_out.calls.filter(kind="payout").update(state="dead")
    return paying_out.id


@corruption("PROVIDER_CALL_MISSING")
def the_provider_is_never_told_of_a_payment(ledger: CleanLedger) -> UUID:
    begun = Trade(ledger).begun
    delete(ProviderCall.objects.filter(intent=begun, kind="create"))
    return begun.id


@corruption("PAPER_MISSING", "PROVIDER_CASH_DRIFT")
def money_came_in_for_no_payment(ledger: CleanLedger) -> UUID:
    return forge(Kind.REPAYMENT, f"payment:{new_id()}", CASH, LOSSES)


@corruption("PAPER_MISSING")
def a_refund_was_booked_once_more(ledger: CleanLedger) -> UUID:
    return forge(Kind.REFUND, f"refund:{Trade(ledger).refunded.id}:again", FEES, LOSSES)


@corruption("PAPER_MISSING")
def a_refund_was_booked_that_there_is_not(ledger: CleanLedger) -> UUID:
    return forge(Kind.REFUND, "refund:not an id:paid", FEES, LOSSES)


@corruption("PAPER_MISSING")
def a_payout_was_booked_that_there_is_not(ledger: CleanLedger) -> UUID:
    return forge(Kind.PAYOUT, f"payout:{new_id()}:paid", FEES, LOSSES)


@corruption("PAPER_MISSING")
def a_chargeback_was_booked_without_dispute(ledger: CleanLedger) -> UUID:
    return forge(Kind.CHARGEBACK, "dispute:forged", FEES, LOSSES)


@corruption("PAPER_MISSING")
def a_credit_was_booked_without_credit_note(ledger: CleanLedger) -> UUID:
    return forge(Kind.CREDIT_NOTE, "credit:forged", FEES, LOSSES)


@corruption("PAPER_REVERSED")
def what_a_payment_brought_in_was_reversed(ledger: CleanLedger) -> UUID:
    original = booked(f"payment:{Trade(ledger).payment.id}")
    return undo(original, actor_id=None, reason="A mistake").id


@corruption("PAPER_REVERSED")
def what_an_invoice_is_over_was_reversed(ledger: CleanLedger) -> UUID:
    return undo(Trade(ledger).due.transaction, actor_id=None, reason="A mistake").id


@corruption("PAPER_REVERSED")
def a_refund_was_reversed(ledger: CleanLedger) -> UUID:
    original = booked(f"refund:{Trade(ledger).refunded.id}:paid")
    return undo(original, actor_id=None, reason="A mistake").id


@corruption("PROVIDER_CASH_DRIFT")
def money_left_the_provider_beside_the_papers(ledger: CleanLedger) -> str:
    forge(Kind.REFUND, f"refund:{Trade(ledger).overpaid.id}:released", LOSSES, CASH)
    return CASH.code


@corruption("PAPER_SEQUENCE_BEHIND", vendor="postgresql")
def the_sequence_of_the_numbers_of_payments_was_set_back(ledger: CleanLedger) -> str:
    assert Trade(ledger).payment.number
    sequence = numbers_of(PaymentIntent)
    run(f"ALTER SEQUENCE {sequence} RESTART")  # unlike setval, this is undone with the transaction
    return sequence


def _changes(intent: PaymentIntent) -> list[PaymentChange]:
    return list(intent.changes.order_by("number"))
