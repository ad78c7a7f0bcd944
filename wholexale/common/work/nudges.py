"""The short way from a commit to the runner of the same process; other processes find the row when they look."""

from collections.abc import Callable

from django.db import transaction

Wake = Callable[[], None]

_sleepers: set[Wake] = set()


def nudge() -> None:
    """Wake the runner of this process, where there is one."""
    for wake in tuple(_sleepers):
        wake()


def nudge_on_commit() -> None:
    """Wake the runner once the surrounding transaction has committed; at once where there is none."""
    transaction.on_commit(nudge, robust=True)


def listen(wake: Wake) -> None:
    """Call this function, from any thread, when there may be work."""
    _sleepers.add(wake)


def stop_listening(wake: Wake) -> None:
    """Call it no more."""
    _sleepers.discard(wake)
