"""What the sweep reads: everything that a lost signal may have said."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import services as accounts_services
from accounts.models import User
from accounts.services.businesses import BusinessDetails
from chat.models import Conversation
from chat.services import members, safety
from chat.tests.staging import group_of, say
from wholexale.common.realtime import MemberLeft, conversation_group
from wholexale.common.testing import SentItems, make_session
from wholexale.server import account_changes, conversation_changes

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


def since_now() -> datetime:
    """Return a moment after everything that the fixtures have written."""
    User.objects.update(updated_at=LONG_AGO)
    return datetime.now(UTC)


def test_whose_privacy_has_changed_is_found(buyer: User, seller: User) -> None:
    moment = since_now()
    accounts_services.update_profile(
        actor=buyer, person={}, preferences={"privacy": {"showOnlineStatus": False}}, business=BusinessDetails()
    )

    assert account_changes(moment).changed == [str(buyer.id)]


def test_coming_and_going_is_no_change_of_a_user(buyer: User) -> None:
    moment = since_now()
    make_session(buyer)
    accounts_services.note_last_seen(user_ids=[buyer.id], moment=datetime.now(UTC))

    assert account_changes(moment).changed == []


def test_a_block_is_found_until_it_is_taken_back(buyer: User, seller: User) -> None:
    moment = since_now()
    safety.block(actor=buyer, user_id=seller.id)
    assert conversation_changes(moment).apart == [(str(buyer.id), str(seller.id))]
    assert conversation_changes(datetime.now(UTC)).apart == []

    safety.unblock(actor=buyer, user_id=seller.id)
    assert conversation_changes(moment).apart == []


def test_who_left_is_found_with_the_head_of_the_log_until_they_are_back(
    buyer: User, seller: User, staff: User, sent: SentItems
) -> None:
    group = group_of(buyer, seller, staff, name="Cotton")
    moment = since_now()
    with sent() as items:
        members.remove_participant(actor=buyer, conversation_id=group.id, user_id=seller.id)
    left = Conversation.objects.get(id=group.id).last_seq
    last = say(group, buyer).seq

    signal = MemberLeft(group=conversation_group(group.id), user_id=str(seller.id), seq=left)
    assert signal in items
    assert last > left
    assert conversation_changes(moment).left == [(conversation_group(group.id), str(seller.id), last)]

    members.add_participant(actor=buyer, conversation_id=group.id, user_id=seller.id)
    assert conversation_changes(moment).left == []
