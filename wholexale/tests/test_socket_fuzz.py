"""Random frames: every one is answered with a code or closes its own socket, and nobody else notices."""

import asyncio
import json
import random
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chat import consumers
from wholexale.realtime import commands as engine
from wholexale.tests.live import Person, Server, Socket, open_socket

pytestmark = pytest.mark.live

EVENTS = [command.event for command in (*consumers.COMMANDS, *engine.COMMANDS)]
FIELDS = ["conversationId", "messageId", "content", "seq", "lastSeq", "conversations", "userIds", "token", "status"]
CLOSES = {None, 1006, 1007, 1008, 1009, 4008, 4009, 4401, 4429}
ODD: list[Any] = [None, True, -1, 0, 2**70, 1.5, "", "x", "\ud800", "a\x00b", "💥" * 50, [], [[]], {}, {"$ne": None}]


def random_value(chance: random.Random, known: list[str], depth: int = 0) -> Any:
    kind = chance.randrange(6)
    if kind == 0 and depth < 3:
        return [random_value(chance, known, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 1 and depth < 3:
        return {chance.choice(FIELDS): random_value(chance, known, depth + 1) for _ in range(chance.randrange(4))}
    return chance.choice(known) if kind < 4 else chance.choice(ODD)


def random_frame(chance: random.Random, known: list[str]) -> str | bytes:
    kind = chance.randrange(10)
    if kind == 0:
        return chance.randbytes(chance.randrange(200))
    if kind == 1:
        return "".join(chance.choice('{}[]":,\\u0d8 eventdaid\n') for _ in range(chance.randrange(200)))
    frame: dict[str, Any] = {"event": chance.choice(EVENTS) if kind > 2 else random_value(chance, known)}
    if chance.random() < 0.9:
        fields = chance.sample(FIELDS, chance.randrange(len(FIELDS)))
        frame["data"] = {name: random_value(chance, known) for name in fields}
    if chance.random() < 0.5:
        frame["id"] = chance.choice([1, "x", *ODD])
    text = json.dumps(frame)
    return text if kind < 9 else text[: chance.randrange(len(text))]


async def fuzz(person: Person, server: Server, conversation: str, seed: int, frames: int) -> list[str]:
    """Send random frames on sockets that are opened again when they are closed; return the codes that came back."""
    chance = random.Random(seed)
    known = [conversation, person.id, "hello", "online", "👍"]
    codes: list[str] = []
    sent = 0
    while sent < frames:
        async with open_socket(server) as socket:
            await socket.call("auth", token=person.token)
            try:
                for _ in range(min(100, frames - sent)):
                    sent += 1
                    await socket.send_text(random_frame(chance, known))
                await socket.call("ping")
            except (ConnectionError, ConnectionClosed, TimeoutError):
                assert await socket.closed() in CLOSES
            codes += refusals(socket)
    return codes


def refusals(socket: Socket) -> list[str]:
    """Return the codes of everything that was refused."""
    errors = [frame["data"] for frame in socket.frames if frame["event"] == "error"]
    acks = [frame["data"] for frame in socket.frames if frame["event"] == "ack"]
    return [error["code"] for error in errors] + [ack["error"]["code"] for ack in acks if not ack["success"]]


async def attack(buyer: Person, seller: Person, server: Server, conversation: str, frames: int) -> None:
    async with seller.socket() as bystander:
        await bystander.call("chat:join", conversationId=conversation)
        codes = await asyncio.gather(*(fuzz(buyer, server, conversation, seed, frames // 4) for seed in range(4)))
        assert await bystander.call("ping")

    found = {code for some in codes for code in some}
    assert "INTERNAL_ERROR" not in found
    assert found >= {"BAD_FRAME", "VALIDATION_FAILED", "UNKNOWN_EVENT"}
    log = server.log.read_text()
    assert [failure for failure in ("a command failed", "a socket failed", "in data_received") if failure in log] == []


async def test_two_thousand_random_frames(buyer: Person, seller: Person, server: Server, conversation: str) -> None:
    await attack(buyer, seller, server, conversation, 2_000)


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_a_hundred_thousand_random_frames(
    buyer: Person, seller: Person, server: Server, conversation: str
) -> None:
    await attack(buyer, seller, server, conversation, 100_000)
