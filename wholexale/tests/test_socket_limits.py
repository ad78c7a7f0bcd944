"""Limits of sockets: each one refuses or closes as the contract says, and costs others nothing."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from wholexale.tests.live import Person, Refused, Server, Stores

pytestmark = pytest.mark.live

SMALL = {
    "RATE_LIMITS": "on",
    "APP_ENV": "development",
    "SOCKETS_PER_USER": "2",
    "RATE_LIMIT_MESSAGES_PER_MINUTE": "5",
    "SOCKET_CONNECTS_PER_MINUTE": "0",
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """Return a server with small limits."""
    with Stores.fresh(**SMALL) as stores, Server.run(stores) as running:
        yield running


async def test_above_the_sockets_of_a_user_the_oldest_is_closed(strict: Server) -> None:
    person = Person.register(strict)
    async with person.socket() as oldest, person.socket() as second, person.socket() as third:
        assert await oldest.closed() == 4409
        assert await second.call("ping")
        assert await third.call("ping")


async def test_messages_above_the_limit_are_refused_on_both_doors(strict: Server) -> None:
    writer, reader = Person.register(strict), Person.register(strict)
    conversation = writer.talk_to(reader)
    async with writer.socket() as socket:
        for number in range(5):
            await socket.call("chat:send", conversationId=conversation, content=f"{number}")
        with pytest.raises(Refused) as refusal:
            await socket.call("chat:send", conversationId=conversation, content="one too many")
    over_rest = await asyncio.to_thread(
        writer.request, "POST", "/api/chat/messages", {"conversationId": conversation, "content": "one too many"}
    )

    assert refusal.value.code == "RATE_LIMITED"
    assert 0 < refusal.value.error["retryAfterMs"] <= 60_000
    assert (over_rest.status_code, over_rest.json()["code"]) == (429, "RATE_LIMITED")
    assert int(over_rest.headers["Retry-After"]) >= 1


async def test_a_burst_is_refused_frame_by_frame_and_others_do_not_notice(strict: Server) -> None:
    flooder, bystander = Person.register(strict), Person.register(strict)
    async with flooder.socket() as socket, bystander.socket() as calm:
        for _ in range(400):
            await socket.send_text('{"event":"ping","data":{},"id":"x"}')
        began = time.monotonic()
        assert await calm.call("ping")
        waited = time.monotonic() - began
        await asyncio.sleep(0.2)
        assert await socket.call("ping")
        error = next(frame["data"]["error"] for frame in socket.frames if not frame["data"].get("success", True))

    assert error["code"] == "RATE_LIMITED"
    assert error["retryAfterMs"] > 0
    assert waited < 2


async def test_a_refused_frame_with_an_id_is_refused_in_its_ack(strict: Server) -> None:
    person = Person.register(strict)
    async with person.socket() as socket:
        codes = [await code_of(socket.call("ping")) for _ in range(400)]

    assert codes[:200] == [None] * 200
    assert "RATE_LIMITED" in codes


async def code_of(call: Awaitable[Any]) -> str | None:
    try:
        await call
    except Refused as refusal:
        return refusal.code
    return None


async def test_five_seconds_of_flood_close_the_socket(strict: Server) -> None:
    person = Person.register(strict)
    async with person.socket() as socket:
        until = time.monotonic() + 12
        with contextlib.suppress(Exception):
            while time.monotonic() < until and socket.close_code is None:
                for _ in range(50):
                    await socket.send_text('{"event":"ping","data":{}}')
                await asyncio.sleep(0.02)

        assert await socket.closed() == 4429


async def test_connects_above_the_limit_of_an_address_are_closed() -> None:
    with Stores.fresh(RATE_LIMITS="on", SOCKET_CONNECTS_PER_MINUTE="3") as stores, Server.run(stores) as server:
        codes = []
        for _ in range(5):
            async with connect(f"ws://127.0.0.1:{server.port}/ws/", proxy=None) as socket:
                with contextlib.suppress(Exception):
                    await socket.send('{"event":"ping","id":1}')
                    await socket.recv()
                await asyncio.sleep(0.05)
                codes.append(socket.close_code)

    assert codes[:2] == [None, None]
    assert codes[-1] == 4429


async def test_a_slow_reader_is_closed_and_others_get_everything(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    if server.stores.environment.get("WHOLEXALE_TEST_SERVER") == "daphne":
        pytest.skip("daphne buffers without telling the application")
    async with buyer.socket() as sender, seller.socket() as healthy:
        slow = await connect(
            f"ws://127.0.0.1:{server.port}/ws/", proxy=None, compression=None, max_queue=1, ping_interval=None
        )
        try:
            await slow.send(json.dumps({"event": "auth", "data": {"token": seller.token}, "id": 1}))
            await slow.recv()
            await slow.send(json.dumps({"event": "chat:join", "data": {"conversationId": conversation}, "id": 2}))
            await slow.recv()
            slow.transport.pause_reading()
            await healthy.call("chat:join", conversationId=conversation)
            for _ in range(1_500):
                await sender.call("chat:send", conversationId=conversation, content="x" * 4_000)
            await asyncio.sleep(2.2)  # too much unread for too long
            ack = await sender.call("chat:send", conversationId=conversation, content="the last straw")
            await healthy.expect("chat:message", seq=ack["seq"])
            slow.transport.resume_reading()
            with contextlib.suppress(Exception):
                while True:
                    await asyncio.wait_for(slow.recv(), timeout=12)
            assert slow.close_code in {4503, 1006}  # the kernel may hold less than what came before the close frame
        finally:
            slow.transport.abort()

    assert len(healthy.seen("chat:message")) == 1_501
