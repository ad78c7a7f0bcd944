"""The money of the demonstration: credit lines, purchases on account and what became of them, all by the services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.models import Business, Membership, User
from finance import services
from finance.models import CreditRequest, LedgerTransaction
from finance.services import Correction, Direction, Held, Purchase
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


class Firm(NamedTuple):
    """A business, and the owner who acts for it."""

    business: Business
    owner: User


class Bought(NamedTuple):
    """One purchase on account; `amount` in minor units."""

    number: str
    buyer: Firm
    amount: int
    currency: str
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

    def _buy(self, buyer: Firm, seller: Firm, currency: str, amount: int, *, actor: User | None = None) -> Bought:
        self.purchases += 1
        number = f"PO-{self.purchases:05}"
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
        return Bought(number, buyer, amount, currency, held)

    def _settle(self, bought: Bought) -> None:
        """Let a purchase end, or wait; half of what was delivered is paid back, whole or in part."""
        (fate,) = self.chance.choices(list(FATES), list(FATES.values()))
        hold_id, owed = bought.held.hold_id, bought.amount
        if fate == "waits":
            return
        if fate == "called off":
            services.release_hold(actor=bought.buyer.owner, hold_id=hold_id, description=f"{bought.number} called off")
            return
        if fate == "delivered in part":
            owed = owed * self.chance.randint(50, 95) // 100
        services.capture_hold(actor=None, hold_id=hold_id, amount=owed)
        if self.chance.randint(0, 1):
            self._repay(bought, owed * self.chance.choice((40, 100)) // 100)

    def _repay(self, bought: Bought, amount: int) -> None:
        services.record_repayment(
            actor=self.staff,
            business_id=bought.buyer.business.id,
            amount=amount,
            currency=bought.currency,
            reference=f"UTR-{bought.number}",
            reason=f"Payment of {bought.number}",
        )


def _minor(whole: int, currency: str) -> int:
    return int(whole * 10 ** exponent(currency))
