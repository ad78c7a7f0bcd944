"""Fill a development database with a marketplace to look at: the same for the same seed, made through the services."""

import random
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import hashers, services as accounts_services
from accounts.models import Business, Membership, User
from accounts.services import BusinessDetails
from chat import services as chat_services
from chat.models import Conversation
from chat.services import Draft, GroupDetails, MarkRequest
from finance.models import Invoice, PaymentIntent
from wholexale.common.errors import DomainError
from wholexale.management.deals import Deals
from wholexale.management.trade import Firm, Trade

PASSWORD = "wholexale-demo"  # noqa: S105 - the published password of the demonstration
BATCH = 100


class Scale(NamedTuple):
    """How much to make."""

    businesses: int
    people_each: int
    conversations: int
    groups: int
    messages: int
    purchases_each: int
    products_each: int
    offers: int


SCALES = {
    "small": Scale(
        businesses=10,
        people_each=2,
        conversations=18,
        groups=3,
        messages=16,
        purchases_each=2,
        products_each=3,
        offers=20,
    ),
    "medium": Scale(
        businesses=60,
        people_each=4,
        conversations=400,
        groups=30,
        messages=40,
        purchases_each=4,
        products_each=20,
        offers=600,
    ),
    "large": Scale(
        businesses=400,
        people_each=3,
        conversations=3_000,
        groups=200,
        messages=40,
        purchases_each=4,
        products_each=20,
        offers=3_000,
    ),
}
FIRST_NAMES = [
    "Aarav",
    "Diya",
    "Kabir",
    "Meera",
    "Rohan",
    "Isha",
    "Vikram",
    "Anaya",
    "Arjun",
    "Priya",
    "Farhan",
    "Zoya",
    "Nikhil",
    "Tara",
    "Dev",
    "Leela",
]
LAST_NAMES = [
    "Sharma",
    "Patel",
    "Iyer",
    "Khan",
    "Reddy",
    "Gupta",
    "Nair",
    "Singh",
    "Mehta",
    "Das",
    "Joshi",
    "Bose",
    "Kapoor",
    "Rao",
]
PLACES = ["Surat", "Jaipur", "Tiruppur", "Ludhiana", "Panipat", "Kanpur", "Moradabad", "Bhiwandi", "Erode", "Varanasi"]
CITIES = [
    ("Mumbai", "Maharashtra", "27", "400001"),
    ("Surat", "Gujarat", "24", "395003"),
    ("Pune", "Maharashtra", "27", "411001"),
]
TRADES = [
    "Textiles",
    "Handicrafts",
    "Spices",
    "Ceramics",
    "Leather",
    "Hardware",
    "Paper",
    "Foods",
    "Garments",
    "Plastics",
]
GOODS = [
    "cotton kurtas",
    "brass lamps",
    "turmeric powder",
    "floor tiles",
    "leather wallets",
    "hex bolts",
    "gift boxes",
    "basmati rice",
]
LINES = (
    "Hello, I'm interested in your {goods}.",
    "What is your price for {n} pieces of {goods}?",
    "We can offer {p} rupees a piece from {n} pieces on.",
    "Could you send samples of the {goods}?",
    "Samples left today by courier.",
    "Is the price with GST?",
    "GST is extra, delivery to your door is included.",
    "Our buyer asks for net 30.",
    "Net 30 works from the second order on.",
    "Please hold {n} pieces for us until Friday.",
    "Held. Shall I send the proforma?",
    "Yes please. Thank you!",
)


