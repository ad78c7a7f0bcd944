"""What clients may send: one struct and one function per event, registered by the apps, composed in `asgi`."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from wholexale.common.errors import DomainError
from wholexale.common.wire import Wire

if TYPE_CHECKING:
    from wholexale.realtime.connection import Connection

D = TypeVar("D", bound=msgspec.Struct)


class UnknownEvent(DomainError):
    """No command has this name."""

    default_code = "UNKNOWN_EVENT"
    default_detail = "This event is not known here."


class Nothing(Wire):
    """No data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The data of an ack, and what is to happen right after the ack has been written."""

    data: object
    then: Callable[[], None] | None = None


Run = Callable[["Connection", Any], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Command:
    """An event that clients send: the shape of its data and what to run.

    `run(connection, data)` returns the data of the ack, or an `Answer`. Only commands that are open to strangers run
    before the socket has authenticated. A pipelined command does not wait for the pipelined ones before it on the same
    socket: it must take its turn before it awaits anything, so that the order stays.
    """

    event: str
    shape: type[msgspec.Struct]
    run: Run
    is_open: bool = False
    is_pipelined: bool = False


class Registry:
    """The table of commands of one server."""

    def __init__(self, commands: Iterable[Command]) -> None:
        """Index the commands by event.

        Raises:
            ValueError: when two commands share an event.
        """
        self.commands: dict[str, Command] = {}
        for command in commands:
            if command.event in self.commands:
                raise ValueError(f"two commands for {command.event}")
            self.commands[command.event] = command

    def find(self, event: str) -> Command:
        """Return the command of an event.

        Raises:
            UnknownEvent: where there is none.
        """
        try:
            return self.commands[event]
        except KeyError:
            raise UnknownEvent from None


def command(
    event: str, shape: type[D], *, is_open: bool = False, is_pipelined: bool = False
) -> "Callable[[Callable[[Connection, D], Awaitable[object]]], Command]":
    """Turn a coroutine function into the command of an event."""

    def decorate(run: "Callable[[Connection, D], Awaitable[object]]") -> Command:
        return Command(event=event, shape=shape, run=run, is_open=is_open, is_pipelined=is_pipelined)

    return decorate
