"""Facts that are told together, their log, and pushes that leave together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest

from wholexale.common import events, realtime
from wholexale.common.events import Fact, facts_together, install_subscriptions, publish
from wholexale.common.realtime import Item, TypingNoted, push_rollback_unsafe, pushes_together
from wholexale.subscriptions import LOG, SUBSCRIPTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung(Fact):
    """A bell has rung."""

    type: ClassVar[str] = "test.rung"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Fact):
    """Somebody has heard it."""

    type: ClassVar[str] = "test.heard"
    number: int


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Return what the log and the subscribers are told, in order."""
    said: list[str] = []

    def note(facts: Sequence[Fact]) -> None:
        said.append(f"log {[one.number for one in facts]}")  # type: ignore[attr-defined] # ours have numbers

    def hear(fact: Rung) -> None:
        said.append(f"rung {fact.number}")
        publish(Heard(number=fact.number))

    install_subscriptions({Rung: [hear], Heard: [lambda fact: said.append(f"heard {fact.number}")]}, log=note)
    yield said
    install_subscriptions(SUBSCRIPTIONS, log=LOG)


def test_a_fact_is_logged_and_then_told_and_so_is_what_follows_from_it(told: list[str]) -> None:
    publish(Rung(number=1))

    assert told == ["log [1]", "rung 1", "log [1]", "heard 1"]


def test_facts_that_wait_are_logged_at_once_and_told_in_their_order(told: list[str]) -> None:
    with facts_together():
        publish(Rung(number=1))
        publish(Heard(number=2))
        assert told == []

    assert told == ["log [1, 2]", "rung 1", "log [1]", "heard 1", "heard 2"]


def fail_after_telling(number: int) -> None:
    with facts_together():
        publish(Heard(number=number))
        raise ZeroDivisionError


def test_what_fails_has_told_nothing_and_the_next_is_told_at_once(told: list[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_telling(1)
    publish(Heard(number=2))

    assert told == ["log [2]", "heard 2"]


def test_an_inner_part_tells_with_the_outer_one_unless_it_fails(told: list[str]) -> None:
    with facts_together():
        with facts_together():
            publish(Heard(number=1))
        with pytest.raises(ZeroDivisionError):
            fail_after_telling(2)
        assert told == []

    assert told == ["log [1]", "heard 1"]


def test_every_fact_of_ours_is_logged() -> None:
    assert events._log is LOG


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Item]]:
    """Return what is handed to the engine, call by call."""
    calls: list[Sequence[Item]] = []
    monkeypatch.setattr(realtime, "_publisher", calls.append)
    return calls


def typing(name: str) -> TypingNoted:
    return TypingNoted(group="c:1", user_id="1", user_name=name, started=True)


def test_pushes_leave_together_and_in_order(sent: list[Sequence[Item]]) -> None:
    first, second = typing("one"), typing("two")
    with pushes_together():
        push_rollback_unsafe(first)
        push_rollback_unsafe(second)
        assert sent == []

    assert sent == [[first, second]]


def fail_after_pushing(item: Item) -> None:
    with pushes_together():
        push_rollback_unsafe(item)
        raise ZeroDivisionError


def test_what_was_pushed_before_a_failure_leaves_all_the_same(sent: list[Sequence[Item]]) -> None:
    first = typing("one")
    with pytest.raises(ZeroDivisionError):
        fail_after_pushing(first)

    assert sent == [[first]]


def test_where_nothing_is_pushed_nothing_leaves(sent: list[Sequence[Item]]) -> None:
    with pushes_together():
        pass

    assert sent == []
