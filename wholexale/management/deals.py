"""The dealing of the demonstration: catalogues, negotiations, and what becomes of the orders, all by the services."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from finance import services as finance_services
from offers import selectors, services, tasks
from offers.models import ApprovalAction, Category, Offer, Order, Product
from offers.services import LineWish, OfferWish, ProductDetails, Shipment, TermChanges, TermsWish, TierWish
from wholexale.common.errors import DomainError
from wholexale.common.measures import from_micro, from_milli
from wholexale.common.work import run_due
from wholexale.management.trade import Firm

SHELVES = {
    "Textiles": ("Kurtas", "Sarees", "Bed linen"),
    "Home": ("Lamps", "Tableware", "Baskets"),
    "Food": ("Spices", "Rice", "Tea"),
    "Hardware": ("Fasteners", "Tiles", "Tools"),
}
"""Our own two-level list of categories."""


class Kind(NamedTuple):
    """A kind of goods: its words, shelf, unit, price in rupees, the code and percent by which it is taxed."""

    name: str
    shelf: str
    unit: str
    price: int
    code: str
    tax: int


KINDS = (
    Kind("Cotton kurta, hand-block printed", "Kurtas", "pieces", 420, "6211", 5),
    Kind("Silk saree, zari border", "Sarees", "pieces", 2900, "5007", 5),
    Kind("Bed sheet set, 240 x 260 cm", "Bed linen", "sets", 780, "6302", 5),
    Kind("Brass lamp, 22 cm", "Lamps", "pieces", 640, "7419", 12),
    Kind("Stoneware dinner set, 18 parts", "Tableware", "sets", 1850, "6912", 12),
    Kind("Seagrass basket, large", "Baskets", "pieces", 310, "4602", 5),
    Kind("Turmeric powder", "Spices", "kg", 145, "0910", 5),
    Kind("Basmati rice, aged", "Rice", "kg", 96, "1006", 5),
    Kind("Assam tea, orthodox", "Tea", "kg", 520, "0902", 5),
    Kind("Hex bolts M8, zinc plated", "Fasteners", "boxes", 260, "7318", 18),
    Kind("Vitrified floor tiles, 60 x 60 cm", "Tiles", "boxes", 690, "6907", 18),
    Kind("Claw hammer, fibre handle", "Tools", "pieces", 215, "8205", 18),
)
SMALLEST = (6, 12, 24, 50)
STEPS = ((1, 100), (5, 94), (20, 88))
"""Tiers: from so many times the smallest quantity on, so many percent of the price."""

OUTCOMES = {"accepted": 46, "rejected": 27, "expired": 15, "withdrawn": 7, "open": 5}
TERMS = {"net_30": 55, "advance_payment": 30, "net_60": 15}
ENDS = {"settled": 55, "sent": 15, "confirmed": 10, "cancelled": 5, "waits": 15}
"""What becomes of offers, how they are paid, and what becomes of orders, in percent."""

ROUND_ENDS = 45
"""How many of a hundred negotiations end with each round."""

TO_THE_PAISA = Decimal("0.01")
AT_ONCE = 50
"""How many negotiations are written in one transaction: at each step of each the disk would be waited for."""

LIFE = timedelta(days=14)
SOON = timedelta(milliseconds=400)
"""How long those offers are good for that are to expire: they are ended when everybody has dealt."""


@dataclass
class Deals:
    """Lets firms fill their catalogues and negotiate; the same for the same numbers of chance."""

    chance: Random
    staff: User
    firms: Sequence[Firm]
    products: dict[str, list[Product]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    ending: list[Offer] = field(default_factory=list)

    def run(self, *, products_each: int, offers: int) -> None:
        """Fill the catalogues, negotiate, then let time end what is to expire."""
        with transaction.atomic():
            self._shelves()
        for firm in self.firms:
            with transaction.atomic():
                self.products[firm.business.slug] = [self._product(firm) for _ in range(products_each)]
        for start in range(0, offers, AT_ONCE):
            with transaction.atomic():
                for number in range(start, min(start + AT_ONCE, offers)):
                    self._deal(number)
        time.sleep(SOON.total_seconds() if self.ending else 0)
        for offer in self.ending:
            services.expire_offer(offer_id=offer.id, revision=1)

    def keep_four_eyes(self, firm: Firm, *, threshold: int) -> None:
        """Have a firm's accountants approve what it accepts from so many rupees on; what it has accepted stays so."""
        services.add_approval_policy(
            actor=firm.owner,
            action=ApprovalAction.ACCEPT,
            currency="INR",
            threshold=Decimal(threshold),
            approver_role=Membership.Role.FINANCE,
            approvals_needed=1,
        )

    def _shelves(self) -> None:
        for name, inner in SHELVES.items():
            shelf = services.add_category(name=name)
            for one in inner:
                services.add_category(name=one, parent=shelf)

    def _product(self, firm: Firm) -> Product:
        """Put up a product, sold by the case, and cheaper the more is bought."""
        kind, smallest = self.chance.choice(KINDS), self.chance.choice(SMALLEST)
        price = Decimal(kind.price * self.chance.randint(85, 120)) / 100
        tiers = [TierWish(from_quantity=Decimal(smallest * many), unit_price=_cut(price, of)) for many, of in STEPS]
        self.counts["products"] += 1
        details = ProductDetails(
            name=f"{kind.name}, {self.chance.choice(('plain', 'assorted', 'premium', 'export quality'))}",
            description=f"{kind.name}. In cases of {smallest} {kind.unit}.",
            sku=f"{kind.code}-{self.counts['products']:04}",
            category=Category.objects.get(name=kind.shelf).slug,
            moq=Decimal(smallest),
            multiple=Decimal(smallest),
            tax_code=kind.code,
            tax_rate=Decimal(kind.tax),
            tiers=tiers,
        )
        return services.add_product(actor=firm.owner, unit=kind.unit, currency="INR", details=details)

    def _deal(self, number: int) -> None:
        """Let a buyer offer, the two answer by turns, and one of them end it; the first waits for its answer."""
        buyer, seller = self.firms[:2] if number % 6 == 0 else self._pair()
        outcome = _chosen(self.chance, OUTCOMES) if number else "open"
        terms = _chosen(self.chance, TERMS)
        try:
            offer = self._offer(buyer, seller, terms, outcome)
            if outcome != "expired":
                offer = self._haggle(offer, buyer, seller)
            self._end(offer, outcome, buyer, seller)
        except DomainError as refusal:  # a line of credit that is used up, for example
            self.counts[refusal.code] += 1

    def _pair(self) -> tuple[Firm, Firm]:
        buyer, seller = self.chance.sample(list(self.firms), 2)
        return buyer, seller

    def _offer(self, buyer: Firm, seller: Firm, terms: str, outcome: str) -> Offer:
        product = self.chance.choice(self.products[seller.business.slug])
        quantity = from_milli(product.moq) * self.chance.choice((1, 1, 2, 3, 5))
        asked = from_micro(product.tiers.order_by("from_quantity")[0].unit_price, "INR")
        price = _cut(asked, self.chance.randint(78, 98))
        line = LineWish(
            product_ref=str(product.id),
            name=product.name,
            unit=product.unit,
            quantity=quantity,
            unit_price=price,
            original_unit_price=price,
        )
        wish = OfferWish(
            title=f"{quantity:f} {product.unit} of {product.name}"[:200],
            description=self.chance.choice(("For our new shop", "A repeat order", "For the wedding season")),
            seller_id=seller.owner.id,
            terms=TermsWish(
                currency="INR",
                lines=[line],
                payment_terms=terms,
                delivery_terms="door_delivery",
                valid_from=None,
                valid_until=timezone.now() + (SOON if outcome == "expired" else LIFE),
                time_zone="",
            ),
        )
        self.counts["offers"] += 1
        return services.make_offer(actor=buyer.owner, wish=wish)

    def _haggle(self, offer: Offer, buyer: Firm, seller: Firm) -> Offer:
        """Let the two counter by turns, each giving way a little, until one of them is content."""
        sides = (seller, buyer, seller, buyer)
        for turn, firm in enumerate(sides):
            if turn and self.chance.randint(1, 100) <= ROUND_ENDS:
                break
            if not turn:
                services.view_offer(actor=seller.owner, offer_id=offer.id)
                if self.chance.randint(1, 100) <= ROUND_ENDS:
                    break
            _, (line, *_) = selectors.on_the_table(offer)
            price = _cut(from_micro(line.unit_price, "INR"), 106 if firm is seller else 97)
            offer = services.counter_offer(
                actor=firm.owner, offer_id=offer.id, changes=TermChanges(price=price), message="Let us meet here."
            )
        return offer

    def _end(self, offer: Offer, outcome: str, buyer: Firm, seller: Firm) -> None:
        answering = buyer if offer.awaiting == "buyer" else seller
        match outcome:
            case "accepted":
                order = services.accept_offer(actor=answering.owner, offer_id=offer.id).order
                self.counts["orders"] += 1
                self._fulfil(order, buyer, seller)
            case "rejected":
                services.reject_offer(actor=answering.owner, offer_id=offer.id, message="Not at this price.")
            case "withdrawn":
                services.withdraw_offer(actor=buyer.owner, offer_id=offer.id, reason="Found it elsewhere")
            case "expired":
                self.ending.append(offer)
        self.counts[outcome] += 1

    def _fulfil(self, order: Order, buyer: Firm, seller: Firm) -> None:
        """Let an order come as far as it does; one that is paid in advance is paid by bank transfer first."""
        end = _chosen(self.chance, ENDS)
        if end == "cancelled":
            services.cancel_order(actor=seller.owner, order_id=order.id, reason="Out of stock")
            return
        if order.payment_id is not None and end != "waits":
            self._pay(order, buyer)
        if end == "waits":
            return
        services.confirm_order(actor=seller.owner, order_id=order.id)
        if end == "confirmed":
            return
        services.fulfil_order(actor=seller.owner, order_id=order.id, shipment=Shipment(carrier="Delhivery"))
        if end == "settled":
            services.confirm_delivery(actor=buyer.owner, order_id=order.id)
            services.settle_order(actor=seller.owner, order_id=order.id)

    def _pay(self, order: Order, buyer: Firm) -> None:
        """Let the buyer pay by bank transfer, and staff see the money come."""
        way = finance_services.Way(method="bank_transfer", provider="manual")
        payment = services.pay_order(actor=buyer.owner, order_id=order.id, way=way)
        finance_services.receive_payment(actor=self.staff, payment_id=payment.id, reason=f"UTR-{order.number:05}")
        run_due(tasks.PREPAYMENTS)


def _chosen(chance: Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _cut(price: Decimal, percent: int) -> Decimal:
    return (price * percent / 100).quantize(TO_THE_PAISA, ROUND_HALF_UP)
