"""A trade with invoices and payments, in which everything happens that can; each thing when it is first asked for."""

from decimal import Decimal
from functools import cached_property
from uuid import UUID

from accounts.models import Business, User
from finance import services
from finance.gateways import Disputed, News, PaidOut, Payment, Refunded
from finance.models import Account, CreditNote, Dispute, Invoice, LedgerTransaction, PaymentIntent, Payout, Refund
from finance.models.chart import Place
from finance.services import InvoiceDraft, LineDraft
from finance.services.intents import Source
from finance.services.provider_news import take_news
from finance.sql import Category, Kind, Leg, Movement, Phase
from finance.tests.clean_ledger import CleanLedger
from finance.tests.payment_staging import begun
from finance.tests.staging import hold, open_line

FEE = 100
"""What the provider keeps of each payment."""

State = PaymentIntent.State


class Trade:
    """The two businesses of a clean ledger trade on; the provider says what the stage lets it say."""

    def __init__(self, ledger: CleanLedger) -> None:
        """Let the buyer owe more; both sides pay the taxes of one state of India."""
        self.buyer, self.seller = _owner(ledger.receivable), _owner(ledger.payable)
        Business.objects.filter(memberships__user__in=[self.buyer, self.seller]).update(gst_number="27AAPFU0939F1ZV")
        open_line(Business.objects.get(memberships__user=self.buyer), 10_000_000)

    def complete(self) -> "Trade":
        """Let everything happen."""
        for name, thing in vars(type(self)).items():
            if isinstance(thing, cached_property):
                getattr(self, name)
        return self

    # An invoice that was paid and refunded in part

    @cached_property
    def paid(self) -> Invoice:
        return self._deliver(1_000)

    @cached_property
    def payment(self) -> PaymentIntent:
        return self._succeed(begun(self.buyer, self.paid))

    @cached_property
    def refunded(self) -> Refund:
        return self._refund(self.payment, 100_00, Refund.State.SUCCEEDED)

    @cached_property
    def refused(self) -> Refund:
        return self._refund(self.payment, 50_00, Refund.State.FAILED)

    @cached_property
    def refunding(self) -> Refund:
        return self._refund(self.payment, 70_00)

    @cached_property
    def refund_credit(self) -> CreditNote:
        return CreditNote.objects.get(refund=self.refunded)

    # One that was paid twice: what was too much came back, and was refunded again

    @cached_property
    def paid_twice(self) -> PaymentIntent:
        invoice = self._deliver(300)
        first, second = begun(self.buyer, invoice), begun(self.buyer, invoice)
        self._succeed(first)
        return self._succeed(second)

    @cached_property
    def bounced(self) -> Refund:
        return self._refund(self.paid_twice, 300_00, Refund.State.SUCCEEDED, Refund.State.FAILED)

    @cached_property
    def overpaid(self) -> Refund:
        return self._refund(self.paid_twice, 200_00, Refund.State.SUCCEEDED)

    # One that is due still, but for a credit note; payments of it wait

    @cached_property
    def due(self) -> Invoice:
        return self._deliver(200)

    @cached_property
    def credit(self) -> CreditNote:
        return services.credit_invoice(actor=self.seller, invoice_id=self.due.id, amount=40_00, reason="Broken")

    @cached_property
    def begun(self) -> PaymentIntent:
        return begun(self.buyer, self.due)

    @cached_property
    def processing(self) -> PaymentIntent:
        intent = begun(self.buyer, self.due)
        services.confirm_payment(actor=self.buyer, payment_id=intent.id)
        _tell(_payment(intent, State.PROCESSING))
        return intent

    @cached_property
    def authorized(self) -> PaymentIntent:
        intent = begun(self.buyer, self.due, is_captured_later=True)
        _tell(_payment(intent, State.REQUIRES_CAPTURE, capturable=intent.amount))
        return intent

    @cached_property
    def declined(self) -> PaymentIntent:
        intent = begun(self.buyer, self.due)
        _tell(_payment(intent, State.FAILED))
        return intent

    @cached_property
    def by_hand(self) -> PaymentIntent:
        return begun(self.buyer, self.due, method="bank_transfer")

    # Disputes and payouts

    @cached_property
    def disputed(self) -> Dispute:
        return self._dispute(500, Dispute.State.UNDER_REVIEW)

    @cached_property
    def won(self) -> Dispute:
        return self._dispute(400, Dispute.State.WON)

    @cached_property
    def paid_out(self) -> Payout:
        return self._pay_out(60_00, Payout.State.PAID)

    @cached_property
    def sent_back(self) -> Payout:
        return self._pay_out(50_00, Payout.State.FAILED)

    @cached_property
    def came_back(self) -> Payout:
        payout = self._pay_out(30_00, Payout.State.PAID)
        _tell(PaidOut(reference=payout.provider_ref, payout_id=payout.id, state=Payout.State.FAILED))
        return Payout.objects.get(id=payout.id)

    @cached_property
    def paying_out(self) -> Payout:
        return self._pay_out(40_00, Payout.State.PENDING)

    def _deliver(self, price: int) -> Invoice:
        """Deliver goods for so many rupees, and for some more with a discount and a tax."""
        plain = LineDraft(description="Kurtas", quantity=Decimal(1), unit="pieces", unit_price=Decimal(price))
        taxed = LineDraft(
            description="Cloth",
            quantity=Decimal("2.5"),
            unit="metres",
            unit_price=Decimal("33.333333"),
            tax_rate=Decimal(5),
            discount=3_33,
        )
        held = hold(self.buyer, self.seller, (price + 100) * 100).hold_id
        return services.settle_purchase(actor=self.seller, hold_id=held, draft=InvoiceDraft(lines=[plain, taxed]))

    def _succeed(self, intent: PaymentIntent) -> PaymentIntent:
        _tell(_payment(intent, State.SUCCEEDED, fee=FEE))
        return PaymentIntent.objects.get(id=intent.id)

    def _refund(self, intent: PaymentIntent, amount: int, *states: Refund.State) -> Refund:
        refund = services.refund_payment(actor=self.seller, payment_id=intent.id, amount=amount, reason="Returned")
        for state in (Refund.State.PENDING, *states):
            reference = f"re_{refund.number}"
            _tell(Refunded(reference=reference, payment=_reference(intent), refund_id=refund.id, state=state))
        return Refund.objects.get(id=refund.id)

    def _dispute(self, price: int, state: Dispute.State) -> Dispute:
        intent = self._succeed(begun(self.buyer, self._deliver(price)))
        reference = f"dp_{intent.number}"
        for told in (Dispute.State.NEEDS_RESPONSE, state):
            _tell(Disputed(reference=reference, payment=_reference(intent), state=told, amount=intent.captured))
        return Dispute.objects.get(provider_ref=reference)

    def _pay_out(self, amount: int, state: Payout.State) -> Payout:
        payout = services.request_payout(actor=self.seller, currency=self.paid.currency, amount=amount)
        _tell(PaidOut(reference=f"po_{payout.number}", payout_id=payout.id, state=state))
        return Payout.objects.get(id=payout.id)


def booked(reference: str) -> LedgerTransaction:
    """Return what was booked under a reference."""
    return LedgerTransaction.objects.get(reference=reference)


def _payment(intent: PaymentIntent, state: State, *, capturable: int = 0, fee: int = 0) -> Payment:
    return Payment(reference=_reference(intent), intent_id=intent.id, state=state, capturable=capturable, fee=fee)


def _reference(intent: PaymentIntent) -> str:
    return f"ch_{intent.number}"


def _tell(news: News) -> None:
    assert take_news("fake", news, source=Source.REPLY)


def _owner(account: Account) -> User:
    return User.objects.get(membership__business=account.business, membership__role="owner")


def forge(kind: Kind, reference: str, debit: Place, credit: Place, amount: int = 5) -> UUID:
    """Record a movement that no paper stands on; for the ledger alone it is sound."""
    debited, credited = services.open_accounts([debit, credit])
    leg = Leg(phase=Phase.SINGLE, debit_id=debited.id, credit_id=credited.id, amount=amount, currency=debit.currency)
    movement = Movement(kind=kind, category=Category.REFUND, reference=reference, legs=(leg,), is_correction=True)
    return services.record(movement).id
