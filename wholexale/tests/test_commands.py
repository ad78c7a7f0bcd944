"""The commands that fill and show the marketplace."""

import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Business, Session, User
from chat.models import Conversation, Message, Participant
from wholexale.tests.live import ROOT, Server, Stores


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", stdout=out, **options)
    return out.getvalue()


def marketplace() -> list[object]:
    """Return what there is, without ids and times."""
    return [
        list(User.objects.order_by("email").values_list("email", "first_name", "role", "membership__business__name")),
        list(Business.objects.order_by("name", "business_type").values_list("name", "business_type")),
        sorted(Message.objects.values_list("sender_name", "content", "seq", "message_type")),
        sorted(Participant.objects.values_list("user__email", "sent_count", "read_seq")),
    ]


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_marketplace() -> None:
    seed(seed=7)
    first = marketplace()
    Conversation.objects.all().delete()
    Message.objects.all().delete()
    Session.objects.all().delete()
    User.objects.all().delete()
    Business.objects.all().delete()
    seed(seed=7)

    assert marketplace() == first


@pytest.mark.django_db
def test_the_fixed_logins_work_together_as_described() -> None:
    seed()

    seller, colleague = (User.objects.get(email=f"{name}@example.com") for name in ("seller", "colleague"))
    assert seller.membership.business_id == colleague.membership.business_id
    assert User.objects.get(email="staff@example.com").is_staff
    assert User.objects.get(email="buyer@example.com").check_password("wholexale-demo")


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


@pytest.mark.live
def test_the_demonstration_shows_typing_receipts_and_a_reconnect() -> None:
    with Stores.fresh() as stores:
        run = [sys.executable, "manage.py"]
        options: Any = {"cwd": ROOT, "env": stores.environment, "timeout": 90}
        subprocess.run([*run, "seed"], check=True, **options)  # noqa: S603 - our own command
        with Server.run(stores) as server:
            command = [*run, "chat_demo", "--url", server.url]
            shown = subprocess.run(  # noqa: S603 - as above
                command, check=True, capture_output=True, text=True, **options
            ).stdout

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
