"""Several server processes on PostgreSQL and Redis: one conversation, whichever process a socket is on."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from wholexale.tests.live import Person, Refused, Server, Socket, Stores

pytestmark = [pytest.mark.live, pytest.mark.servers]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Server, Server]]:
    """Return two servers on the same stores."""
    with Stores.fresh() as stores, Server.run(stores) as one, Server.run(stores) as two:
        yield one, two


async def test_a_message_through_one_arrives_at_a_socket_on_the_other(pair: tuple[Server, Server]) -> None:
    one, two = pair
    buyer, seller = Person.register(one), Person.register(two)
    conversation = buyer.talk_to(seller)
    async with buyer.socket(one) as here, seller.socket(two) as there:
        for socket in (here, there):
            await socket.call("chat:join", conversationId=conversation)
        ack = await here.call("chat:send", conversationId=conversation, content="across", clientMessageId="x")
        push = await there.expect("chat:message", timeout=2)
        body = {"conversationId": conversation, "content": "by REST"}
        await asyncio.to_thread(seller.on(two).request, "POST", "/api/chat/messages", body)
        back = await here.expect("chat:message", timeout=2, seq=ack["seq"] + 1)

    assert push["message"]["id"] == ack["message"]["id"]
    assert "clientMessageId" not in push["message"]
    assert back["message"]["content"] == "by REST"


async def test_both_sides_see_one_order(pair: tuple[Server, Server]) -> None:
    buyer, seller = Person.register(pair[0]), Person.register(pair[0])
    conversation = buyer.talk_to(seller)
    async with buyer.socket(pair[0]) as one, seller.socket(pair[1]) as two:
        starts = [(await socket.call("chat:join", conversationId=conversation))["seq"] for socket in (one, two)]
        acks = await asyncio.gather(
            *((one, two)[n % 2].call("chat:send", conversationId=conversation, content=f"{n}") for n in range(200))
        )
        head = max(ack["seq"] for ack in acks)
        for socket in (one, two):
            await socket.expect("chat:message", seq=head)
        logs = [[push["seq"] for push in socket.seen("chat:message")] for socket in (one, two)]

    assert logs[0] == logs[1] == list(range(starts[0] + 1, head + 1))


async def test_typing_receipts_and_presence_cross(pair: tuple[Server, Server]) -> None:
    one, two = pair
    buyer, seller = Person.register(one), Person.register(one)
    conversation = buyer.talk_to(seller)
    async with buyer.socket(one) as here:
        await here.call("chat:join", conversationId=conversation)
        async with seller.socket(two) as there:
            assert (await here.expect("presence:update", userId=seller.id))["status"] == "online"
            joined = await there.call("chat:join", conversationId=conversation)
            assert joined["presence"][buyer.id]["status"] == "online"
            await there.call("typing:start", conversationId=conversation)
            await here.expect("typing:start", userId=seller.id)
            await here.call("chat:send", conversationId=conversation, content="hi")
            await there.expect("chat:message")
            await there.call("chat:read", conversationId=conversation)
            await here.expect("chat:read", userId=seller.id)
        assert (await here.expect("presence:update", timeout=8, userId=seller.id))["status"] == "offline"


async def test_a_revoked_session_closes_its_sockets_on_every_process(pair: tuple[Server, Server]) -> None:
    person = Person.register(pair[0])
    async with person.socket(pair[1]) as socket:
        await asyncio.to_thread(person.request, "POST", "/api/auth/logout")

        assert await socket.closed(timeout=1.5) == 4401


async def test_a_killed_process_leaves_no_ghost_online() -> None:
    with Stores.fresh() as stores, Server.run(stores) as stays, Server.run(stores) as dies:
        buyer, seller = Person.register(stays), Person.register(stays)
        conversation = buyer.talk_to(seller)
        async with seller.socket(dies), buyer.socket(stays) as watcher:
            joined = await watcher.call("chat:join", conversationId=conversation)
            dies.kill()
            gone = await watcher.expect("presence:update", timeout=22, userId=seller.id)

    assert joined["presence"][seller.id]["status"] == "online"
    assert gone["status"] == "offline"


# --- Kill -9 under load ------------------------------------------------------------------------------------------

RATE = 200
SENDERS = 8
LOAD_SECONDS = 6.0
WITHIN_SECONDS = 6.0


@dataclass
class Listener:
    """A client that always comes back: it joins with its last position and notes when it had each entry."""

    person: Person
    conversation: str
    servers: list[Server]
    had: dict[int, float] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    last: int = 0

    async def listen(self, until: asyncio.Event) -> None:
        """Stay online, on whichever server answers."""
        for server in itertools.cycle(self.servers):
            with contextlib.suppress(OSError, Refused, TimeoutError, WebSocketException):
                await self._listen_on(server, until)
            if until.is_set():
                return
            await asyncio.sleep(0.05)

    async def _listen_on(self, server: Server, until: asyncio.Event) -> None:
        async with self.person.socket(server) as socket:
            back = await socket.call("chat:join", conversationId=self.conversation, lastSeq=self.last)
            assert back["recovered"]
            for entry in back["events"]:
                self._note(entry["data"])
            taken = 0
            while socket.close_code is None and not until.is_set():
                for push in socket.pushes[taken:]:
                    if push["event"] == "chat:message":
                        self._note(push["data"])
                taken = len(socket.pushes)
                await asyncio.sleep(0.01)

    def _note(self, data: dict[str, Any]) -> None:
        self.order.append(data["seq"])
        self.had.setdefault(data["seq"], time.monotonic())
        self.last = max(self.last, data["seq"])


@dataclass
class Sender:
    """A client that sends at a fixed rate and repeats, with the same client id, what was not acknowledged."""

    number: int
    person: Person
    conversation: str
    servers: list[Server]
    acked: dict[str, tuple[int, float]] = field(default_factory=dict)

    async def send(self, *, count: int, every: float) -> None:
        """Send all messages; each one until it was acknowledged."""
        todo = [f"s{self.number}-{n}" for n in range(count)]
        began = time.monotonic()
        for server in itertools.cycle(self.servers):
            with contextlib.suppress(OSError, TimeoutError, Refused, WebSocketException):
                async with self.person.socket(server) as socket:
                    await self._send_on(socket, todo, began, every)
            if not todo:
                return
            await asyncio.sleep(0.05)

    async def _send_on(self, socket: Socket, todo: list[str], began: float, every: float) -> None:
        while todo:
            due = began + every * (len(self.acked) + 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            ack = await socket.call(
                "chat:send", conversationId=self.conversation, content=todo[0], clientMessageId=todo[0]
            )
            self.acked[todo.pop(0)] = ack["seq"], time.monotonic()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", [1, *(pytest.param(one, marks=pytest.mark.proof) for one in (2, 3, 4, 5))])
async def test_kill_9_under_load_loses_and_doubles_nothing(seed: int) -> None:
    chance = random.Random(seed)
    with Stores.fresh() as stores, Server.run(stores) as stays, Server.run(stores) as dies:
        people = [Person.register(stays, f"Person{n}") for n in range(SENDERS)]
        conversation = people[0].talk_to(*people[1:])
        orders = [[stays, dies], [dies, stays]]
        senders = [Sender(n, person, conversation, orders[n % 2]) for n, person in enumerate(people)]
        listeners = [Listener(person, conversation, orders[n % 2]) for n, person in enumerate(people)]
        end = asyncio.Event()
        listening = [asyncio.create_task(listener.listen(end)) for listener in listeners]
        count = int(RATE * LOAD_SECONDS / SENDERS)
        sending = [asyncio.create_task(one.send(count=count, every=SENDERS / RATE)) for one in senders]
        await asyncio.sleep(chance.uniform(1.5, 3.5))
        await asyncio.to_thread(dies.kill)
        await asyncio.gather(*sending)
        acked = {client_id: seen for one in senders for client_id, seen in one.acked.items()}
        head = max(seq for seq, _ in acked.values())
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline and any(one.last < head for one in listeners):  # noqa: ASYNC110 - no signal
            await asyncio.sleep(0.05)
        end.set()
        await asyncio.gather(*listening)
        stored = await stored_messages(people[0].on(stays), conversation)

    assert len(acked) == SENDERS * count
    texts = [message["content"] for message in stored if message["messageType"] == "text"]
    assert sorted(texts) == sorted(acked)  # every acknowledged message once, and nothing else
    assert [message["seq"] for message in stored] == list(range(stored[0]["seq"], head + 1))
    for listener in listeners:
        assert listener.order == list(range(listener.order[0], head + 1)), listener.person.email
        late = max(listener.had[seq] - at for seq, at in acked.values() if seq in listener.had)
        assert late < WITHIN_SECONDS


async def stored_messages(person: Person, conversation: str) -> list[dict[str, Any]]:
    """Return the whole log of messages, oldest first."""
    stored: list[dict[str, Any]] = []
    async with person.socket() as socket:
        after = 0
        while True:
            page = await socket.call("chat:history", conversationId=conversation, afterSeq=after, limit=100)
            stored += page["messages"]
            if not page["hasMore"]:
                return stored
            after = stored[-1]["seq"]
