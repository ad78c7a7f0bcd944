"""The short way from a commit to whatever runs the work; what is lost on it is found by looking."""

from collections.abc import Callable, Sequence

from wholexale.common.commits import after_commit
from wholexale.common.models import WorkRow

Hear = Callable[[Sequence[WorkRow]], None]

_listeners: set[Hear] = set()


def nudge(*rows: WorkRow) -> None:
    """Say that there may be work, and which, where that is known."""
    for hear in tuple(_listeners):
        hear(rows)


def nudge_on_commit(*rows: WorkRow) -> None:
    """Say so once the surrounding transaction has committed; at once where there is none."""
    after_commit(nudge, *rows)


def listen(hear: Hear) -> None:
    """Call this function, from any thread, when there may be work. It must not wait for anything."""
    _listeners.add(hear)


def stop_listening(hear: Hear) -> None:
    """Call it no more."""
    _listeners.discard(hear)
