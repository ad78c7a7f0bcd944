"""Conversations on the socket: acks, order, resume, receipts, typing, and what outsiders get."""

import asyncio
import json
from typing import Any

import pytest

from chat import consumers
from wholexale.realtime import commands as engine
from wholexale.tests.live import Person, Server

pytestmark = pytest.mark.live

MISSING = "01900000-0000-7000-8000-000000000000"


async def test_a_message_is_acked_first_and_reaches_every_joined_socket(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as sender, buyer.socket() as own_other, seller.socket() as receiver:
        for socket in (sender, own_other, receiver):
            await socket.call("chat:join", conversationId=conversation)
        ack = await sender.call("chat:send", conversationId=conversation, content="Hello", clientMessageId="a-1")
        pushed = [await socket.expect("chat:message") for socket in (sender, own_other, receiver)]

    message = ack["message"]
    assert (message["content"], message["sender"], ack["duplicate"]) == ("Hello", buyer.id, False)
    assert message["id"] == message["_id"] == message["messageId"]
    assert [push["seq"] for push in pushed] == [ack["seq"]] * 3
    assert [push["message"].get("clientMessageId") for push in pushed] == ["a-1", "a-1", None]
    order = [frame["event"] for frame in sender.frames]
    assert order.index("chat:message") > len(order) - 1 - order[::-1].index("ack")


async def test_a_rest_message_is_pushed_to_sockets(buyer: Person, seller: Person, conversation: str) -> None:
    async with seller.socket() as receiver:
        await receiver.call("chat:join", conversationId=conversation)
        body = {"conversationId": conversation, "content": "By REST", "messageType": "text"}
        sent = await asyncio.to_thread(buyer.request, "POST", "/api/chat/messages", body)
        push = await receiver.expect("chat:message")

    assert push["message"]["id"] == sent.json()["data"]["message"]["id"]


async def test_a_repeat_gets_the_first_ack_and_a_reuse_is_refused(buyer: Person, conversation: str) -> None:
    body = {"conversationId": conversation, "content": "Once", "clientMessageId": "c-1"}
    async with buyer.socket() as socket, buyer.socket() as other:
        first = await socket.call("chat:send", **body)
        again = await other.call("chat:send", **body)
        code = await socket.refused("chat:send", **{**body, "content": "Twice"})

    assert (again["message"], again["seq"], again["duplicate"]) == (first["message"], first["seq"], True)
    assert code == "CLIENT_MESSAGE_ID_REUSED"


async def test_twenty_sockets_sending_the_same_client_id_store_one_row(buyer: Person, conversation: str) -> None:
    body = {"conversationId": conversation, "content": "Once", "clientMessageId": "same"}
    async with buyer.socket() as one, buyer.socket() as two:
        acks = await asyncio.gather(*((one, two)[number % 2].call("chat:send", **body) for number in range(20)))

    assert sorted(ack["duplicate"] for ack in acks) == [False] + [True] * 19
    assert len({ack["message"]["id"] for ack in acks}) == 1


async def test_every_receiver_sees_the_same_contiguous_order(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as one, seller.socket() as two:
        starts = [(await socket.call("chat:join", conversationId=conversation))["seq"] for socket in (one, two)]
        sends = [
            (one, two)[number % 2].call("chat:send", conversationId=conversation, content=f"{number}")
            for number in range(100)
        ]
        acks = await asyncio.gather(*sends)
        head = max(ack["seq"] for ack in acks)
        for socket in (one, two):
            await socket.expect("chat:message", seq=head)
        logs = [[(push["seq"], push["message"]["id"]) for push in socket.seen("chat:message")] for socket in (one, two)]

    assert logs[0] == logs[1]
    assert [seq for seq, _ in logs[0]] == list(range(starts[0] + 1, starts[0] + 101))


async def test_a_resume_brings_exactly_what_was_missed_as_it_was_pushed(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with seller.socket() as receiver:
        start = await receiver.call("chat:join", conversationId=conversation)
    async with buyer.socket() as sender, buyer.socket() as witness:
        await witness.call("chat:join", conversationId=conversation)
        first = await sender.call("chat:send", conversationId=conversation, content="one")
        await sender.call("chat:send", conversationId=conversation, content="two")
        await sender.call("chat:edit", messageId=first["message"]["id"], content="one, edited")
        await witness.expect("chat:updated")
    async with seller.socket() as receiver:
        back = await receiver.call("chat:join", conversationId=conversation, lastSeq=start["seq"], epoch=start["epoch"])

    assert back["recovered"] is True
    assert [entry["data"]["seq"] for entry in back["events"]] == list(range(start["seq"] + 1, back["seq"] + 1))
    assert [entry["event"] for entry in back["events"]] == ["chat:message", "chat:message", "chat:updated"]
    assert back["events"][1:] == [push for push in witness.pushes if push["event"].startswith("chat:")][1:]
    assert back["events"][0]["data"]["message"]["content"] == "one, edited"


async def test_a_foreign_epoch_and_a_position_from_the_future_are_not_recovered(
    buyer: Person, conversation: str
) -> None:
    async with buyer.socket() as socket:
        await socket.call("chat:send", conversationId=conversation, content="one")
        foreign = await socket.call("chat:join", conversationId=conversation, lastSeq=0, epoch="another")
        future = await socket.call("chat:join", conversationId=conversation, lastSeq=999)

    assert (foreign["recovered"], foreign["events"]) == (False, [])
    assert (future["recovered"], future["events"]) == (False, [])


async def test_who_missed_more_than_three_hundred_pages_through_the_history(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as sender, seller.socket() as receiver:
        start = (await receiver.call("chat:join", conversationId=conversation))["seq"]
        await receiver.call("chat:leave", conversationId=conversation)
        for number in range(301):
            await sender.call("chat:send", conversationId=conversation, content=f"{number}")
        back = await receiver.call("chat:join", conversationId=conversation, lastSeq=start)
        seqs: list[int] = []
        more, after = True, start
        while more:
            page = await receiver.call("chat:history", conversationId=conversation, afterSeq=after, limit=100)
            seqs += [message["seq"] for message in page["messages"]]
            more, after = page["hasMore"], seqs[-1]
        newest = await receiver.call("chat:history", conversationId=conversation, limit=2)

    assert (back["recovered"], back["events"]) == (False, [])
    assert seqs == list(range(start + 1, start + 302))
    assert [message["seq"] for message in newest["messages"]] == [start + 300, start + 301]


async def test_sync_joins_many_and_names_those_it_refuses(
    buyer: Person, seller: Person, outsider: Person, conversation: str
) -> None:
    foreign = outsider.talk_to(seller)
    async with buyer.socket() as socket:
        sent = await socket.call("chat:send", conversationId=conversation, content="one")
        answer = await socket.call("sync", conversations={conversation: sent["seq"] - 1, foreign: 0, MISSING: None})
        await socket.call("chat:send", conversationId=conversation, content="two")
        push = await socket.expect("chat:message")

    (joined,) = answer["conversations"]
    assert [entry["data"]["message"]["content"] for entry in joined["events"]] == ["one"]
    assert {refused["conversationId"] for refused in answer["refused"]} == {foreign, MISSING}
    assert {refused["error"]["code"] for refused in answer["refused"]} == {"CONVERSATION_NOT_FOUND"}
    assert push["message"]["content"] == "two"


async def test_edits_deletes_and_reactions_take_their_place_in_the_log(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as author, seller.socket() as reader:
        await reader.call("chat:join", conversationId=conversation)
        message = (await author.call("chat:send", conversationId=conversation, content="typo"))["message"]
        edited = await author.call("chat:edit", messageId=message["id"], content="fixed")
        reacted = await reader.call("chat:react", messageId=message["id"], emoji="👍")
        deleted = await author.call("chat:delete", messageId=message["id"])
        await reader.expect("chat:deleted")

    seqs = [message["seq"], edited["seq"], reacted["seq"], deleted["seq"]]
    assert seqs == list(range(message["seq"], message["seq"] + 4))
    assert [push["data"]["seq"] for push in reader.pushes if push["event"].startswith("chat:")] == seqs
    assert edited["message"]["content"] == "fixed"
    assert [reaction["emoji"] for reaction in reacted["message"]["reactions"]] == ["👍"]
    assert (deleted["message"]["isDeleted"], deleted["message"]["content"]) == (True, "")


async def test_marks_move_forward_only_and_count_the_unread(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as author, seller.socket() as reader:
        await author.call("chat:join", conversationId=conversation)
        sent = [await author.call("chat:send", conversationId=conversation, content=f"{n}") for n in range(3)]
        delivered = await reader.call("chat:delivered", conversationId=conversation)
        await author.expect("chat:delivered", seq=sent[2]["seq"])
        partly = await reader.call("chat:read", conversationId=conversation, seq=sent[1]["seq"])
        push = await author.expect("chat:read")
        back = await reader.call("chat:read", conversationId=conversation, messageId=sent[0]["message"]["id"])
        whole = await reader.call("chat:read", conversationId=conversation)
        joined = await author.call("chat:join", conversationId=conversation)

    assert delivered == {"seq": sent[2]["seq"], "unread": 3}
    assert partly == back == {"seq": sent[1]["seq"], "unread": 1}
    assert whole == {"seq": sent[2]["seq"], "unread": 0}
    assert (push["userId"], push["messageId"]) == (seller.id, sent[1]["message"]["id"])
    assert push["readBy"]["user"] == seller.id
    marks = {mark["userId"]: mark for mark in joined["receipts"]}
    assert marks[seller.id]["readSeq"] == marks[seller.id]["deliveredSeq"] == sent[2]["seq"]


async def test_typing_is_shown_to_the_others_once_and_ends_by_itself(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as typist, seller.socket() as reader:
        for socket in (typist, reader):
            await socket.call("chat:join", conversationId=conversation)
        for _ in range(3):
            await typist.call("typing:start", conversationId=conversation)
        start = await reader.expect("typing:start")
        joined = await reader.call("chat:join", conversationId=conversation)
        await reader.expect("typing:stop", timeout=9.5)

    assert (start["userId"], start["userName"], start["expiresInMs"]) == (buyer.id, "Buyer Tester", 8000)
    assert joined["typing"] == [buyer.id]
    assert len(reader.seen("typing:start")) == 1
    assert not typist.seen("typing:start")


@pytest.mark.parametrize("end", ["stop", "send", "leave", "disconnect"])
async def test_typing_ends_when_the_typist(buyer: Person, seller: Person, conversation: str, end: str) -> None:
    async with seller.socket() as reader:
        await reader.call("chat:join", conversationId=conversation)
        async with buyer.socket() as typist:
            await typist.call("chat:join", conversationId=conversation)
            await typist.call("typing:start", conversationId=conversation)
            await reader.expect("typing:start")
            if end == "stop":
                await typist.call("typing:stop", conversationId=conversation)
            elif end == "send":
                await typist.call("chat:send", conversationId=conversation, content="done")
            elif end == "leave":
                await typist.call("chat:leave", conversationId=conversation)
        stop = await reader.expect("typing:stop", timeout=2)

    assert stop["userId"] == buyer.id


async def test_who_has_left_a_conversation_on_a_socket_hears_no_more_there(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as sender, seller.socket() as gone, seller.socket() as stays:
        for socket in (gone, stays):
            await socket.call("chat:join", conversationId=conversation)
        await gone.call("chat:leave", conversationId=conversation)
        await sender.call("chat:send", conversationId=conversation, content="hi")
        await stays.expect("chat:message")
        await gone.call("ping")

    assert gone.seen("chat:message") == []


async def test_a_removed_member_hears_nothing_from_then_on(buyer: Person, seller: Person, outsider: Person) -> None:
    group = buyer.talk_to(seller, outsider)
    async with buyer.socket() as admin, outsider.socket() as removed:
        for socket in (admin, removed):
            await socket.call("chat:join", conversationId=group)
        path = f"/api/chat/conversations/{group}/participants/{outsider.id}"
        assert (await asyncio.to_thread(buyer.request, "DELETE", path)).is_success
        await asyncio.sleep(1)
        heard = len(removed.seen("chat:message"))
        sent = await admin.call("chat:send", conversationId=group, content="alone")
        await admin.expect("chat:message", seq=sent["seq"])
        assert await removed.refused("chat:send", conversationId=group, content="hi") == "CONVERSATION_NOT_FOUND"

    assert len(removed.seen("chat:message")) == heard


def outsider_commands(conversation: str, message: str) -> dict[str, dict[str, Any]]:
    """Return every command that names a conversation or a message, with data that a member could send."""
    of_conversation = {"conversationId": conversation}
    return {
        "chat:join": of_conversation,
        "chat:send": {**of_conversation, "content": "hi"},
        "chat:history": of_conversation,
        "chat:read": of_conversation,
        "chat:delivered": of_conversation,
        "typing:start": of_conversation,
        "typing:stop": of_conversation,
        "chat:edit": {"messageId": message, "content": "mine now"},
        "chat:delete": {"messageId": message},
        "chat:react": {"messageId": message, "emoji": "👎"},
    }


HARMLESS = {"auth", "ping", "presence:watch", "presence:set", "chat:leave", "sync"}
"""Commands that name no conversation, or tell an outsider nothing; `sync` and presence have tests of their own."""


def test_every_command_is_either_harmless_or_in_the_outsider_test() -> None:
    commands = (*consumers.COMMANDS, *engine.COMMANDS)

    assert {command.event for command in commands} == HARMLESS | outsider_commands("", "").keys()


async def test_an_outsider_gets_not_found_from_every_command_and_nobody_notices(
    buyer: Person, seller: Person, outsider: Person, conversation: str
) -> None:
    async with buyer.socket() as member, outsider.socket() as stranger:
        await member.call("chat:join", conversationId=conversation)
        message = (await member.call("chat:send", conversationId=conversation, content="ours"))["message"]
        await member.expect("chat:message")
        for event, data in outsider_commands(conversation, message["id"]).items():
            for subject in (conversation, MISSING):
                about = {**data, "conversationId": subject} if "conversationId" in data else data
                code = await stranger.refused(event, **about)
                assert code in {"CONVERSATION_NOT_FOUND", "MESSAGE_NOT_FOUND"}, event
        await stranger.call("chat:leave", conversationId=conversation)
        await asyncio.sleep(0.3)
        history = await member.call("chat:history", conversationId=conversation)

    assert [one["content"] for one in history["messages"] if one["messageType"] == "text"] == ["ours"]
    assert [push["event"] for push in member.pushes] == ["chat:message"]
    assert stranger.pushes == []


async def test_a_reply_quotes_a_message_of_the_same_conversation_only(
    buyer: Person, seller: Person, outsider: Person, conversation: str, server: Server
) -> None:
    other = buyer.talk_to(outsider)
    async with buyer.socket() as socket:
        first = (await socket.call("chat:send", conversationId=conversation, content="How much?"))["message"]
        reply = await socket.call("chat:send", conversationId=conversation, content="85", replyTo=first["id"])
        code = await socket.refused("chat:send", conversationId=other, content="85", replyTo=first["id"])

    assert reply["message"]["quotedMessage"]["content"] == "How much?"
    assert code == "VALIDATION_FAILED"


async def test_who_joined_later_gets_changes_of_older_messages_without_their_text(
    buyer: Person, seller: Person, outsider: Person, server: Server
) -> None:
    late = Person.register(server, "Late")
    group = buyer.talk_to(seller, outsider)
    async with buyer.socket() as author, seller.socket() as early, late.socket() as newcomer:
        old = (await author.call("chat:send", conversationId=group, content="before"))["message"]
        added = await asyncio.to_thread(
            buyer.request, "POST", f"/api/chat/conversations/{group}/participants", {"user": late.id}
        )
        assert added.is_success, added.text
        start = await newcomer.call("chat:join", conversationId=group)
        await early.call("chat:join", conversationId=group)
        reply = await author.call("chat:send", conversationId=group, content="a reply", replyTo=old["id"])
        await author.call("chat:edit", messageId=old["id"], content="before, edited")
        seen = [await early.expect("chat:message"), await early.expect("chat:updated")]
        hidden = [await newcomer.expect("chat:message"), await newcomer.expect("chat:updated")]
        back = await newcomer.call("chat:join", conversationId=group, lastSeq=start["seq"])
        page = await newcomer.call("chat:history", conversationId=group)
    rest = await asyncio.to_thread(late.request, "GET", f"/api/chat/messages/{group}")

    assert seen[0]["message"]["quotedMessage"]["content"] == "before"
    assert seen[1]["message"]["content"] == "before, edited"
    assert [push["seq"] for push in hidden] == [push["seq"] for push in seen]
    assert [entry["data"] for entry in back["events"]] == hidden
    for everything in (hidden, back, page, rest.json()):
        assert "before" not in json.dumps(everything)
    assert reply["message"]["content"] in json.dumps(page)


async def test_typing_is_not_shown_where_one_has_blocked_the_other(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as typist, seller.socket() as reader:
        for socket in (typist, reader):
            await socket.call("chat:join", conversationId=conversation)
        blocked = await asyncio.to_thread(seller.request, "POST", "/api/chat/blocks", {"user": buyer.id})
        assert blocked.is_success, blocked.text
        await typist.call("typing:start", conversationId=conversation)
        await asyncio.sleep(0.3)

    assert reader.seen("typing:start") == []


async def test_one_big_answer_is_no_reason_to_be_closed(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as writer, seller.socket() as reader:
        start = (await reader.call("chat:join", conversationId=conversation))["seq"]
        await reader.call("chat:leave", conversationId=conversation)
        for _ in range(80):
            await writer.call("chat:send", conversationId=conversation, content="ß" * 4_000)
        back = await reader.call("chat:join", conversationId=conversation, lastSeq=start)
        await writer.call("chat:send", conversationId=conversation, content="after")
        await reader.expect("chat:message")

    assert len(back["events"]) == 80


async def test_more_than_one_frame_holds_is_read_page_by_page(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as writer, seller.socket() as reader:
        start = (await reader.call("chat:join", conversationId=conversation))["seq"]
        await reader.call("chat:leave", conversationId=conversation)
        for _ in range(100):
            await writer.call("chat:send", conversationId=conversation, content="ß" * 4_000)
        back = await reader.call("chat:join", conversationId=conversation, lastSeq=start)
        first = await reader.call("chat:history", conversationId=conversation, afterSeq=start, limit=100)
        last = await reader.call("chat:history", conversationId=conversation, limit=100)

    assert (back["recovered"], back["events"]) == (False, [])
    assert first["hasMore"]
    assert last["hasMore"]
    assert first["messages"][0]["seq"] == start + 1
    assert last["messages"][-1]["seq"] == start + 100
