"""Batches: shared transactions under load, nothing added when calm, one bad item fails alone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import OperationalError

from wholexale.common.errors import Conflict, DomainError, Unavailable
from wholexale.common.realtime import Item, MemberLeft, push_rollback_unsafe
from wholexale.realtime import batching
from wholexale.realtime.batching import Batcher


@asynccontextmanager
async def batcher_of(run: Any, published: list[Item] | None = None) -> AsyncIterator[Batcher[Any, Any]]:
    sink = [] if published is None else published
    batcher: Batcher[Any, Any] = Batcher(run, publish=sink.extend, name="test")
    try:
        yield batcher
    finally:
        await batcher.close()


async def test_what_waits_while_a_batch_runs_becomes_one_batch() -> None:
    batches: list[list[int]] = []
    gate = threading.Event()

    def run(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        if len(batches) == 1:
            gate.wait(5)
        return [item * 10 for item in items]

    async with batcher_of(run) as batcher:
        first = batcher.submit(1)
        await asyncio.sleep(0.05)
        others = [batcher.submit(item) for item in (2, 3, 4)]
        gate.set()

        assert await asyncio.gather(first, *others) == [10, 20, 30, 40]
    assert batches == [[1], [2, 3, 4]]


async def test_a_refusal_reaches_its_item_only() -> None:
    def run(items: Sequence[int]) -> list[int | DomainError]:
        return [Conflict("ODD") if item % 2 else item for item in items]

    async with batcher_of(run) as batcher:
        odd, even = batcher.submit(1), batcher.submit(2)

        assert await even == 2
        with pytest.raises(Conflict):
            await odd


async def test_an_unexpected_error_is_retried_item_by_item() -> None:
    def run(items: Sequence[int]) -> list[int]:
        if 13 in items:
            raise ValueError("unlucky")
        return list(items)

    async with batcher_of(run) as batcher:
        futures = [batcher.submit(item) for item in (1, 13, 2)]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)

    assert outcomes[0::2] == [1, 2]
    assert isinstance(outcomes[1], ValueError)


async def test_a_store_that_does_not_answer_gives_unavailable() -> None:
    def run(items: Sequence[int]) -> list[int]:
        raise OperationalError("gone")

    async with batcher_of(run) as batcher:
        with pytest.raises(Unavailable) as refusal:
            await batcher.submit(1)
    assert refusal.value.retry_after == 1


async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_WAITING", 2)
    gate = threading.Event()

    def run(items: Sequence[int]) -> list[int]:
        gate.wait(5)
        return list(items)

    async with batcher_of(run) as batcher:
        accepted = [batcher.submit(item) for item in (1, 2)]
        with pytest.raises(Unavailable):
            batcher.submit(3)
        gate.set()
        assert await asyncio.gather(*accepted) == [1, 2]


async def test_the_outcome_is_seen_before_the_pushes_go_out() -> None:
    order: list[str] = []

    def run(items: Sequence[int]) -> list[int]:
        push_rollback_unsafe(MemberLeft(group="c:1", user_id="2"))
        return list(items)

    batcher: Batcher[int, int] = Batcher(run, publish=lambda _items: order.append("push"), name="test")

    async def ack() -> None:
        await batcher.submit(1)
        order.append("ack")

    await asyncio.gather(ack(), ack())
    await asyncio.sleep(0)
    await batcher.close()

    assert order == ["ack", "ack", "push"]
