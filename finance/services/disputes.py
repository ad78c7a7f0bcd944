"""Disputes: the payer's bank has taken the money back; it comes from the seller as far as that goes, else from us."""

from django.utils import timezone

from finance.gateways import Disputed
from finance.models import Account, Balance, Dispute, LedgerTransaction, PaymentEvent, PaymentIntent, chart
from finance.services.intents import Source, State, change_intent
from finance.services.ledger import lock_accounts, open_accounts, record, undo
from finance.services.papers import about_payment
from finance.sql import Category, Kind, Leg, Movement, Phase
from wholexale.common.errors import Conflict


class ToldTooEarly(Conflict):
    """What is told follows from something that we have not heard of yet: tell it again."""

    default_code = "TOLD_TOO_EARLY"
    default_detail = "We have not heard yet of what this follows from. Please tell it again."


def take_dispute(intent: PaymentIntent, news: Disputed, *, source: Source, event: PaymentEvent | None = None) -> None:
    """Let what is told of a dispute take effect, under the lock of its payment; it only goes forward.

    Args:
        intent: as it is under the lock.
        news: how the dispute stands at the provider.
        source: how we know.
        event: the webhook, where it came by one.

    Raises:
        ToldTooEarly: we do not know yet that the payment was made.
    """
    dispute = intent.disputes.filter(provider_ref=news.reference).first()
    if dispute is None:
        if intent.state != State.SUCCEEDED:
            raise ToldTooEarly
        dispute = _open(intent, news)
    elif dispute.state in Dispute.CLOSED or news.state == Dispute.State.NEEDS_RESPONSE:
        return
    dispute.state, dispute.respond_by = news.state, news.respond_by or dispute.respond_by
    if dispute.state in Dispute.CLOSED:
        dispute.closed_at = timezone.now()
    if dispute.state == Dispute.State.WON:
        undo(dispute.transaction, actor_id=None, reason=f"Dispute {news.reference} won")
        intent.disputed -= dispute.amount
    dispute.save()
    change_intent(intent, source=source, event=event, note=f"Dispute {news.reference}: {dispute.get_state_display()}")


def _open(intent: PaymentIntent, news: Disputed) -> Dispute:
    """Book what the bank has taken: from the seller what the seller is owed, from us what is left."""
    payable, losses, cash = open_accounts(
        [
            chart.payable(intent.payee_id, intent.currency),
            chart.losses(intent.currency),
            chart.cash(intent.provider, intent.currency),
        ]
    )
    amount = min(news.amount, intent.captured)
    balances = lock_accounts([payable.id, losses.id, cash.id])
    of_seller = max(0, min(amount, _available(balances[payable.id])))
    parts = [(payable, of_seller), (losses, amount - of_seller)]
    recorded = record(
        Movement(
            kind=Kind.CHARGEBACK,
            category=Category.REFUND,
            reference=f"dispute:{intent.id}:{news.reference}",
            legs=tuple(_leg(account, cash, part, intent.currency) for account, part in parts if part),
            about=about_payment(intent),
            payment_method=intent.method,
            description=f"Dispute of {intent}: {news.reason or 'no reason given'}"[:500],
            is_correction=True,
        )
    )
    intent.disputed += amount
    return Dispute(
        intent=intent,
        provider_ref=news.reference,
        amount=amount,
        reason=news.reason[:120],
        transaction=LedgerTransaction.objects.get(id=recorded.id),
    )


def _leg(account: Account, cash: Account, amount: int, currency: str) -> Leg:
    return Leg(phase=Phase.SINGLE, debit_id=account.id, credit_id=cash.id, amount=amount, currency=currency)


def _available(balance: Balance) -> int:
    return balance.credits_posted - balance.debits_posted - balance.debits_pending
