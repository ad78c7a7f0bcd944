"""Who is seen online, by whom, and that nobody stays as a ghost."""

import asyncio
import signal
from pathlib import Path

import pytest

from wholexale.tests.live import Person, Server, Stores, free_port
from wholexale.tests.test_redis_loss import redis_on

pytestmark = [pytest.mark.live, pytest.mark.any_server]


async def test_coming_and_going_is_seen_in_a_joined_conversation(
    buyer: Person, seller: Person, conversation: str
) -> None:
    async with buyer.socket() as watcher:
        before = await watcher.call("chat:join", conversationId=conversation)
        async with seller.socket():
            came = await watcher.expect("presence:update", userId=seller.id)
        left = await watcher.expect("presence:update", timeout=8, userId=seller.id)
        after = await watcher.call("chat:join", conversationId=conversation)

    assert before["presence"] == {seller.id: {"status": "offline", "lastSeen": None}}
    assert (came["status"], came["lastSeen"]) == ("online", None)
    assert left["status"] == "offline"
    assert left["version"] > came["version"]
    assert after["presence"][seller.id]["status"] == "offline"
    assert after["presence"][seller.id]["lastSeen"]


async def test_a_reload_is_not_seen(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher:
        async with seller.socket():
            await watcher.call("chat:join", conversationId=conversation)
        async with seller.socket():
            await asyncio.sleep(6)

    assert watcher.seen("presence:update") == []


async def test_nobody_goes_offline_while_one_socket_lives(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher, seller.socket():
        await watcher.call("chat:join", conversationId=conversation)
        async with seller.socket():
            pass
        await asyncio.sleep(5.5)

    assert watcher.seen("presence:update") == []


async def test_the_strongest_status_of_all_sockets_counts(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher, seller.socket() as one, seller.socket() as two:
        await watcher.call("presence:watch", userIds=[seller.id])
        await one.call("presence:set", status="idle")
        await two.call("presence:set", status="idle")
        idle = await watcher.expect("presence:update")
        await one.call("presence:set", status="online")
        online = await watcher.expect("presence:update")

    assert (idle["status"], online["status"]) == ("idle", "online")


async def test_an_invisible_person_is_offline_to_others(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher, seller.socket() as hidden:
        await watcher.call("presence:watch", userIds=[seller.id])
        await hidden.call("presence:set", status="invisible")
        push = await watcher.expect("presence:update")

    assert push["status"] == "offline"


async def test_strangers_cannot_watch_each_other(buyer: Person, outsider: Person) -> None:
    async with buyer.socket() as watcher, outsider.socket():
        answer = await watcher.call("presence:watch", userIds=[outsider.id])

    assert answer == {"presence": {}}


async def test_who_hides_the_online_status_is_not_shown(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher, seller.socket():
        await watcher.call("chat:join", conversationId=conversation)
        body = {"preferences": {"privacy": {"showOnlineStatus": False}}}
        await asyncio.to_thread(seller.request, "PUT", "/api/auth/profile", body)
        gone = await watcher.expect("presence:update")
        answer = await watcher.call("presence:watch", userIds=[seller.id])

    assert gone["status"] == "offline"
    assert answer == {"presence": {}}


async def test_a_blocked_person_sees_no_presence_from_then_on(buyer: Person, seller: Person, conversation: str) -> None:
    async with buyer.socket() as watcher:
        await watcher.call("chat:join", conversationId=conversation)
        blocked = await asyncio.to_thread(seller.request, "POST", "/api/chat/blocks", {"user": buyer.id})
        assert blocked.is_success, blocked.text
        await asyncio.sleep(0.2)
        async with seller.socket():
            await asyncio.sleep(0.3)
            answer = await watcher.call("presence:watch", userIds=[seller.id])
            refused = await watcher.refused("chat:send", conversationId=conversation, content="hi")

    assert watcher.seen("presence:update") == []
    assert answer == {"presence": {}}
    assert refused == "BLOCKED"


async def test_who_left_a_group_and_its_members_see_each_other_no_more(
    buyer: Person, seller: Person, outsider: Person
) -> None:
    group = buyer.talk_to(seller, outsider)
    async with buyer.socket() as stays, seller.socket() as removed:
        await stays.call("chat:join", conversationId=group)
        await removed.call("presence:watch", userIds=[buyer.id, outsider.id])
        path = f"/api/chat/conversations/{group}/participants/{seller.id}"
        answer = await asyncio.to_thread(buyer.request, "DELETE", path)
        assert answer.is_success, answer.text
        await asyncio.sleep(0.5)
        async with outsider.socket() as other:
            await stays.expect("presence:update", userId=outsider.id)
            await stays.call("presence:set", status="dnd")
            await removed.call("presence:set", status="dnd")
            await asyncio.sleep(0.5)
            await other.call("ping")

    assert removed.seen("presence:update") == []
    assert {push["userId"] for push in stays.seen("presence:update")} == {outsider.id}


@pytest.mark.servers
async def test_who_goes_while_redis_hangs_is_no_ghost_afterwards(tmp_path: Path) -> None:
    port = free_port()
    with (
        Stores.fresh(REDIS_URL=f"redis://127.0.0.1:{port}/0") as stores,
        redis_on(port, tmp_path) as redis,
        Server.run(stores) as here,
        Server.run(stores) as there,
    ):
        buyer, seller = Person.register(here), Person.register(here)
        conversation = buyer.talk_to(seller)
        async with buyer.socket(here) as watcher:
            async with seller.socket(there):
                await asyncio.sleep(0.5)
                joined = await watcher.call("chat:join", conversationId=conversation)
            await asyncio.sleep(4)
            redis.send_signal(signal.SIGSTOP)
            await asyncio.sleep(4)
            redis.send_signal(signal.SIGCONT)
            gone = await watcher.expect("presence:update", timeout=12, userId=seller.id)
            answer = await watcher.call("chat:join", conversationId=conversation)

    assert joined["presence"][seller.id]["status"] == "online"
    assert gone["status"] == answer["presence"][seller.id]["status"] == "offline"
