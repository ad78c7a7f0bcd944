"""`PATCH chat/conversations/{id}`: own flags, and what a group is called."""

from typing import Any

import pytest

from accounts.models import User
from chat import services
from chat.events import ConversationUpdated
from chat.models import Conversation
from chat.services import GroupDetails, OwnFlags
from wholexale.common.realtime import Outgoing, user_group
from wholexale.common.testing import Api, SentItems

pytestmark = pytest.mark.django_db


def updates(items: list[Any]) -> list[tuple[dict[str, Any], set[str]]]:
    return [
        (item.push.changes, set(item.to))
        for item in items
        if isinstance(item, Outgoing) and isinstance(item.push, ConversationUpdated)
    ]


def test_archiving_and_muting_concern_the_caller_alone(api: Api, talk: Conversation, buyer: User, seller: User) -> None:
    path = f"chat/conversations/{talk.id}"

    body = api.as_(buyer).patch(path, {"archived": True, "muted": True}).body["conversation"]

    assert (body["isArchived"], body["isMuted"]) == (True, True)
    other = api.as_(seller).get(path).body["conversation"]
    assert (other["isArchived"], other["isMuted"]) == (False, False)
    assert all(one["notifications"] for one in other["participants"])


def test_own_flags_reach_own_devices_once(talk: Conversation, buyer: User, sent: SentItems) -> None:
    flags = OwnFlags(archived=True)
    with sent() as items:
        for _ in range(2):
            services.update_conversation(actor=buyer, conversation_id=talk.id, flags=flags, details=GroupDetails())

    assert updates(items) == [({"archived": True}, {user_group(buyer.id)})]


def test_an_admin_renames_the_group_and_everybody_hears_it(
    api: Api, group: Conversation, buyer: User, sent: SentItems
) -> None:
    with sent() as items:
        reply = api.as_(buyer).patch(
            f"chat/conversations/{group.id}", {"name": "Silk", "avatar": "/uploads/a.png", "description": "d"}
        )

    assert reply.body["conversation"]["groupInfo"]["name"] == "Silk"
    everybody = {user_group(user.id) for user in User.objects.all()}
    assert updates(items) == [({"name": "Silk", "description": "d", "avatar": "/uploads/a.png"}, everybody)]


def test_a_name_that_stays_changes_nothing(group: Conversation, buyer: User, sent: SentItems) -> None:
    with sent() as items:
        services.update_conversation(
            actor=buyer, conversation_id=group.id, flags=OwnFlags(), details=GroupDetails(name="Cotton")
        )

    assert items == []


def test_others_do_not_rename_the_group(api: Api, group: Conversation, seller: User) -> None:
    reply = api.as_(seller).patch(f"chat/conversations/{group.id}", {"name": "Mine", "muted": True})

    assert (reply.status, reply.code) == (403, "FORBIDDEN")
    assert not group.participants.filter(is_muted=True).exists()


def test_a_direct_conversation_has_no_name(api: Api, talk: Conversation, buyer: User) -> None:
    assert api.as_(buyer).patch(f"chat/conversations/{talk.id}", {"name": "Us"}).code == "NOT_A_GROUP"


@pytest.mark.parametrize("body", [{"archived": "yes"}, {"muted": 1}, {"name": 5}, {"name": "x" * 101}, {"avatar": "x"}])
def test_wrong_types_are_refused(api: Api, group: Conversation, buyer: User, body: dict[str, Any]) -> None:
    assert api.as_(buyer).patch(f"chat/conversations/{group.id}", body).code == "VALIDATION_FAILED"
