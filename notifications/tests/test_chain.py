"""Chains: push, then a mail where it is unread, then an SMS where the mail fails; reading ends them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications import services
from notifications.channels import Letter, Refused, Sent
from notifications.models import Channel, Delivery, Notification, Status, Type
from notifications.selectors import people as people_selectors
from notifications.services import Notice
from notifications.tests.staging import Scripted, channel_is, delivery, run, trace, verified

pytestmark = pytest.mark.django_db(transaction=True)

VALUES = {
    "sender": "Cotton Mill",
    "product": "Kurta",
    "price": "INR 85.00",
    "quantity": "100 pieces",
    "total": "INR 8,500.00",
    "valid_until": "2026-12-01 18:00",
    "link": "/offers/1",
}


@pytest.fixture
def person(buyer: User) -> User:
    return verified(buyer, push=True)


def offered(person: User) -> Notification:
    """Tell somebody of an offer."""
    (made,) = services.notify(
        Notice(type=Type.OFFER_RECEIVED, to=[person.id], template="offer-notification", values=VALUES)
    )
    return made


def pass_time(of: Notification) -> None:
    """Let the time have come for whatever waits."""
    Delivery.objects.filter(notification=of).update(run_at=timezone.now())


def refusing(letter: Letter) -> Sent:
    raise Refused("bounced", detail="no such user")


def test_an_unread_push_is_followed_by_a_mail(person: User) -> None:
    with channel_is(Scripted()):
        made = offered(person)
        assert run() == 1
        mail = delivery(made)
        assert (mail.status, mail.reason, mail.after) == ("held", "unread", delivery(made, Channel.PUSH))
        assert timedelta(minutes=9) < mail.run_at - timezone.now() <= timedelta(minutes=10)
        pass_time(made)
        assert run() == 1

    assert trace(made, Channel.PUSH) == [("pending", ""), ("sending", ""), ("sent", "")]
    assert trace(made) == [("held", "unread"), ("sending", ""), ("sent", "")]
    assert trace(made, Channel.SMS) == []


@pytest.mark.parametrize("how", ["read", "read all", "delete"])
def test_reading_ends_the_chain(person: User, how: str) -> None:
    scripted = Scripted()
    with channel_is(scripted):
        made = offered(person)
        run()
        match how:
            case "read":
                services.mark_read(actor=person, notification_id=made.id)
            case "read all":
                services.mark_all_read(actor=person)
            case _:
                services.delete_notification(actor=person, notification_id=made.id)
        pass_time(made)
        run()

    assert sum(scripted.given.values()) == 1
    assert trace(made)[-1] == ("skipped", "deleted_before" if how == "delete" else "read_before")


def test_a_push_that_fails_is_followed_at_once(person: User) -> None:
    def refuse_pushes(letter: Letter) -> Sent:
        if not letter.to:
            raise Refused("gone")
        return Sent(provider="scripted")

    with channel_is(Scripted(refuse_pushes)):
        made = offered(person)
        run()

    assert trace(made, Channel.PUSH)[-1] == ("failed", "gone")
    assert trace(made) == [("pending", ""), ("sending", ""), ("sent", "")]


def has_phone(person: User) -> None:
    """Let somebody want SMS at a number that they have verified."""
    person.preferences["notifications"]["sms"] = True
    User.objects.filter(id=person.id).update(
        phone="+919876543210", phone_verified_at=timezone.now(), preferences=person.preferences
    )


def test_a_mail_that_fails_is_followed_by_an_sms(person: User) -> None:
    has_phone(person)
    with channel_is(Scripted()):
        made = offered(person)
        run()
        pass_time(made)
    with channel_is(Scripted(lambda letter: refusing(letter) if "@" in letter.to else Sent(provider="scripted"))):
        run()

    assert trace(made)[-1] == ("failed", "bounced")
    assert trace(made, Channel.SMS) == [("pending", ""), ("sending", ""), ("sent", "")]
    assert delivery(made, Channel.SMS).address == "+919876543210"


def test_a_mail_that_bounces_later_is_followed_by_an_sms_once(person: User) -> None:
    test_a_mail_that_is_sent(person)
    made = Notification.objects.get()
    has_phone(person)
    for _ in range(2):
        services.note_outcome(delivery_id=delivery(made).id, status=Status.BOUNCED, reason="bounced")

    assert Delivery.objects.filter(notification=made, channel=Channel.SMS).count() == 1


def test_a_mail_that_is_sent(person: User) -> None:
    with channel_is(Scripted()):
        made = offered(person)
        run()
        pass_time(made)
        run()

    assert delivery(made).status == "sent"


def test_the_security_of_an_account_is_mailed_though_it_was_read_in_the_app(person: User) -> None:
    values = {"when": "2026-11-27 18:00"}
    (made,) = services.notify(
        Notice(type=Type.SECURITY_ALERT, to=[person.id], template="password-changed", values=values)
    )
    services.mark_read(actor=person, notification_id=made.id)
    with channel_is(Scripted()):
        run()

    assert trace(made)[-1] == ("sent", "")


def test_people_are_read_in_one_round_trip(
    person: User, seller: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):
        found = people_selectors.people_to_reach([person.id, seller.id])

    assert found[person.id].addresses[Channel.PUSH]
    assert not found[seller.id].addresses[Channel.PUSH]
