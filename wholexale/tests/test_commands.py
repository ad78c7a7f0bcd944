"""The commands that fill and show the marketplace."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from accounts.models import Business, User
from chat.models import Message, Participant
from finance.models import CreditLine, CreditRequest, LedgerTransaction, Transfer
from notifications.models import Delivery
from offers.models import ApprovalPolicy, Offer, Order, Product
from wholexale.tests.live import ROOT, Server, Stores

MANAGE = (sys.executable, "manage.py")
Show = Callable[..., str]


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", stdout=out, **options)
    return out.getvalue()


def marketplace() -> list[object]:
    """Return what there is, without ids, times and the numbers that a rolled-back seed has used up on PostgreSQL."""
    return [
        list(
            User.objects.order_by("email").values_list(
                "email", "first_name", "role", "membership__business__name", "is_email_verified"
            )
        ),
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
        sorted(ApprovalPolicy.objects.values_list("business__name", "action", "threshold", "approver_role")),
        sorted(Delivery.objects.values_list("notification__recipient__email", "channel", "notification__template")),
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
def test_production_is_not_seeded(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        seed()
    assert not User.objects.exists()


@pytest.fixture(scope="module")
def demonstration() -> Iterator[Show]:
    """Return how to run a command against a server of a seeded marketplace; it prints what it shows."""
    with Stores.fresh() as stores:
        options: Any = {"cwd": ROOT, "env": stores.environment, "timeout": 110}
        subprocess.run([*MANAGE, "seed"], check=True, **options)  # noqa: S603 - our own command
        with Server.run(stores) as server:

            def show(command: str, *arguments: str) -> str:
                asked = [*MANAGE, command, "--url", server.url, *arguments]
                done = subprocess.run(  # noqa: S603 - as above
                    asked, check=True, capture_output=True, text=True, **options
                )
                return str(done.stdout)

            yield show


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.once
def test_the_demonstration_of_payments_meets_every_bad_day_and_leaves_the_books_sound(
    demonstration: Show, tmp_path: Path
) -> None:
    shown = demonstration("payment_demo", "--folder", str(tmp_path))

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
def test_the_demonstration_shows_typing_receipts_and_a_reconnect(demonstration: Show) -> None:
    shown = demonstration("chat_demo")
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
