"""Django's side of a request: one hop to a thread that is kept, and streams in threads of their own."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from pytest_django import Settings

from wholexale.common import realtime
from wholexale.common.realtime import PresenceChanged, push_rollback_unsafe
from wholexale.http import Message, SyncDjango
from wholexale.tests.asgi import Taken, arriving, scope_with

pytestmark = pytest.mark.once


def django_that(answer: Callable[[], HttpResponseBase]) -> Any:
    """Return Django with an answer in the place of its middleware and views."""
    django: Any = SyncDjango()
    django.get_response = lambda _request: answer()
    return django


async def test_requests_share_a_few_threads_that_are_kept(settings: Settings) -> None:
    settings.HTTP_THREADS = 2
    threads: set[str] = set()

    def answer() -> HttpResponse:
        threads.add(threading.current_thread().name)
        time.sleep(0.01)
        return HttpResponse("hello")

    served, taken = django_that(answer), [Taken() for _ in range(8)]
    for one in taken:
        await served(scope_with(), arriving(b""), one)
    await asyncio.gather(*(served(scope_with(), arriving(b""), one) for one in taken))

    assert threads == {"http_0", "http_1"}
    assert [one.body for one in taken] == [b"hellohello"] * 8


async def test_what_a_request_pushes_leaves_together(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(realtime, "_publisher", calls.append)
    news = [PresenceChanged(user_id="1"), PresenceChanged(user_id="2")]

    def answer() -> HttpResponse:
        for one in news:
            push_rollback_unsafe(one)
        return HttpResponse()

    await django_that(answer)(scope_with(), arriving(b""), Taken())

    assert calls == [news]


async def test_a_stream_ends_when_its_client_goes() -> None:
    is_closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                time.sleep(0.01)
                yield b"more"
        finally:
            is_closed.set()

    parts: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    taken = Taken()

    async def receive() -> Message:
        if parts:
            return parts.pop()
        await asyncio.sleep(0.1)
        return {"type": "http.disconnect"}

    async with asyncio.timeout(5):
        await django_that(lambda: StreamingHttpResponse(endless()))(scope_with(), receive, taken)

    assert is_closed.is_set()
    assert b"more" in taken.body


async def test_a_stream_that_breaks_is_an_error() -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await django_that(lambda: StreamingHttpResponse(broken()))(scope_with(), arriving(b""), Taken())


async def test_requests_share_what_a_thread_keeps(settings: Settings) -> None:
    settings.HTTP_THREADS = 1
    stores: list[object] = []

    def answer() -> HttpResponse:
        stores.append(caches["default"])
        return HttpResponse()

    served = django_that(answer)
    for _ in range(3):
        await served(scope_with(), arriving(b""), Taken())

    assert stores == [stores[0]] * 3  # each would open connections of its own


async def test_a_stream_that_nobody_waits_for_any_more_is_closed() -> None:
    is_asked, is_closed = threading.Event(), threading.Event()

    class Stream(StreamingHttpResponse):
        def close(self) -> None:
            super().close()
            is_closed.set()

    def answer() -> HttpResponseBase:
        is_asked.set()
        time.sleep(0.1)
        return Stream(iter([b"x"]))

    asking = asyncio.create_task(django_that(answer)(scope_with(), arriving(b""), Taken()))
    await asyncio.to_thread(is_asked.wait, 5)
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(is_closed.wait, 5)
