"""Synchronous work of a hub: a few threads for single commands, and one batch thread for each batch function."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import connections

from wholexale.realtime.batching import Batch, Batcher, Publish, run_collected

R = TypeVar("R")

COMMAND_THREADS = 4


class Workers:
    """Every thread keeps its own database connection until `close`."""

    def __init__(self, publish: Publish) -> None:
        """Start no thread yet; `publish` sends what the work pushes, after its caller has gone on."""
        self._publish = publish
        self._batchers: dict[Any, Batcher[Any, Any]] = {}
        self._threads = ThreadPoolExecutor(max_workers=COMMAND_THREADS, thread_name_prefix="command")

    async def call(self, function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Run a synchronous function in a thread; what it pushes goes out after the caller has gone on."""
        loop = asyncio.get_running_loop()
        work = partial(run_collected, function, *args, **kwargs)
        result, pushes = await loop.run_in_executor(self._threads, work)
        if pushes:
            loop.call_soon(self._publish, pushes)
        return result

    def batcher(self, function: "Batch[Any, Any]") -> "Batcher[Any, Any]":
        """Return the one batcher of a function."""
        if (batcher := self._batchers.get(function)) is None:
            name = f"batch-{getattr(function, '__name__', 'of')}"
            batcher = self._batchers[function] = Batcher(function, publish=self._publish, name=name)
        return batcher

    async def close(self) -> None:
        """Finish what was submitted, give the database connections back, and end the threads."""
        for batcher in self._batchers.values():
            await batcher.close()
        loop = asyncio.get_running_loop()
        rounds = [loop.run_in_executor(self._threads, connections.close_all) for _ in range(COMMAND_THREADS * 4)]
        await asyncio.gather(*rounds)  # more rounds than threads, so that each thread takes one
        self._threads.shutdown(wait=False)
