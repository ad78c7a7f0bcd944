"""A few days of trade between three businesses, thrown by seeded dice, with every way that offers can go."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from offers import services
from offers.models import Offer, Order, Side
from offers.services import Shipment, TermChanges
from offers.tests.staging import business_of, clock_at, fresh, line_wish, offer_wish, open_line
from wholexale.common.clock import database_now

DAYS = 6
PRODUCTS = ("cotton", "linen", "silk")


class Bazaar:
    """People who trade; `hold` lets them do so many deals, which lie in the last days."""

    def __init__(self, people: list[tuple[User, User]], seed: int = 7) -> None:
        """Take pairs of a buyer and a seller; all of them have credit in rupees and dollars, and none in yen."""
        self.dice, self.people = Random(seed), people
        self.began_at = database_now() - timedelta(days=DAYS)
        for business in {business_of(buyer) for buyer, _ in people}:
            for currency in ("INR", "USD"):
                open_line(business, 1_000_000_000, currency)

    def hold(self, deals: int) -> None:
        """Let people trade."""
        for number in range(deals):
            self._deal(number)

    def _deal(self, number: int) -> None:
        moment = self.began_at + timedelta(hours=self.dice.randrange(24 * 3), milliseconds=self.dice.randrange(10**6))
        buyer, seller = self.people[number % len(self.people)]
        offer = self._offer(buyer, seller, moment)
        moment += timedelta(hours=3)  # a draft is sent that much later
        for _ in range(self.dice.randrange(4)):
            moment += timedelta(minutes=self.dice.randrange(1, 900))
            if not fresh(offer).is_open or fresh(offer).expires_at <= moment:
                break
            with clock_at(moment):
                self._answer(offer)
        if fresh(offer).is_open and fresh(offer).expires_at <= moment + timedelta(hours=12):
            self._expire(offer)
        if fresh(offer).status == Offer.Status.ACCEPTED:
            self._settle(offer, moment)

    def _offer(self, buyer: User, seller: User, moment: datetime) -> Offer:
        """Make an offer at a moment; some were drafts, which were edited, and some of those are given up."""
        dice = self.dice
        line = line_wish(
            str(dice.randrange(50, 101)), str(dice.randrange(1, 40)), product_ref=dice.choice(PRODUCTS),
            name=dice.choice(("Cloth", "Cloth, woven")), unit=dice.choice(("pieces", "meters")),
        )  # fmt: skip
        end = moment + timedelta(days=dice.choice((1, 2, 30)))
        wish = offer_wish(seller, end=end, lines=[line], currency=dice.choice(("INR", "INR", "USD", "JPY")))
        if dice.random() < 0.7:
            with clock_at(moment):
                return services.make_offer(actor=buyer, wish=wish)
        draft = services.OfferWish(
            title="A draft", description="Not yet", seller_id=wish.seller_id, terms=wish.terms, is_draft=True
        )
        with clock_at(moment):
            made = services.make_offer(actor=buyer, wish=draft)
            services.edit_draft(actor=buyer, offer_id=made.id, wish=draft)
        with clock_at(moment + timedelta(hours=3)):
            if dice.random() < 0.3:
                services.discard_draft(actor=buyer, offer_id=made.id)
            elif dice.random() < 0.9:
                services.send_offer(actor=buyer, offer_id=made.id)
        return made

    def _answer(self, offer: Offer) -> None:
        now = fresh(offer)
        actor = now.buyer_user if now.awaiting == Side.BUYER else now.seller_user
        ways = ("view", "counter", "counter", "other goods", "accept", "accept", "reject", "withdraw", "cancel")
        match self.dice.choice(ways):
            case "view":
                services.view_offer(actor=now.seller_user, offer_id=offer.id)
            case "counter":
                changes = TermChanges(price=Decimal(self.dice.randrange(101, 120)))
                services.counter_offer(actor=actor, offer_id=offer.id, changes=changes)
            case "other goods":
                changes = TermChanges(lines=[line_wish(str(self.dice.randrange(50, 99)), product_ref="jute")])
                services.counter_offer(actor=actor, offer_id=offer.id, changes=changes)
            case "accept":
                services.accept_offer(actor=actor, offer_id=offer.id)
            case "reject":
                services.reject_offer(actor=actor, offer_id=offer.id)
            case "withdraw":
                services.withdraw_offer(actor=now.buyer_user, offer_id=offer.id)
            case "cancel":
                clerk = User.objects.get(email="staff@example.com")
                services.cancel_offer(actor=clerk, offer_id=offer.id, reason="Forbidden goods")

    def _expire(self, offer: Offer) -> None:
        """Let the clock notice the end of terms, or not; some offers are put on the table again."""
        now = fresh(offer)
        if self.dice.random() < 0.3:
            return
        with clock_at(now.expires_at):
            services.expire_offer(offer_id=offer.id, revision=now.current.number)
        if self.dice.random() < 0.5:
            moment = now.expires_at + timedelta(hours=1)
            with clock_at(moment):
                changes = TermChanges(valid_until=moment + timedelta(days=30), price=Decimal(77))
                services.revise_offer(actor=now.seller_user, offer_id=offer.id, changes=changes)
            with clock_at(moment + timedelta(minutes=5)):
                services.accept_offer(actor=now.buyer_user, offer_id=offer.id)

    def _settle(self, offer: Offer, moment: datetime) -> None:
        """Send what was agreed, or a part of it, and settle that; not where it is paid in advance."""
        order = Order.objects.get(offer=offer)
        if order.hold_id is None or self.dice.random() < 0.3:
            return
        with clock_at(moment + timedelta(hours=self.dice.randrange(1, 40))):
            sent = Shipment(quantities={1: Decimal(1)} if self.dice.random() < 0.5 else None)
            services.fulfil_order(actor=offer.seller_user, order_id=order.id, shipment=sent)
            services.settle_order(actor=offer.seller_user, order_id=order.id)
