"""What was paid in advance: it waits on the buyer's account, held for its order, until that is settled.

What is captured is booked as every payment is: the provider's cash against what the buyer owes, which falls below zero.
In the same transaction it is held for the seller, beyond any limit, for the money is there. From then on the order
stands on a hold as an order on account does; the invoice that posts it is paid from its first moment.
"""

from uuid import UUID

from accounts.models import User
from finance.events import PrepaymentMade
from finance.models import Account, Invoice, InvoiceBalance, PaymentIntent, chart
from finance.services.announcing import announce_credit
from finance.services.intents import lock_intent
from finance.services.ledger import lock_accounts, open_accounts, record
from finance.services.papers import about_payment
from finance.services.refunds import make_refund
from finance.sql import Category, Kind, Leg, Movement, Phase
from wholexale.common.events import publish


def lock_for_prepayment(intent: PaymentIntent) -> None:
    """Lock every balance that a payment in advance touches, in one order, because it records more than once."""
    lock_accounts([account.id for account in accounts_of_prepayment(intent)])


def accounts_of_prepayment(intent: PaymentIntent) -> list[Account]:
    """Return the accounts that a payment in advance touches: what is owed, what is due, the provider's cash and fee."""
    return open_accounts(
        [
            chart.receivable(intent.payer_id, intent.currency),
            chart.payable(intent.payee_id, intent.currency),
            chart.cash(intent.provider, intent.currency),
            chart.provider_fees(intent.provider, intent.currency),
        ]
    )


def hold_prepayment(intent: PaymentIntent) -> None:
    """Hold for its order what was just captured of a locked payment, and say so; nothing where it is not all of it.

    A second payment of the same order holds nothing: it was paid too much.
    """
    if intent.order_id is None or intent.invoice_id is not None or intent.captured != intent.amount:
        return
    receivable, payable, *_ = accounts_of_prepayment(intent)
    leg = Leg(
        phase=Phase.PENDING,
        debit_id=receivable.id,
        credit_id=payable.id,
        amount=intent.amount,
        currency=intent.currency,
    )
    recorded = record(
        Movement(
            kind=Kind.PURCHASE,
            category=Category.ORDER_PAYMENT,
            reference=f"order:{intent.order_id}",
            legs=(leg,),
            about=about_payment(intent),
            payment_method="credit_balance",
            description=f"Hold for {intent.order_number}, paid in advance",
            is_correction=True,
        )
    )
    if recorded.is_replay:
        return
    intent.hold_id = leg.id
    announce_credit(recorded)
    publish(PrepaymentMade(payment_id=intent.id, order_id=intent.order_id, hold_id=leg.id))


def lock_prepayment(hold_id: UUID) -> PaymentIntent | None:
    """Lock the payment that a hold came of, before its invoice and any balance; None for a hold on account."""
    found = PaymentIntent.objects.filter(hold_id=hold_id).values_list("id", flat=True).first()
    return lock_intent(found) if found else None


def pay_by_prepayment(invoice: Invoice, intent: PaymentIntent, actor: User | None) -> None:
    """Count on a new invoice what was paid in advance for it, and pay back what is more than it comes to."""
    intent.invoice = invoice
    intent.save(update_fields=["invoice", "updated_at"])
    balance = InvoiceBalance.objects.select_related("invoice").get(invoice=invoice)
    balance.paid, balance.refunded = intent.captured, intent.refunded
    balance.save(update_fields=["paid", "refunded", "updated_at"])
    too_much = min(-balance.due, intent.refundable)
    if too_much > 0:
        reason = f"{invoice.invoice_number} comes to less than was paid in advance"
        make_refund(intent, too_much, reason=reason, actor=actor or intent.created_by)
