"""An audit of payments by their own arithmetic: the papers, the ledger and the fake provider's books, side by side."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from finance.models import (
    Balance,
    CreditNote,
    Dispute,
    DocumentCounter,
    FakeCharge,
    FakeDispute,
    FakeEntry,
    FakePayout,
    FakeRefund,
    FakeWebhook,
    Invoice,
    PaymentIntent,
    Payout,
    ProviderCall,
    Refund,
    Transfer,
    chart,
)
from finance.models.chart import Place
from finance.tests.ledger_audit import read_rows, violations

WAITING = ("pending", "leased")
HOLDS_MONEY = {"requires_action", "processing", "requires_capture", "succeeded"}


def problems() -> list[str]:
    """Return a sentence for everything about payments that does not add up, at any moment."""
    return [*violations(read_rows()), *_Papers().findings(), *_Provider().findings()]


def disagreements() -> list[str]:
    """Return a sentence for everything in which the provider's books and ours differ, once nothing is on its way."""
    return [*problems(), *_Provider().differences(), *_open_work()]


def platform_fee(invoice: Invoice) -> tuple[int, int]:
    """Return what the platform takes of an invoice, and the tax on that: percentages, rounded half up."""
    fee = _percentage(invoice.subtotal - invoice.discount, settings.PLATFORM_FEE)
    return fee, _percentage(fee, settings.PLATFORM_FEE_TAX)


def _percentage(amount: int, hundredths: int) -> int:
    return (amount * hundredths + 5_000) // 10_000


