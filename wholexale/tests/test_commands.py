"""The commands that fill and show the marketplace."""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from pytest_django import Settings

from accounts.models import Business, User
from chat.models import Message, Participant
from finance import services as finance_services
from finance.models import CreditLine, CreditLineChange, CreditRequest, LedgerTransaction, SpendingLimit, Transfer
from offers.models import Offer, OfferRevision, Order, Product
from offers.tests.audit import faults
from wholexale.tests.live import ROOT, Server, Stores


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", stdout=out, **options)
    return out.getvalue()


def marketplace() -> list[object]:
    """Return what there is, without ids, times and the numbers that a rolled-back seed has used up on PostgreSQL."""
    return [
        list(User.objects.order_by("email").values_list("email", "first_name", "role", "membership__business__name")),
        list(Business.objects.order_by("name", "business_type").values_list("name", "business_type")),
        sorted(
            (name, unnumbered(content), seq, kind)
            for name, content, seq, kind in Message.objects.values_list("sender_name", "content", "seq", "message_type")
        ),
        sorted(Participant.objects.values_list("user__email", "sent_count", "read_seq")),
        sorted(CreditLine.objects.values_list("business__name", "currency", "limit_minor", "status")),
        sorted(
            (kind, unnumbered(subject), unnumbered(description))
            for kind, subject, description in LedgerTransaction.objects.values_list(
                "kind", "subject_number", "description"
            )
        ),
        sorted(Transfer.objects.values_list("phase", "amount", "currency", "debit_balance", "credit_balance")),
        sorted(CreditRequest.objects.values_list("business__name", "status", "limit_minor")),
        sorted(Product.objects.values_list("seller__name", "sku", "name", "moq", "tax_rate")),
        sorted(Offer.objects.values_list("title", "buyer__name", "status", "current__number", "current__total")),
        sorted(Order.objects.values_list("offer__title", "status", "settlement", "total", "version")),
    ]


def unnumbered(text: str) -> str:
    return re.sub(r"(PAY|REF|OFF|ORD)-\d{4}-\d{6}", r"\1", text)


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_marketplace() -> None:
    with transaction.atomic():
        seed(seed=7)
        first = marketplace()
        transaction.set_rollback(True)
    assert not User.objects.exists()

    seed(seed=7)

    assert marketplace() == first


@pytest.mark.django_db
def test_the_fixed_logins_work_together_as_described() -> None:
    seed()

    names = ("seller", "colleague", "finance")
    seller, colleague, accountant = (User.objects.get(email=f"{name}@example.com") for name in names)
    assert seller.membership.business_id == colleague.membership.business_id == accountant.membership.business_id
    assert (colleague.membership.role, accountant.membership.role) == ("member", "finance")
    assert User.objects.get(email="staff@example.com").is_staff
    assert User.objects.get(email="buyer@example.com").check_password("wholexale-demo")


@pytest.mark.django_db
def test_the_seeded_businesses_trade_on_account_and_their_books_are_sound() -> None:
    seed()

    kinds = set(LedgerTransaction.objects.values_list("kind", flat=True))
    assert finance_services.find_drift() == []
    assert CreditLine.objects.filter(currency="INR").count() == Business.objects.count()
    assert set(CreditLine.objects.values_list("currency", flat=True)) == {"INR", "USD", "JPY"}
    assert kinds >= {"purchase", "capture", "release", "repayment", "penalty", "bonus"}
    assert Transfer.objects.filter(phase="pending", resolution=None).exists()
    assert Transfer.objects.filter(phase="post", amount__lt=F("hold__amount")).exists()


@pytest.mark.django_db
def test_the_seeded_businesses_negotiate_and_deliver() -> None:
    seed()

    assert faults() == []
    statuses = set(Offer.objects.values_list("status", flat=True))
    assert statuses >= {"completed", "rejected", "expired", "withdrawn"}
    assert statuses & set(Offer.OPEN)
    assert set(Order.objects.values_list("settlement", flat=True)) == {"on_account", "prepaid"}
    assert Order.objects.filter(status="settled", invoice__isnull=False).exists()
    assert OfferRevision.objects.filter(number__gte=3).exists()


@pytest.mark.django_db
def test_the_seed_leaves_something_to_decide() -> None:
    seed()

    request, limit = CreditRequest.objects.get(status="pending"), SpendingLimit.objects.get()
    assert request.requested_by.email == "buyer@example.com"
    assert limit.membership.user.email == "colleague@example.com"
    assert set(CreditLineChange.objects.exclude(approver=None).values_list("approver__email", flat=True)) == {
        "approver@example.com"
    }


@pytest.mark.django_db
def test_a_second_seed_changes_nothing() -> None:
    seed()
    before = marketplace()

    assert "seeded already" in seed(seed=9)
    assert marketplace() == before


@pytest.mark.django_db
def test_production_is_not_seeded(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        seed()
    assert not User.objects.exists()


def shown_by(command: str, *arguments: str) -> str:
    """Return what a command prints against a server of a seeded marketplace."""
    with Stores.fresh() as stores:
        run = [sys.executable, "manage.py"]
        options: Any = {"cwd": ROOT, "env": stores.environment, "timeout": 110}
        subprocess.run([*run, "seed"], check=True, **options)  # noqa: S603 - our own command
        with Server.run(stores) as server:
            asked = [*run, command, "--url", server.url, *arguments]
            done = subprocess.run(  # noqa: S603 - as above
                asked, check=True, capture_output=True, text=True, **options
            )
            return str(done.stdout)


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.once
def test_the_demonstration_of_payments_meets_every_bad_day_and_leaves_the_books_sound(tmp_path: Path) -> None:
    shown = shown_by("payment_demo", "--folder", str(tmp_path))

    for expected in ("failed (card_declined)", "agrees on http", "is processed", "Papers"):
        assert expected in shown
    assert shown.count("is captured") == 5
    assert shown.count("is sound") == 7
    papers = sorted(path.name for path in tmp_path.glob("*.pdf"))
    assert [name.partition("-")[0] for name in papers] == ["CRN", "INV", *["statement"] * 4]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in tmp_path.glob("*.pdf"))


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.once
def test_the_demonstration_shows_typing_receipts_and_a_reconnect() -> None:
    shown = shown_by("chat_demo")
    expected = [
        "is typing",
        "stored as #",
        "delivered",
        "loses the connection",
        "2 missed",
        "catches up",
        "read by Bela",
    ]
    assert [line for line in expected if line not in shown] == []
