"""The money of the demonstration: credit lines, purchases on account, invoices and payments, all by the services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.models import Business, Membership, User
from finance import services
from finance.models import CreditRequest, Invoice, LedgerTransaction
from finance.services import Correction, Direction, Held, InvoiceDraft, LineDraft, PaymentWish, Purchase
from finance.sql import About
from wholexale.common.money import exponent

LIMITS = {"INR": (150_000, 250_000, 400_000), "USD": (2_000, 4_000), "JPY": (300_000, 600_000)}
"""Credit limits in whole units; what is bought at once is at most a tenth of it."""

FIXED_LIMIT = 1_200_000
"""What the fixed buyer and seller may owe in rupees: so much that two members of staff had to agree."""

FIXED = 2
"""How many firms at the beginning are the fixed ones: the buyer's and the seller's."""

HELD_FOR = timedelta(days=45)
SHARES = (2, 3, 5, 8, 10)
"""What part of a limit one purchase takes, in percent."""

FATES = {"delivered": 4, "delivered in part": 2, "called off": 2, "waits": 2}
"""What becomes of purchases, of ten."""

GOODS = (
    ("Cotton kurtas, hand-block printed", "6211", "pieces", 5),
    ("Brass lamps, 22 cm", "7419", "pieces", 12),
    ("Turmeric powder, 25 kg bags", "0910", "kg", 5),
    ("Vitrified floor tiles, 60 x 60 cm", "6907", "boxes", 18),
    ("Leather wallets, assorted", "4202", "pieces", 18),
    ("Hex bolts M8, zinc plated", "7318", "boxes", 18),
)
"""What is bought: the text, the code by which it is taxed, the unit, the tax in percent."""

CASE = 12
"""Goods come in cases of a dozen."""

LATE = (0, 0, 12, 45, 75, 110)
"""How long ago invoices may have been issued, in days: some are overdue by now."""


class Firm(NamedTuple):
    """A business, and the owner who acts for it."""

    business: Business
    owner: User


class Bought(NamedTuple):
    """One purchase on account, and what it is to be charged for; `amount` in minor units."""

    number: str
    buyer: Firm
    seller: Firm
    amount: int
    currency: str
    draft: InvoiceDraft
    held: Held


@dataclass
class Trade:
    """Makes businesses buy from one another; the same for the same numbers of chance. The first two firms are fixed."""

    chance: Random
    staff: User
    approver: User
    firms: Sequence[Firm]
    purchases: int = 0
    limits: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def run(self, *, purchases_each: int) -> None:
        """Open every line, then let everybody trade."""
        for number, firm in enumerate(self.firms):
            self._limit(firm, "INR", FIXED_LIMIT if number < FIXED else self.chance.choice(LIMITS["INR"]))
            if number % 3 == 0:
                second = ("USD", "JPY")[number // 3 % 2]
                self._limit(firm, second, self.chance.choice(LIMITS[second]))
        for bought in list(self._purchases(purchases_each)):
            self._settle(bought)

    def spend_for(self, member: User, buyer: Firm, seller: Firm, *, limit: int) -> None:
        """Limit what a member spends in a month, in whole rupees, and let them spend a third of it."""
        membership = Membership.objects.get(user=member)
        services.set_spending_limit(
            actor=buyer.owner,
            membership_id=membership.id,
            currency="INR",
            window="month",
            limit_minor=_minor(limit, "INR"),
        )
        self._buy(buyer, seller, "INR", _minor(limit, "INR") // 3, actor=member)

    def correct(self, firm: Firm) -> None:
        """Charge a firm for paying late, and give it a bonus for its trust."""
        corrections: tuple[tuple[Correction, Direction, int, str], ...] = (
            ("penalty", "charge", 500, "Paid two weeks late"),
            ("bonus", "credit", 1_500, "Welcome to Wholexale"),
        )
        for kind, direction, whole, reason in corrections:
            services.adjust_credit(
                actor=self.staff,
                business_id=firm.business.id,
                amount=_minor(whole, "INR"),
                currency="INR",
                direction=direction,
                reference=f"seed-{kind}",
                reason=reason,
                kind=kind,
            )

    def ask(self, firm: Firm, limit: int) -> None:
        """Let a firm ask for a higher limit, in whole rupees; nobody has decided yet."""
        services.request_credit(
            actor=firm.owner,
            limit_minor=_minor(limit, "INR"),
            currency="INR",
            purpose="Stock for the wedding season",
            payment_terms="net_60",
        )

    def _limit(self, firm: Firm, currency: str, whole: int) -> None:
        limit = self.limits[firm.business.id, currency] = _minor(whole, currency)
        decision = services.set_credit_limit(
            actor=self.staff,
            business_id=firm.business.id,
            currency=currency,
            limit_minor=limit,
            reason="Papers and references are in order.",
        )
        if decision.status == CreditRequest.Status.UNDER_REVIEW:
            services.approve_credit_request(
                actor=self.approver, request_id=decision.id, reason="Checked with the references."
            )

    def _purchases(self, each: int) -> Iterator[Bought]:
        """Let the fixed two buy from each other, and everybody from somebody."""
        buyer, seller, *_ = self.firms
        fixed = [(buyer, seller)] * 4 + [(seller, buyer)] * 2
        others = [(firm, self._other(firm)) for firm in self.firms for _ in range(each)]
        for firm, other in [*fixed, *others]:
            known = sorted(currency for business_id, currency in self.limits if business_id == firm.business.id)
            currency = "INR" if self.chance.randint(1, 4) > 1 else self.chance.choice(known)
            limit = self.limits[firm.business.id, currency]
            yield self._buy(firm, other, currency, limit * self.chance.choice(SHARES) // 100)

    def _other(self, firm: Firm) -> Firm:
        return self.chance.choice([one for one in self.firms if one is not firm])

    def _buy(self, buyer: Firm, seller: Firm, currency: str, most: int, *, actor: User | None = None) -> Bought:
        """Buy goods for at most so many minor units, taxes included."""
        self.purchases += 1
        number = f"PO-{self.purchases:05}"
        draft = self._goods(number, most, currency)
        amount = services.reckon(draft, seller=seller.business, buyer=buyer.business, currency=currency).total
        purchase = Purchase(
            buyer_id=buyer.business.id,
            seller_id=seller.business.id,
            amount=amount,
            currency=currency,
            about=About(LedgerTransaction.Subject.ORDER, number, number),
            description=f"{number} from {seller.business.name}",
        )
        held = services.hold_credit(
            actor=actor or buyer.owner,
            purchase=purchase,
            reference=f"seed:{number}",
            expires_at=timezone.now() + HELD_FOR,
        )
        return Bought(number, buyer, seller, amount, currency, draft, held)

    def _goods(self, number: str, most: int, currency: str) -> InvoiceDraft:
        """Choose goods of one kind, by the case, that come to a little less than `most`."""
        text, code, unit, tax = self.chance.choice(GOODS)
        cases = self.chance.randint(4, 20)
        whole = Decimal(most).scaleb(-exponent(currency))
        price = (whole / (100 + tax) * 100 / (cases * CASE)).quantize(Decimal(10) ** -exponent(currency), ROUND_DOWN)
        line = LineDraft(
            description=text,
            quantity=Decimal(cases * CASE),
            unit=unit,
            unit_price=price,
            tax_rate=Decimal(tax),
            code=code,
        )
        return InvoiceDraft(lines=[line], reference=number)

    def _settle(self, bought: Bought) -> None:
        """Let a purchase end, or wait; half of what was delivered is paid, whole or in part."""
        (fate,) = self.chance.choices(list(FATES), list(FATES.values()))
        hold_id, draft = bought.held.hold_id, bought.draft
        if fate == "waits":
            return
        if fate == "called off":
            services.release_hold(actor=bought.buyer.owner, hold_id=hold_id, description=f"{bought.number} called off")
            return
        if fate == "delivered in part":
            [line] = draft.lines
            draft = replace(draft, lines=[replace(line, quantity=line.quantity - CASE * self.chance.randint(1, 3))])
        issued_on = timezone.now().date() - timedelta(days=self.chance.choice(LATE))
        invoice = services.settle_purchase(
            actor=bought.seller.owner, hold_id=hold_id, draft=replace(draft, issued_on=issued_on)
        )
        if self.chance.randint(0, 1):
            self._pay(bought, invoice, self.chance.choice((40, 100)))

    def _pay(self, bought: Bought, invoice: Invoice, percent: int) -> None:
        """Let the buyer pay an invoice by bank transfer; now and then a case was broken, and is refunded."""
        wish = PaymentWish(invoice_id=invoice.id, method="bank_transfer", amount=invoice.total * percent // 100)
        payment = services.start_payment(actor=bought.buyer.owner, wish=wish)
        services.receive_payment(actor=self.staff, payment_id=payment.id, reason=f"UTR-{bought.number}")
        if self.chance.randint(1, 6) == 1:
            refund = services.refund_payment(
                actor=bought.seller.owner,
                payment_id=payment.id,
                amount=payment.amount // 10,
                reason="One case arrived broken",
            )
            services.settle_refund(
                actor=self.staff,
                refund_id=refund.id,
                is_paid=True,
                reason="Sent back",
                reference=f"RTN-{bought.number}",
            )


def _minor(whole: int, currency: str) -> int:
    return int(whole * 10 ** exponent(currency))
