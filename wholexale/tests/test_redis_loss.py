"""Losing Redis costs latency, never data; sockets stay open."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wholexale.tests.live import Person, Server, Stores, free_port

pytestmark = [
    pytest.mark.live,
    pytest.mark.servers,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


@contextmanager
def redis_on(port: int, folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a Redis of our own."""
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed
    try:
        time.sleep(0.3)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(120)
async def test_messages_cross_without_redis_and_quickly_again_with_it(tmp_path: Path) -> None:
    port = free_port()
    with (
        Stores.fresh(REDIS_URL=f"redis://127.0.0.1:{port}/0") as stores,
        redis_on(port, tmp_path) as redis,
        Server.run(stores) as here,
        Server.run(stores) as there,
    ):
        buyer, seller = Person.register(here), Person.register(here)
        conversation = buyer.talk_to(seller)
        async with buyer.socket(here) as one, seller.socket(there) as two:
            for socket in (one, two):
                await socket.call("chat:join", conversationId=conversation)
            redis.kill()
            redis.wait()
            sent = [await one.call("chat:send", conversationId=conversation, content=f"{n}") for n in range(20)]
            for ack in sent:
                await two.expect("chat:message", timeout=7, seq=ack["seq"])
            with redis_on(port, tmp_path):
                await asyncio.sleep(6)
                again = await one.call("chat:send", conversationId=conversation, content="again")
                began = time.monotonic()
                await two.expect("chat:message", timeout=7, seq=again["seq"])
                waited = time.monotonic() - began
            assert one.close_code is two.close_code is None

    assert [push["seq"] for push in two.seen("chat:message")] == list(range(sent[0]["seq"], again["seq"] + 1))
    assert waited < 1