class _Papers:
    """Invoices, payments, refunds, disputes and payouts, and what they make of each account."""

    def __init__(self) -> None:
        self.intents = {one.id: one for one in PaymentIntent.objects.all()}
        self.refunds = list(Refund.objects.all())
        self.disputes = list(Dispute.objects.prefetch_related("transaction__transfers__debit_account"))
        self.notes = list(CreditNote.objects.all())
        self.posted: Counter[tuple[str, str]] = Counter()
        self.held: Counter[tuple[str, str]] = Counter()

    def findings(self) -> Iterator[str]:
        yield from self._payments()
        yield from self._histories()
        yield from self._invoices()
        yield from self._numbers()
        yield from self._count_disputes()
        self._count_purchases()
        self._count_refunds()
        self._count_payouts()
        yield from self._accounts()

    def _payments(self) -> Iterator[str]:
        sums: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
        for refund in self.refunds:
            sums[refund.intent_id][refund.state] += refund.amount
        for dispute in self.disputes:
            sums[dispute.intent_id]["disputed"] += dispute.amount * (dispute.state != "won")
        for one in self.intents.values():
            own = sums[one.id]
            if (one.refunded, one.refunding, one.disputed) != (own["succeeded"], own["pending"], own["disputed"]):
                yield f"{one} says {one.refunded}, {one.refunding}, {one.disputed}, it is {dict(own)}"
            if one.refunded + one.refunding > one.captured:
                yield f"{one} pays back {one.refunded} and {one.refunding} of {one.captured}"
            self._post(chart.cash(one.provider, one.currency), one.captured - one.provider_fee)
            self._post(chart.provider_fees(one.provider, one.currency), one.provider_fee)

    def _histories(self) -> Iterator[str]:
        """Every change is written down, the next one beginning where the last one ended."""
        for one in PaymentIntent.objects.prefetch_related("changes"):
            steps = sorted(one.changes.all(), key=lambda step: step.number)
            if [step.number for step in steps] != list(range(1, one.version + 1)):
                yield f"the changes of {one} have gaps"
            if [step.old_state for step in steps] != ["", *(step.new_state for step in steps[:-1])]:
                yield f"a change of {one} does not begin where the last one ended"
            now = (one.state, one.captured, one.refunded, one.refunding, one.disputed)
            if [(s.new_state, s.captured, s.refunded, s.refunding, s.disputed) for s in steps[-1:]] != [now]:
                yield f"the last change of {one} does not say {now}"

    def _invoices(self) -> Iterator[str]:
        sums: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
        for one in (intent for intent in self.intents.values() if intent.invoice_id):
            assert one.invoice_id is not None
            sums[one.invoice_id].update(paid=one.captured, refunded=one.refunded)
        for note in self.notes:
            sums[note.invoice_id]["credited"] += note.amount
        for invoice in Invoice.objects.select_related("balance"):
            stands, own = invoice.balance, sums[invoice.id]
            if (stands.credited, stands.paid, stands.refunded) != (own["credited"], own["paid"], own["refunded"]):
                yield f"{invoice} says {stands.credited}, {stands.paid}, {stands.refunded}, it is {dict(own)}"
            if stands.credited > invoice.total:
                yield f"{invoice} of {invoice.total} is credited with {stands.credited}"
            fee, tax = platform_fee(invoice)
            sold, currency = invoice.total - own["credited"], invoice.currency
            self._post(chart.receivable(invoice.buyer_id, currency), sold - own["paid"] + own["refunded"])
            self._post(chart.payable(invoice.seller_id, currency), sold - fee - tax)
            self._post(chart.fees(currency), fee)
            self._post(chart.taxes(currency), tax)

    def _numbers(self) -> Iterator[str]:
        """Numbers of papers begin at one and have no gaps."""
        given: defaultdict[tuple[str, UUID, int], list[int]] = defaultdict(list)
        for invoice in Invoice.objects.all():
            given["INV", invoice.seller_id, invoice.year].append(invoice.serial)
        for note in self.notes:
            given["CRN", note.seller_id, note.year].append(note.serial)
        last = {(str(one.kind), one.seller_id, one.year): one.last for one in DocumentCounter.objects.all()}
        for key in given.keys() | last.keys():
            if sorted(given[key]) != list(range(1, last.get(key, 0) + 1)):
                yield f"the numbers {key} are {sorted(given[key])}, and the counter says {last.get(key)}"

    def _count_purchases(self) -> None:
        """What was bought on account is held on both sides until it is settled; it may be without an invoice."""
        for one in Transfer.objects.filter(phase="post", transaction__kind="capture", transaction__invoice=None):
            self.posted[one.debit_account.code, one.currency] += one.amount
            self.posted[one.credit_account.code, one.currency] += one.amount
        open_holds = Transfer.objects.filter(phase="pending", transaction__kind="purchase", resolution=None)
        for hold in open_holds.select_related("debit_account", "credit_account"):
            for account in (hold.debit_account, hold.credit_account):
                self.held[account.code, hold.currency] += hold.amount

    def _count_refunds(self) -> None:
        """What was paid back has left; what waits is held on the account that it is taken from."""
        for refund in self.refunds:
            intent = self.intents[refund.intent_id]
            cash = chart.cash(intent.provider, intent.currency)
            is_sellers = refund.origin == Refund.Origin.SELLER
            payable = chart.payable(intent.payee_id, intent.currency)
            source = payable if is_sellers else chart.receivable(intent.payer_id, intent.currency)
            self._post(cash, -refund.amount * (refund.state == "succeeded"))
            for place in (source, cash):
                self._hold(place, refund.amount * (refund.state == "pending"))

    def _count_disputes(self) -> Iterator[str]:
        for dispute in self.disputes:
            taken = list(dispute.transaction.transfers.all())
            if sum(one.amount for one in taken) != dispute.amount:
                yield f"{dispute} is booked with {[one.amount for one in taken]}"
            intent = self.intents[dispute.intent_id]
            payable, losses = chart.payable(intent.payee_id, intent.currency), chart.losses(intent.currency)
            for one in taken if dispute.state != "won" else ():
                self._post(chart.cash(intent.provider, intent.currency), -one.amount)
                if one.debit_account.code == payable.code:
                    self._post(payable, -one.amount)
                else:
                    self._post(losses, one.amount)

    def _count_payouts(self) -> None:
        for payout in Payout.objects.all():
            for place in (
                chart.payable(payout.business_id, payout.currency),
                chart.cash(payout.provider, payout.currency),
            ):
                self._post(place, -payout.amount * (payout.state == "paid"))
                self._hold(place, payout.amount * (payout.state == "pending"))

    def _accounts(self) -> Iterator[str]:
        rows = {(one.account.code, one.account.currency): one for one in Balance.objects.select_related("account")}
        for key in rows.keys() | self.posted.keys() | self.held.keys():
            row = rows.get(key)
            found = (row.posted, row.debits_pending + row.credits_pending) if row else (0, 0)
            if found != (self.posted[key], self.held[key]):
                expected = f"the papers say {self.posted[key]} and {self.held[key]}"
                yield f"{key[0]} has {found[0]} and holds {found[1]}, {expected}"

    def _post(self, place: Place, amount: int) -> None:
        self.posted[place.code, place.currency] += amount

    def _hold(self, place: Place, amount: int) -> None:
        self.held[place.code, place.currency] += amount


