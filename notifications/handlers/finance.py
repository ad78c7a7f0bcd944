"""Money: those who may see the finances of a business are told what has come, gone or failed."""

from uuid import UUID

from accounts.models import Permission
from finance import selectors as finance_selectors
from finance.events import CreditLineChanged, CreditMoved, InvoiceIssued, PaymentStateChanged, RefundSettled
from finance.selectors import PaymentGist
from notifications.handlers.showing import Telling, amount, money, people_of
from notifications.models import Type
from notifications.services import Notice, notify
from wholexale.common.clock import database_now

_CREDIT_ADDED = Telling(Type.CREDIT_ADDED, "credit-added")
_CREDIT_USED = Telling(Type.CREDIT_DEDUCTED, "credit-deducted")
_ACTIVE = "active"
_SUCCEEDED = "succeeded"
_FAILED = {"failed", "canceled"}
_OF_INTEREST = {"purchase", "repayment", "release", "expiry", "credit_note", "refund", "reversal", "adjustment"}
"""Kinds of transactions that change what may be bought; that a purchase is charged, its hold has said before."""


def tell_payment(fact: PaymentStateChanged) -> None:
    """Tell both sides that a payment has come, and the payer that it has failed."""
    if fact.state != _SUCCEEDED and fact.state not in _FAILED:
        return
    has_come = fact.state == _SUCCEEDED
    sides = [fact.payer_id, fact.payee_id] if has_come else [fact.payer_id]
    gist = finance_selectors.payment_gist(fact.intent_id)
    notify(
        Notice(
            type=Type.PAYMENT_RECEIVED if has_come else Type.PAYMENT_FAILED,
            to=people_of(sides, Permission.FINANCE_VIEW, but=fact.actor_id),
            template="payment-success" if has_come else "payment-failed",
            values=_payment_values(gist, fact.intent_id),
            data=_payment_data(gist, fact.intent_id),
            fact=fact.type,
            thread_id=f"payment-{fact.intent_id}",
        )
    )


def tell_refund(fact: RefundSettled) -> None:
    """Tell the payer that a refund was paid, and the payee that it has failed: both, where it came back."""
    is_paid = fact.state == _SUCCEEDED
    sides = [fact.payer_id] if is_paid or fact.was_paid else []
    sides += [] if is_paid else [fact.payee_id]
    gist = finance_selectors.payment_gist(fact.intent_id)
    sums = {"amount": money(fact.amount, fact.currency), "reason": fact.reason or "-"}
    named = amount(fact.amount, fact.currency) | {"refundId": str(fact.refund_id)}
    notify(
        Notice(
            type=Type.PAYMENT_RECEIVED if is_paid else Type.PAYMENT_FAILED,
            to=people_of(sides, Permission.FINANCE_VIEW, but=fact.actor_id),
            template="payment-refunded" if is_paid else "refund-failed",
            values=_payment_values(gist, fact.intent_id) | sums,
            data=_payment_data(gist, fact.intent_id) | named,
            fact=fact.type,
            thread_id=f"payment-{fact.intent_id}",
        )
    )


def tell_invoice(fact: InvoiceIssued) -> None:
    """Tell the buyer what is due, and until when."""
    gist = finance_selectors.invoice_gist(fact.invoice_id)
    notify(
        Notice(
            type=Type.REMINDER,
            to=people_of([fact.buyer_id], Permission.FINANCE_VIEW, but=fact.actor_id),
            template="invoice-issued",
            values={
                "sender": gist.seller,
                "invoice": gist.number,
                "amount": money(gist.total, gist.currency),
                "due_date": gist.due_on.isoformat(),
                "link": f"/invoices/{fact.invoice_id}",
            },
            data=amount(gist.total, gist.currency) | {"invoiceId": str(fact.invoice_id), "invoiceNumber": gist.number},
            fact=fact.type,
            actions=[{"label": "Pay", "type": "primary", "action": "make_payment"}],
        )
    )


def tell_credit_moved(fact: CreditMoved) -> None:
    """Tell a business that it may buy more, or less, than before."""
    if fact.kind not in _OF_INTEREST or not fact.amount:
        return
    people = people_of([fact.business_id], Permission.FINANCE_VIEW, but=fact.actor_id)
    telling = _CREDIT_ADDED if fact.is_more else _CREDIT_USED
    _tell_credit(fact, telling, people, fact.amount, {"transactionId": str(fact.transaction_id)})


def tell_credit_line(fact: CreditLineChanged) -> None:
    """Tell a business that it has a credit line, or that the limit or the status of one was changed."""
    people = people_of([fact.business_id], Permission.FINANCE_VIEW, but=fact.actor_id)
    change = abs(fact.new_limit - fact.old_limit)
    _tell_credit(fact, _line_telling(fact), people, change, {"creditStatus": fact.new_status})


def _line_telling(fact: CreditLineChanged) -> Telling:
    if not fact.old_status:
        return Telling(Type.CREDIT_ADDED, "credit-line.opened")
    if fact.new_status != fact.old_status:
        is_good = fact.new_status == _ACTIVE
        return Telling(Type.CREDIT_ADDED if is_good else Type.SYSTEM_UPDATE, f"credit-line.{fact.new_status}")
    if fact.new_limit > fact.old_limit:
        return _CREDIT_ADDED
    return Telling(Type.SYSTEM_UPDATE, "credit-line.lowered")


def _tell_credit(
    fact: CreditMoved | CreditLineChanged,
    telling: Telling,
    people: list[UUID],
    minor: int,
    named: dict[str, str | int],
) -> None:
    if not people:
        return
    gist = finance_selectors.credit_gist(fact.line_id)
    notify(
        Notice(
            type=telling.type,
            to=people,
            template=telling.template,
            values={
                "amount": money(minor, fact.currency),
                "balance": money(gist.available, fact.currency),
                "limit": money(gist.limit, fact.currency),
                "link": "/credit",
            },
            data=amount(minor, fact.currency) | named,
            fact=fact.type,
        )
    )


def _payment_values(gist: PaymentGist, intent_id: UUID) -> dict[str, str]:
    return {
        "amount": money(gist.amount, gist.currency),
        "payment": gist.number,
        "invoice": gist.paper,
        "date": f"{database_now():%Y-%m-%d}",
        "reason": gist.failure or "-",
        "link": f"/payments/{intent_id}",
    }


def _payment_data(gist: PaymentGist, intent_id: UUID) -> dict[str, str | int]:
    data = amount(gist.amount, gist.currency) | {"paymentId": str(intent_id), "paymentNumber": gist.number}
    papers = {"invoiceId": gist.invoice_id, "orderId": gist.order_id}
    return data | {name: str(paper_id) for name, paper_id in papers.items() if paper_id}
