"""Limits while their store is silent: one caller finds out whether it is back, and nobody else waits for that."""

import threading
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from pytest_django import Settings

from wholexale.common import limits as common_limits
from wholexale.common.errors import RateLimited
from wholexale.common.limits import Limit, Usage, forget, hit

LIMIT = Limit("RATE_LIMIT_MEMBER")


class SilentStore:
    """Lets every caller wait until it gives up, while it is silent."""

    def __init__(self) -> None:
        self.is_silent = True
        self.asked = 0
        self.gives_up = threading.Event()

    def get_usage(self, *_: Any, **__: Any) -> dict[str, Any]:
        self.asked += 1
        if self.is_silent:
            self.gives_up.wait(10)
            raise TimeoutError
        return {"count": 1, "limit": 5, "time_left": 9, "should_limit": False}


@pytest.fixture
def store(limits: Settings, monkeypatch: pytest.MonkeyPatch) -> SilentStore:
    """Have a store that has just failed, and whose rest is over."""
    made = SilentStore()
    limits.RATE_LIMIT_MEMBER = "5/1m"
    monkeypatch.setattr(common_limits, "get_usage", made.get_usage)
    monkeypatch.setattr(common_limits, "_has_failed", True)
    monkeypatch.setattr(common_limits, "_rests_until", 0.0)
    return made


def left(usage: Usage | None) -> int | None:
    return None if usage is None else usage.remaining


def test_one_caller_tries_a_silent_store_and_no_other_waits(store: SilentStore) -> None:
    found: list[Usage | None] = []
    one = threading.Thread(target=lambda: found.append(hit(LIMIT, "one")))
    one.start()
    while not store.asked:
        time.sleep(0.001)

    assert left(hit(LIMIT, "other")) == 4  # at once, counted here
    assert (store.asked, found) == (1, [])
    store.gives_up.set()
    one.join()
    assert [left(usage) for usage in found] == [4]
    assert left(hit(LIMIT, "other")) == 3  # it rests
    assert store.asked == 1


def test_what_is_counted_here_is_limited_and_forgotten_as_in_the_store(store: SilentStore) -> None:
    store.gives_up.set()
    assert [left(hit(LIMIT, "one")) for _ in range(5)] == [4, 3, 2, 1, 0]
    with pytest.raises(RateLimited) as refused:
        hit(LIMIT, "one")
    assert (refused.value.limit, refused.value.is_first) == (5, True)
    assert 1 <= (refused.value.retry_after or 0) <= 60
    forget(LIMIT, "one")
    assert left(hit(LIMIT, "one")) == 4


def test_all_are_counted_again_once_it_has_answered(store: SilentStore) -> None:
    store.is_silent = False

    assert [hit(LIMIT, "one"), hit(LIMIT, "other")] == [Usage(limit=5, remaining=4, reset=9)] * 2
    assert store.asked == 2


def test_what_the_store_loses_in_the_middle_is_counted_from_nothing_and_not_refused(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.RATE_LIMIT_MEMBER = "5/1m"
    for _ in range(3):
        hit(LIMIT, "one")

    def lose(*_: Any, **__: Any) -> int:
        cache.clear()
        raise ValueError("there is no such key")

    monkeypatch.setattr(LocMemCache, "incr", lose)
    used = hit(LIMIT, "one")
    assert used is not None
    assert used.remaining == 4


def test_what_is_forgotten_in_the_middle_is_counted_from_nothing_here_too(
    store: SilentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.gives_up.set()
    for _ in range(3):
        hit(LIMIT, "one")
    count = LocMemCache.incr

    def lose(memory: LocMemCache, *values: Any, **named: Any) -> int:
        memory.clear()
        return count(memory, *values, **named)

    monkeypatch.setattr(LocMemCache, "incr", lose)
    assert left(hit(LIMIT, "one")) == 4