class _Provider:
    """The books of the fake provider, beside ours."""

    def __init__(self) -> None:
        self.charges = {one.intent_id: one for one in FakeCharge.objects.all()}

    def findings(self) -> Iterator[str]:
        """Yield what must never be, whatever is still on its way."""
        if len(self.charges) != FakeCharge.objects.count():
            yield "two charges of one payment were opened"
        for charge in self.charges.values():
            if charge.charges != bool(charge.captured):
                yield f"{charge} was charged {charge.charges} times"
        left: Counter[str] = Counter()
        for entry in FakeEntry.objects.filter(type="refund"):
            left[entry.reference] += entry.amount
        for made in FakeRefund.objects.all():
            if left[made.reference] != -made.amount * (made.state == "succeeded"):
                yield f"{made} of {made.amount} has moved {left[made.reference]}"

    def differences(self) -> Iterator[str]:
        """Yield what must not differ in the end."""
        yield from self._payments()
        yield from self._refunds()
        yield from self._disputes()
        yield from self._payouts()
        yield from self._statement()

    def _payments(self) -> Iterator[str]:
        for one in PaymentIntent.objects.filter(provider="fake"):
            charge = self.charges.get(one.id, FakeCharge())
            if one.captured != charge.captured:
                yield f"{one} is {one.state} with {one.captured}, there it is {charge.state} with {charge.captured}"
            if one.state != charge.state and charge.state in HOLDS_MONEY:
                yield f"{one} is {one.state}, there it is {charge.state}"

    def _refunds(self) -> Iterator[str]:
        made = dict(FakeRefund.objects.values_list("refund_id", "state"))
        for one in Refund.objects.filter(intent__provider="fake"):
            if one.state != made.pop(one.id, "failed"):
                yield f"{one} is {one.state}, there it is not"
        yield from (f"a refund {one} was made that we do not know" for one in made)

    def _disputes(self) -> Iterator[str]:
        opened = FakeDispute.objects.filter(opened_at__lte=timezone.now())
        theirs = {(one.reference, one.amount, one.state) for one in opened}
        ours = {(one.provider_ref, one.amount, one.state) for one in Dispute.objects.all()}
        yield from (f"only one of us knows the dispute {one}" for one in theirs ^ ours)

    def _payouts(self) -> Iterator[str]:
        made = dict(FakePayout.objects.values_list("payout_id", "state"))
        for one in Payout.objects.filter(provider="fake"):
            if one.state != made.pop(one.id, "failed"):
                yield f"{one} is {one.state}, there it is not"
        yield from (f"a payout {one} was made that we do not know" for one in made)

    def _statement(self) -> Iterator[str]:
        sums: Counter[str] = Counter()
        for entry in FakeEntry.objects.filter(at__lte=timezone.now()):
            sums[entry.currency] += entry.amount - entry.fee
        ours = {
            one.account.currency: one.posted
            for one in Balance.objects.select_related("account").filter(account__code="gateway:fake:cash")
        }
        for currency in sums.keys() | ours.keys():
            if sums[currency] != ours.get(currency, 0):
                yield f"their statement comes to {sums[currency]} {currency}, our account to {ours.get(currency, 0)}"


def _open_work() -> Iterator[str]:
    for call in ProviderCall.objects.exclude(state="done"):
        if call.state == "dead" or call.kind != ProviderCall.Kind.WATCH:  # whoever looks after something may go on
            yield f"the call {call} is {call.state}: {call.last_error}"
    yield from (
        f"the webhook {one} is {one.state}: {one.last_error}" for one in FakeWebhook.objects.exclude(state="done")
    )
