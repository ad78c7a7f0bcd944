"""Work of many sockets done together in one thread that owns its database connection.

What is submitted while the last batch runs becomes the next batch, so a calm server answers at once and a busy one
shares its transactions. Where something waits when a batch ends, the next one pauses for a moment to be joined by
more: each batch costs several round trips and switches of threads, whatever its size.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from wholexale.common.errors import DomainError, Unavailable
from wholexale.common.realtime import Item, collected_pushes

logger = logging.getLogger(__name__)

I = TypeVar("I")  # noqa: E741 - an item of a batch
O = TypeVar("O")  # noqa: E741 - its outcome
R = TypeVar("R")

Batch = Callable[[Sequence[I]], Sequence[O | DomainError]]
Publish = Callable[[Sequence[Item]], None]

MAX_BATCH = 200
BUSY_PAUSE_SECONDS = 0.002
MAX_WAITING = 5_000


def run_collected(function: Callable[..., R], *args: Any, **kwargs: Any) -> tuple[R, list[Item]]:
    """Run a synchronous function in this thread; return its result and the pushes it caused, in order."""
    with collected_pushes() as pushes:
        try:
            return function(*args, **kwargs), pushes
        except (OperationalError, InterfaceError) as error:
            logger.warning("a store did not answer: %s", error)
            _drop_broken_connections()
            raise Unavailable(retry_after=1) from error
        except DatabaseError:
            _drop_broken_connections()
            raise


def _drop_broken_connections() -> None:
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


class Batcher(Generic[I, O]):
    """Feed items to a batch function: it takes a list and returns one outcome, or refusal, for each item."""

    def __init__(self, run: Batch[I, O], *, publish: Publish, name: str) -> None:
        """Start no thread yet; `publish` sends the pushes of a batch after its outcomes were handed out."""
        self._run = run
        self._publish = publish
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: list[tuple[I, asyncio.Future[O]]] = []
        self._task: asyncio.Task[None] | None = None
        self._is_busy = False

    def submit(self, item: I) -> "asyncio.Future[O]":
        """Queue an item; the future gives its outcome.

        Raises:
            Unavailable: when too much waits already.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable(retry_after=1)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[O] = loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = loop.create_task(self._work())
        return future

    async def close(self) -> None:
        """Finish what was submitted and end the thread."""
        if self._task is not None:
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        while self._waiting:
            if self._is_busy and len(self._waiting) < MAX_BATCH:
                await asyncio.sleep(BUSY_PAUSE_SECONDS)
            self._is_busy = True
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            await self._run_batch(batch)
        self._is_busy = False
        self._task = None

    async def _run_batch(self, batch: "list[tuple[I, asyncio.Future[O]]]") -> None:
        loop = asyncio.get_running_loop()
        items = [item for item, _ in batch]
        try:
            outcomes, pushes = await loop.run_in_executor(self._thread, run_collected, self._run, items)
        except Exception as error:  # noqa: BLE001 - one item must not fail the others: try each alone
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for single in batch:
                    await self._run_batch([single])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, DomainError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        # The futures' waiters are scheduled already and write their acks first.
        loop.call_soon(self._publish, pushes)
