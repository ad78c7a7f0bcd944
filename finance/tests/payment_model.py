"""Payments as they should be: what was sold, asked for and heard is kept; what is due and held is counted from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

OK = "ok"
RANKS = {"requires_payment_method": 0, "processing": 1, "requires_action": 1, "requires_capture": 2}
"""How far a payment is; where two are equal, the answer to a question counts, and what is told by itself does not."""

CANCELLABLE = {"requires_payment_method", "requires_action", "requires_capture"}
WAITS_FOR_PAYER = {"requires_payment_method", "requires_action"}


@dataclass(eq=False)
class Back:
    """A refund: of the seller's money, or of what was paid too much. Once it has `left`, it may still come back."""

    amount: int
    is_sellers: bool
    state: str = "pending"
    has_left: bool = False

    def hear(self, state: str) -> None:
        """Take what is told: it succeeds once, and it fails for good."""
        if state == "succeeded" and self.state == "pending":
            self.state, self.has_left = state, True
        if state == "failed":
            self.state = state


@dataclass(eq=False)
class Complaint:
    """A dispute: what the payer's bank has taken, and how much of it the seller had."""

    amount: int
    state: str
    of_seller: int = 0

    @property
    def taken(self) -> int:
        """Return what is gone."""
        return 0 if self.state == "won" else self.amount

    def hear(self, state: str) -> None:
        """Take what is told: it ends once."""
        if self.state == "needs_response":
            self.state = state


@dataclass(eq=False)
class Paid:
    """One payment of a bill."""

    bill: "Bill"
    amount: int
    is_captured_later: bool
    state: str = "requires_payment_method"
    capturable: int = 0
    captured: int = 0
    fee: int = 0
    backs: list[Back] = field(default_factory=list)
    complaints: dict[str, Complaint] = field(default_factory=dict)

    @property
    def refunded(self) -> int:
        """Return what was paid back."""
        return sum(one.amount for one in self.backs if one.state == "succeeded")

    @property
    def refunding(self) -> int:
        """Return what waits to be paid back."""
        return sum(one.amount for one in self.backs if one.state == "pending")

    @property
    def disputed(self) -> int:
        """Return what the payer's bank has."""
        return sum(one.taken for one in self.complaints.values())

    @property
    def refundable(self) -> int:
        """Return what may still be paid back."""
        return self.captured - self.refunded - self.refunding - self.disputed

    def hear(self, state: str, captured: int, fee: int, *, is_answer: bool) -> None:
        """Take what is told: money always counts, an end is an end, and everything else only goes forward."""
        if state == "succeeded" and not self.captured:
            self.state, self.captured, self.fee, self.capturable = state, captured, fee, 0
        elif self.state not in RANKS or state == "succeeded":
            return
        elif state not in RANKS or RANKS[state] + is_answer > RANKS[self.state]:
            self.state = state
            self.capturable = self.amount if state == "requires_capture" else 0


@dataclass(eq=False)
class Bill:
    """An invoice; `fee` is what the platform takes of it, `credits` what the seller gave up."""

    buyer: int
    seller: int
    total: int
    fee: int
    credits: list[int] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)

    @property
    def backs(self) -> list[Back]:
        """Return every refund of what was paid on it."""
        return [back for one in self.payments for back in one.backs]

    @property
    def credited(self) -> int:
        """Return what was taken off it: given up, or paid back out of the seller's money, also if that came back."""
        return sum(self.credits) + sum(one.amount for one in self.backs if one.is_sellers and one.has_left)

    @property
    def paid(self) -> int:
        """Return what was paid on it."""
        return sum(one.captured for one in self.payments)

    @property
    def refunded(self) -> int:
        """Return what was paid back of that."""
        return sum(one.refunded for one in self.payments)

    @property
    def due(self) -> int:
        """Return what is still to be paid."""
        return self.total - self.credited - self.paid + self.refunded

    @property
    def creditable(self) -> int:
        """Return what may still be taken off: what waits to be paid back will be."""
        return self.total - self.credited - self.refunding(is_sellers=True)

    def refunding(self, *, is_sellers: bool) -> int:
        """Return what waits to be paid back, of the seller's money or of what was paid too much."""
        return sum(one.amount for one in self.backs if one.state == "pending" and one.is_sellers == is_sellers)


@dataclass(eq=False)
class TakenOut:
    """A payout."""

    seller: int
    amount: int
    state: str = "pending"

    def hear(self, state: str) -> None:
        """Take what is told: it ends once, but what has arrived may come back."""
        if self.state == "pending" or (self.state == "paid" and state == "failed"):
            self.state = state


