"""Unread messages: one notice a conversation, found by the read marks, until it is read."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services as chat_services
from chat.models import Conversation, Message, Participant
from chat.services import Draft
from chat.tests.staging import group_of, read
from notifications import services, tasks
from notifications.events import NotificationCount, NotificationRead
from notifications.models import Notification
from notifications.tests.staging import verified
from wholexale.common.models import PeriodicRun, WorkRow
from wholexale.common.realtime import Outgoing
from wholexale.common.testing import SentItems

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(buyer: User, seller: User) -> Conversation:
    return chat_services.create_direct(actor=buyer, user_id=seller.id)


def say(sender: User | None, talk: Conversation, text: str = "Hello", **fields: object) -> None:
    """Let somebody write."""
    draft = Draft(conversation_id=talk.id, sender_id=sender.id if sender else None, content=text, **fields)  # type: ignore[arg-type] # fields of the test's own
    chat_services.post_messages([draft])


def look(*, later: timedelta = timedelta(minutes=2), since: datetime | None = None) -> list[tuple[str, str]]:
    """Do what is done every minute, some minutes from now; return who has which unread notice of a conversation."""
    now = timezone.now() + later
    services.end_read_notices()
    services.tell_unread_messages(since=since or now - timedelta(hours=1), until=now - timedelta(minutes=1))
    rows = Notification.objects.filter(type="chat_message", read_at=None).order_by("id")
    return list(rows.values_list("recipient__first_name", "message"))


def test_one_notice_a_conversation_until_it_is_read(buyer: User, seller: User, talk: Conversation) -> None:
    say(buyer, talk)
    say(buyer, talk)
    assert look() == [("Samir", "Bela Buyer has written to you. Unread: 2.")]
    say(buyer, talk)
    assert len(look()) == 1
    assert Notification.objects.count() == 1

    read(talk, seller)
    assert look() == []
    say(buyer, talk)
    assert look() == [("Samir", "Bela Buyer has written to you. Unread: 1.")]
    assert Notification.objects.count() == 2


def test_what_is_young_may_still_be_read_by_itself(buyer: User, seller: User, talk: Conversation) -> None:
    say(buyer, talk)

    assert look(later=timedelta(seconds=50)) == []
    assert len(look(later=timedelta(seconds=70))) == 1


def test_a_conversation_that_never_rests_is_told_all_the_same(buyer: User, seller: User, talk: Conversation) -> None:
    say(buyer, talk)
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    say(buyer, talk)

    assert len(look(later=timedelta(seconds=0))) == 1


def test_nobody_is_told_of_what_they_wrote_muted_left_or_heard_of_otherwise(
    buyer: User, seller: User, colleague: User, outsider: User
) -> None:
    group = group_of(buyer, seller, colleague, outsider, name="Cotton")
    say(buyer, group)
    Participant.objects.filter(user=seller).update(is_muted=True)
    chat_services.leave_conversation(actor=outsider, conversation_id=group.id)

    assert look() == [("Chitra", "Bela Buyer (Cotton) has written to you. Unread: 1.")]


def test_system_lines_and_offers_are_told_in_other_ways(buyer: User, seller: User, talk: Conversation) -> None:
    say(None, talk, message_type="system", system_message_type="offer_created")
    say(buyer, talk, message_type="offer", offer={"offerId": "1"})
    assert look() == []
    say(buyer, talk)
    assert len(look()) == 1


def test_a_deleted_message_is_told_to_nobody(buyer: User, seller: User, talk: Conversation) -> None:
    say(buyer, talk)
    Message.objects.update(deleted_at=timezone.now())

    assert look() == []


def test_reading_the_chat_reads_the_notice_on_every_device(
    buyer: User, seller: User, talk: Conversation, sent: SentItems
) -> None:
    say(buyer, talk)
    look()
    read(talk, seller)
    with sent() as items:
        assert services.end_read_notices() == 1
        assert services.end_read_notices() == 0
    pushes = [item.push for item in items if isinstance(item, Outgoing)]

    assert [type(push) for push in pushes] == [NotificationRead, NotificationCount]
    assert Notification.objects.get().read_at is not None


def test_a_notice_that_was_read_itself_is_not_made_again(buyer: User, seller: User, talk: Conversation) -> None:
    say(buyer, talk)
    look()
    services.mark_all_read(actor=seller)

    assert look() == []
    assert Notification.objects.count() == 1


def test_the_clock_looks_at_what_was_written_since_it_looked_last(
    buyer: User, seller: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[datetime, datetime]] = []
    monkeypatch.setattr(services, "tell_unread_messages", lambda *, since, until: seen.append((since, until)))
    due = timezone.now().replace(second=0, microsecond=0)
    tasks.tell_unread(due)
    PeriodicRun.objects.create(
        name="notifications.tell_unread", due_at=due - timedelta(minutes=5), state=WorkRow.State.DONE
    )
    tasks.tell_unread(due)

    (first, until), (second, _) = seen
    assert until == due - timedelta(minutes=1)
    assert first == due - timedelta(days=1, minutes=1)
    assert second == due - timedelta(minutes=7)  # five ago, less the minute that it left out, and one to overlap


def test_many_conversations_take_few_queries(
    buyer: User, seller: User, colleague: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    verified(seller)
    for number in range(20):
        group = group_of(buyer, seller, colleague, name=f"Group {number}")
        say(buyer, group)
    with django_assert_max_num_queries(20):
        assert len(look()) == 40
