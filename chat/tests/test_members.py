"""Adding people to a group, taking them out, leaving."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat import services
from chat.events import ChatMessage, ConversationNew, ConversationUpdated
from chat.models import Conversation, Message, Participant
from chat.services import members
from chat.tests.staging import part, read, say
from wholexale.common.realtime import MemberLeft, Outgoing, conversation_group, user_group
from wholexale.common.testing import Api, SentItems, at_once, make_person

pytestmark = pytest.mark.django_db


def add(api: Api, group: Conversation, actor: User, user: User) -> Any:
    return api.as_(actor).post(f"chat/conversations/{group.id}/participants", {"user": str(user.id), "role": "admin"})


def remove(api: Api, group: Conversation, actor: User, user: User) -> Any:
    return api.as_(actor).delete(f"chat/conversations/{group.id}/participants/{user.id}")


def leave(api: Api, group: Conversation, actor: User) -> Any:
    return api.as_(actor).post(f"chat/conversations/{group.id}/leave")


def seen(api: Api, group: Conversation, user: User) -> list[str]:
    body = api.as_(user).get(f"chat/messages/{group.id}", markRead="false").body
    return [message["content"] for message in body["messages"]]


def test_who_joins_late_sees_what_is_said_from_then_on(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    say(group, buyer, "before")

    reply = add(api, group, buyer, outsider)
    say(group, buyer, "after")

    assert reply.status == 201
    assert len(reply.body["conversation"]["participants"]) == 4
    assert seen(api, group, outsider) == ["Omar Outsider joined.", "after"]
    assert services.unread(part(group, outsider)) == 1
    assert part(group, outsider).role == "user"


def test_a_group_may_show_its_history_to_those_who_join(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    say(group, buyer, "before")
    api.as_(buyer).patch(f"chat/conversations/{group.id}", {"showsHistory": True})

    add(api, group, buyer, outsider)

    assert "before" in seen(api, group, outsider)
    assert services.unread(part(group, outsider)) == 0


def test_coming_back_shows_nothing_of_the_time_between(
    api: Api, group: Conversation, buyer: User, seller: User
) -> None:
    say(group, seller, "mine")
    leave(api, group, seller)
    say(group, buyer, "between")

    assert add(api, group, buyer, seller).status == 201
    say(group, buyer, "after")

    assert seen(api, group, seller) == ["Samir Seller joined.", "after"]
    assert services.unread(part(group, seller)) == 1
    say(group, seller, "again")
    assert services.unread(part(group, seller)) == 1
    assert read(group, seller) == 0


def test_everybody_hears_who_joined(group: Conversation, buyer: User, outsider: User, sent: SentItems) -> None:
    with sent() as items:
        services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)

    pushes = [item for item in items if isinstance(item, Outgoing)]
    line, new, update = pushes
    assert isinstance(line.push, ChatMessage)
    assert line.push.message.system_message_type == "user_joined"
    assert isinstance(new.push, ConversationNew)
    assert new.to == (user_group(outsider.id),)
    assert isinstance(update.push, ConversationUpdated)
    assert update.push.changes == {"participantsJoined": [str(outsider.id)]}
    assert user_group(outsider.id) not in update.to


def test_who_is_taken_out_is_gone_at_once(
    api: Api, group: Conversation, buyer: User, seller: User, sent: SentItems
) -> None:
    with sent() as items:
        assert remove(api, group, buyer, seller).status == 200

    head = Conversation.objects.get(id=group.id).last_seq
    assert MemberLeft(group=conversation_group(group.id), user_id=str(seller.id), seq=head) in items
    assert api.as_(seller).get(f"chat/messages/{group.id}").code == "CONVERSATION_NOT_FOUND"
    assert Message.objects.filter(system_message_type="user_left").count() == 1
    assert part(group, seller).left_at is not None


def test_only_admins_change_who_takes_part(
    api: Api, group: Conversation, seller: User, staff: User, outsider: User
) -> None:
    assert add(api, group, seller, outsider).code == "FORBIDDEN"
    assert remove(api, group, seller, staff).code == "FORBIDDEN"
    assert Participant.objects.filter(conversation=group, left_at=None).count() == 3


def test_taking_oneself_out_is_leaving(api: Api, group: Conversation, seller: User) -> None:
    assert remove(api, group, seller, seller).status == 200


def test_nobody_joins_twice(api: Api, group: Conversation, buyer: User, seller: User) -> None:
    assert (add(api, group, buyer, seller).status, add(api, group, buyer, seller).code) == (409, "ALREADY_PARTICIPANT")


def test_who_does_not_take_part_cannot_be_taken_out(api: Api, group: Conversation, buyer: User, outsider: User) -> None:
    assert remove(api, group, buyer, outsider).code == "PARTICIPANT_NOT_FOUND"
    path = f"chat/conversations/{group.id}/participants/nobody"
    assert api.as_(buyer).delete(path).code == "PARTICIPANT_NOT_FOUND"


def test_unknown_and_blocked_people_are_not_added(api: Api, group: Conversation, buyer: User, outsider: User) -> None:
    services.block(actor=outsider, user_id=buyer.id)

    assert add(api, group, buyer, outsider).code == "BLOCKED"
    path = f"chat/conversations/{group.id}/participants"
    assert api.as_(buyer).post(path, {"user": str(uuid4())}).code == "USER_NOT_FOUND"
    assert api.as_(buyer).post(path, {"user": "x"}).code == "VALIDATION_FAILED"


def test_a_full_group_takes_nobody(
    api: Api, group: Conversation, buyer: User, outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_PARTICIPANTS", 3)

    assert add(api, group, buyer, outsider).code == "GROUP_FULL"


def test_a_direct_conversation_keeps_its_people(api: Api, talk: Conversation, buyer: User, outsider: User) -> None:
    assert add(api, talk, buyer, outsider).code == "NOT_A_GROUP"
    assert leave(api, talk, buyer).code == "NOT_A_GROUP"


def test_the_last_admin_hands_over_to_who_was_there_longest(
    api: Api, group: Conversation, buyer: User, outsider: User
) -> None:
    add(api, group, buyer, outsider)

    assert leave(api, group, buyer).status == 200

    admins = Participant.objects.filter(conversation=group, is_group_admin=True, left_at=None)
    assert admins.count() == 1
    assert admins.get().user_id != outsider.id


def test_the_last_one_closes_the_group(api: Api, group: Conversation, buyer: User, seller: User, staff: User) -> None:
    for user in (seller, staff, buyer):
        assert leave(api, group, user).status == 200

    group.refresh_from_db()
    assert group.status == Conversation.Status.CLOSED
    assert group.last_seq == Message.objects.filter(conversation_id=group.id).count()


def test_a_join_whose_line_fails_did_not_happen(
    group: Conversation, buyer: User, outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(members, "write_line", fail)
    with pytest.raises(RuntimeError):
        services.add_participant(actor=buyer, conversation_id=group.id, user_id=outsider.id)
    with pytest.raises(RuntimeError):
        services.leave_conversation(actor=buyer, conversation_id=group.id)

    assert Participant.objects.filter(conversation=group, left_at=None).count() == 3


@pytest.mark.django_db(transaction=True)
def test_joining_leaving_and_posting_at_once_keeps_the_log_whole(group: Conversation, buyer: User) -> None:
    people = [make_person(f"person{number}") for number in range(4)]
    add_ = partial(services.add_participant, actor=buyer, conversation_id=group.id)
    calls = [partial(add_, user_id=user.id) for user in people for _ in range(2)]

    outcomes = at_once([*calls, *(partial(say, group, buyer, str(number)) for number in range(4))])

    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {getattr(refusal, "code", refusal) for refusal in refused} == {"ALREADY_PARTICIPANT"}
    assert len(refused) == 4
    group.refresh_from_db()
    seqs = Message.objects.filter(conversation_id=group.id).order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == list(range(1, group.last_seq + 1))


@pytest.mark.django_db(transaction=True)
def test_when_all_leave_at_once_the_group_closes(group: Conversation, buyer: User, seller: User, staff: User) -> None:
    outcomes = at_once(
        [partial(services.leave_conversation, actor=user, conversation_id=group.id) for user in (buyer, seller, staff)]
    )

    assert outcomes == [None, None, None]
    group.refresh_from_db()
    assert group.status == Conversation.Status.CLOSED
