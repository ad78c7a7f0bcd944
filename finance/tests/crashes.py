"""Crashes on purpose: before and after every statement of a verb, and around its commit."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from unittest import mock

import pytest
from django.db import OperationalError, connection

from finance.tests.racers import CONTEXT, Call, enter, perform

NEVER = -1


class ConnectionLostError(OperationalError):
    """What a driver says when the server is gone."""


class SurpriseError(Exception):
    """What nobody expects, between two statements."""


CRASHES = (ConnectionLostError, SurpriseError)


@dataclass
class Fuse:
    """Blows once: at the statement, or the commit, that is counted `at`, before it or after it."""

    at: int = NEVER
    is_after: bool = False
    is_deadly: bool = False
    count: int = 0
    commits: int = 0

    @contextmanager
    def lit(self) -> Iterator[None]:
        """Watch every statement and every commit of the connection."""
        commit = connection._commit  # type: ignore[attr-defined] # what `commit` itself calls

        def execute(run: Callable[..., Any], *statement: Any) -> Any:
            return self._pass(lambda: run(*statement), SurpriseError)

        def watched_commit() -> None:
            self.commits += 1
            self._pass(commit, ConnectionLostError)

        with connection.execute_wrapper(execute), mock.patch.object(connection, "_commit", watched_commit):
            yield

    def _pass(self, step: Callable[[], Any], error_after: type[Exception]) -> Any:
        number, self.count = self.count, self.count + 1
        if number == self.at and not self.is_after:
            self._blow(ConnectionLostError)
        result = step()
        if number == self.at:
            self._blow(error_after)
        return result

    def _blow(self, error: type[Exception]) -> NoReturn:
        if self.is_deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        raise error


def fail_at(call: Call, at: int, is_after: bool) -> None:
    """Make a call that fails at a step, on a new connection: one may break between a BEGIN and its answer."""
    connection.close()
    with Fuse(at, is_after).lit(), pytest.raises(CRASHES):
        call.make()


def kill_at(call: Call, at: int, is_after: bool) -> None:
    """Let a process of its own make a call and die at a step."""
    args = (str(connection.settings_dict["NAME"]), call, at, is_after)
    process = CONTEXT.Process(target=_die_at, args=args)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    process.close()


def _die_at(database: str, call: Call, at: int, is_after: bool) -> None:
    enter(database)
    connection.ensure_connection()
    with Fuse(at, is_after, is_deadly=True).lit():
        perform(call)


def steps_of(call: Call) -> int:
    """Make a call undisturbed, and return how many statements it takes, with its one commit."""
    fuse = Fuse()
    with fuse.lit():
        assert perform(call).code == "ok"
    # A single statement outside of a transaction is its own commit.
    assert fuse.commits == 1 or fuse.count == 1
    return fuse.count