@dataclass
class Trade:
    """Everything that was sold, and what became of it."""

    bills: list[Bill] = field(default_factory=list)
    payouts: list[TakenOut] = field(default_factory=list)

    @property
    def payments(self) -> Iterator[Paid]:
        """Yield every payment."""
        return (one for bill in self.bills for one in bill.payments)

    # What the accounts hold

    def owed_by(self, buyer: int) -> tuple[int, int]:
        """Return what a buyer owes, and what waits to be paid back of what was paid too much."""
        own = [one for one in self.bills if one.buyer == buyer]
        return sum(one.due for one in own), sum(one.refunding(is_sellers=False) for one in own)

    def owed_to(self, seller: int) -> tuple[int, int]:
        """Return what a seller is owed, and what of it is on its way elsewhere."""
        own = [one for one in self.bills if one.seller == seller]
        disputes = [one for bill in own for paid in bill.payments for one in paid.complaints.values()]
        outs = [one for one in self.payouts if one.seller == seller]
        posted = (
            sum(one.total - one.fee - one.credited for one in own)
            - sum(one.of_seller for one in disputes if one.taken)
            - sum(one.amount for one in outs if one.state == "paid")
        )
        held = sum(one.refunding(is_sellers=True) for one in own)
        return posted, held + sum(one.amount for one in outs if one.state == "pending")

    def available_to(self, seller: int) -> int:
        """Return what a seller could take out."""
        posted, held = self.owed_to(seller)
        return posted - held

    def cash(self) -> tuple[int, int]:
        """Return what the provider has for us, and what of it is on its way elsewhere."""
        came = sum(one.captured - one.fee - one.refunded - one.disputed for one in self.payments)
        went = sum(one.amount for one in self.payouts if one.state == "paid")
        waits = sum(one.refunding for one in self.payments)
        return came - went, waits + sum(one.amount for one in self.payouts if one.state == "pending")

    def lost(self) -> int:
        """Return what disputes have cost us because the seller had too little."""
        complaints = [one for paid in self.payments for one in paid.complaints.values()]
        return sum(one.amount - one.of_seller for one in complaints if one.taken)

    # What may be asked for

    def start(self, bill: Bill, amount: int | None, *, is_captured_later: bool) -> str:
        """Say what a payment comes to, and begin it if it is allowed."""
        wanted = bill.due if amount is None else amount
        if bill.due < 1:
            return "INVOICE_NOT_DUE"
        if (code := judge(wanted, bill.due, "AMOUNT_EXCEEDS_DUE")) == OK:
            bill.payments.append(Paid(bill, wanted, is_captured_later))
        return code

    def confirm(self, paid: Paid) -> str:
        """Say what a confirmation comes to."""
        if paid.state != "requires_payment_method":
            return "PAYMENT_NOT_CONFIRMABLE"
        paid.state = "processing"
        return OK

    def capture(self, paid: Paid, amount: int | None, *, is_busy: bool) -> str:
        """Say what a capture comes to; the provider does it."""
        if paid.state != "requires_capture":
            return "PAYMENT_NOT_CAPTURABLE"
        wanted = paid.capturable if amount is None else amount
        code = judge(wanted, paid.capturable, "CAPTURE_EXCEEDS_AUTHORIZED")
        return "PAYMENT_BUSY" if code == OK and is_busy else code

    def cancel(self, paid: Paid, *, is_busy: bool) -> str:
        """Say what a cancellation comes to; the provider does it."""
        if paid.state not in CANCELLABLE:
            return "PAYMENT_NOT_CANCELLABLE"
        return "PAYMENT_BUSY" if is_busy else OK

    def refund(self, paid: Paid, amount: int | None) -> str:
        """Say what a refund comes to, and let it wait if it is allowed: what was paid too much goes first."""
        if paid.refundable < 1:
            return "PAYMENT_NOT_REFUNDABLE"
        wanted = paid.refundable if amount is None else amount
        if (code := judge(wanted, paid.refundable, "REFUND_EXCEEDS_CAPTURED")) != OK:
            return code
        too_much = -paid.bill.due - paid.bill.refunding(is_sellers=False)
        if 0 < too_much < wanted:
            return "OVERPAYMENT_FIRST"
        if too_much < 1 and wanted > self.available_to(paid.bill.seller):
            return "INSUFFICIENT_FUNDS"
        paid.backs.append(Back(wanted, is_sellers=too_much < 1))
        return OK

    def credit(self, bill: Bill, amount: int | None) -> str:
        """Say what a credit note comes to, and take it off if it is allowed."""
        wanted = bill.creditable if amount is None else amount
        if (code := judge(wanted, bill.creditable, "CREDIT_EXCEEDS_INVOICE")) != OK:
            return code
        if wanted > self.available_to(bill.seller):
            return "INSUFFICIENT_FUNDS"
        bill.credits.append(wanted)
        return OK

    def pay_out(self, seller: int, amount: int | None) -> str:
        """Say what a payout comes to, and let it wait if it is allowed."""
        there = self.available_to(seller)
        wanted = there if amount is None else amount
        if there < 1 or wanted > there:
            return "INSUFFICIENT_PAYABLE"
        if wanted < 1:
            return "AMOUNT_NOT_POSITIVE"
        self.payouts.append(TakenOut(seller, wanted))
        return OK

    def complain(self, paid: Paid, reference: str, amount: int, state: str) -> None:
        """Hear of a dispute: the bank takes from the seller what is there, and from us what is left."""
        if reference in paid.complaints:
            paid.complaints[reference].hear(state)
            return
        there = max(0, self.available_to(paid.bill.seller))
        paid.complaints[reference] = Complaint(amount, state, min(amount, there))


def judge(amount: int, available: int, code: str) -> str:
    """Say whether an amount is above zero and not above what there is."""
    return "AMOUNT_NOT_POSITIVE" if amount < 1 else code if amount > available else OK