class Command(BaseCommand):
    """Make businesses, people, conversations, messages and trade on account; the fixed logins are printed."""

    help = "Make demo businesses, people, conversations, credit and purchases (development only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how much, and which of the many possible marketplaces."""
        parser.add_argument("--scale", choices=SCALES, default="small")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make everything once.

        Raises:
            CommandError: in production.
        """
        if settings.IS_PRODUCTION:
            raise CommandError("The demo accounts have a published password; production is not seeded.")
        if User.objects.filter(email="buyer@example.com").exists():
            self.stdout.write("The database is seeded already.")
            return
        began = time.monotonic()
        self.chance = random.Random(options["seed"])
        self.password_hash = hashers.hash_password(PASSWORD)
        self.firms: list[Firm] = []
        scale = SCALES[options["scale"]]
        people = self._people(scale)
        self.stdout.write(f"  {Business.objects.count()} businesses, {User.objects.count()} people")
        conversations = self._conversations(scale, people)
        messages = sum(self._talk(conversation, members, scale) for conversation, members in conversations)
        self.stdout.write(f"  {len(conversations)} conversations, {messages} messages")
        trade = self._trade(scale, options["seed"])
        self.stdout.write(
            f"  {len(trade.limits)} credit lines, {trade.purchases} purchases on account, "
            f"{Invoice.objects.count()} invoices, {PaymentIntent.objects.count()} payments"
        )
        deals = self._deal(scale, options["seed"])
        self.stdout.write(
            f"  {deals.counts['products']} products, {deals.counts['offers']} offers, {deals.counts['orders']} orders"
        )
        self.stdout.write(f"Seeded in {time.monotonic() - began:.1f} s. Everybody's password: {PASSWORD}")

    # --- People ------------------------------------------------------------------------------------------------

    def _people(self, scale: Scale) -> list[User]:
        """Make the fixed logins, then the others."""
        buyer = self._login("buyer", "Bela", "Buyer")
        self._business(buyer, "Bela's Boutique", Business.Type.RETAILER)
        seller = self._login("seller", "Samir", "Seller", role=User.Role.VENDOR)
        textiles = self._business(seller, "Samir Textiles", Business.Type.MANUFACTURER)
        colleague = self._login("colleague", "Chitra", "Colleague", role=User.Role.VENDOR)
        accounts_services.add_member(business=textiles, user=colleague)
        accountant = self._login("finance", "Farida", "Finance", role=User.Role.VENDOR)
        accounts_services.add_member(business=textiles, user=accountant, role=Membership.Role.FINANCE)
        self._staff()
        return [buyer, seller, colleague, *self._others(scale)]

    def _others(self, scale: Scale) -> Iterator[User]:
        for number in range(scale.businesses):
            name = f"{self.chance.choice(PLACES)} {self.chance.choice(TRADES)}"
            business = None
            for member in range(scale.people_each):
                first, last = self.chance.choice(FIRST_NAMES), self.chance.choice(LAST_NAMES)
                email = f"{first}.{last}.{number}.{member}@example.com".lower()
                person = self._person(email, first, last, role=self.chance.choice([User.Role.USER, User.Role.VENDOR]))
                if business is None:
                    business = self._business(person, name, self.chance.choice(Business.Type.values))
                else:
                    accounts_services.add_member(business=business, user=person, role=Membership.Role.MEMBER)
                yield person

    def _login(self, name: str, first: str, last: str, *, role: str = User.Role.USER) -> User:
        """Make one of the people as whom developers sign in: their mails land in the outbox."""
        return self._person(f"{name}@example.com", first, last, role=role, is_email_verified=True)

    def _person(
        self, email: str, first: str, last: str, *, role: str = User.Role.USER, is_email_verified: bool = False
    ) -> User:
        return accounts_services.create_user(
            email=email,
            password_hash=self.password_hash,
            first_name=first,
            last_name=last,
            role=User.Role(role),
            status=User.Status.ACTIVE,
            is_email_verified=is_email_verified,
        )

    def _staff(self) -> None:
        """Make the staff: one whom everybody knows, and one who approves what one alone must not decide."""
        User.objects.create_superuser("staff@example.com", PASSWORD, first_name="Sunita", last_name="Staff")
        self._login("approver", "Arun", "Approver", role=User.Role.SUPER_ADMIN)

    def _business(self, owner: User, name: str, kind: str) -> Business:
        number = len(self.firms)
        city, state, code, pincode = CITIES[number % len(CITIES)]
        details = BusinessDetails(
            name=name,
            business_type=kind,
            gst_number=f"{code}ABCDE{1000 + number}F1Z5",
            address={"street": f"{number + 1} Market Road", "city": city, "state": state, "pincode": pincode},
        )
        business = accounts_services.create_business(actor=owner, details=details)
        self.firms.append(Firm(business, owner))
        return business

    # --- Conversations -----------------------------------------------------------------------------------------

    def _conversations(self, scale: Scale, people: list[User]) -> list[tuple[Conversation, list[User]]]:
        """Let pairs and groups of people meet; the fixed buyer and seller always do."""
        buyer, seller, colleague, *others = people
        pairs = [(buyer, seller), (buyer, colleague), (seller, others[0]), (buyer, others[1])]
        for _ in range(scale.conversations - len(pairs)):
            first, second = self.chance.sample(others, 2)
            pairs.append((first, second))
        made: list[tuple[Conversation, list[User]]] = []
        for first, second in pairs:
            opened = chat_services.open_direct(actor=first, user_id=second.id)
            if opened.is_new:
                made.append((opened.conversation, [first, second]))
        for _ in range(scale.groups):
            members = [buyer, seller, *self.chance.sample(others, 2)]
            details = GroupDetails(name=f"{self.chance.choice(GOODS).title()} sourcing")
            group = chat_services.create_group(
                actor=members[0], user_ids=[member.id for member in members[1:]], details=details
            )
            made.append((group, members))
        return made

    def _talk(self, conversation: Conversation, members: list[User], scale: Scale) -> int:
        """Let the members of a conversation talk, and read about half of it; return the number of messages."""
        goods = self.chance.choice(GOODS)
        count = self.chance.randint(scale.messages // 2, scale.messages)
        drafts = [
            Draft(
                conversation_id=conversation.id,
                sender_id=members[(number + number // 3) % len(members)].id,
                content=LINES[number % len(LINES)].format(
                    goods=goods, n=self.chance.choice([50, 100, 250, 500]), p=self.chance.randint(20, 900)
                ),
                client_message_id=f"seed-{number}",
            )
            for number in range(count)
        ]
        for start in range(0, count, BATCH):
            for outcome in chat_services.post_messages(drafts[start : start + BATCH], is_limited=False):
                if isinstance(outcome, DomainError):
                    raise CommandError(f"a message was refused: {outcome}")
        with transaction.atomic():
            for member in members:
                seq = self.chance.randint(0, count)
                chat_services.record_mark(MarkRequest("read", member.id, conversation.id, seq=seq))
        return count

    # --- Money -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def _trade(self, scale: Scale, seed: int) -> Trade:
        """Let the businesses buy from one another on account, by numbers of chance of their own."""
        staff, approver = (User.objects.get(email=f"{name}@example.com") for name in ("staff", "approver"))
        trade = Trade(chance=random.Random(f"{seed}:trade"), staff=staff, approver=approver, firms=self.firms)
        trade.run(purchases_each=scale.purchases_each)
        buyer, seller, other, *_ = self.firms
        trade.spend_for(User.objects.get(email="colleague@example.com"), seller, other, limit=50_000)
        trade.correct(buyer)
        trade.ask(buyer, 2_500_000)
        return trade

    def _deal(self, scale: Scale, seed: int) -> Deals:
        """Let the businesses fill their catalogues and negotiate, by numbers of chance of their own."""
        staff = User.objects.get(email="staff@example.com")
        deals = Deals(chance=random.Random(f"{seed}:deals"), staff=staff, firms=self.firms)
        deals.run(products_each=scale.products_each, offers=scale.offers)
        deals.keep_four_eyes(self.firms[1], threshold=5_000)
        return deals
