"""Requests that a client names by a key: one effect, and the same answer to every repeat.

The row of the key is written in the transaction of the effect, before anything else. A twin waits for it on the unique
index and then gets the first answer, byte for byte; a crash leaves neither row nor effect.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from django.db import OperationalError, connection, transaction

from wholexale.common.errors import Conflict, DomainError, FieldError, ValidationFailed
from wholexale.common.models import IdempotencyKey

PATIENCE_MS = 2000
"""How long a twin waits for the first request."""

_KEY = re.compile(r"[!-~]{1,255}")
_ROUTE_LENGTH = 300
_LOCK_NOT_AVAILABLE = "55P03"
_PASSING = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
"""Refusals that the same request may not meet again, beside our own faults (5xx): never kept."""


class KeyReused(DomainError):
    """The key stands for another request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "IDEMPOTENCY_KEY_REUSED"
    default_detail = "This key was used for another request. Send a new request with a new key."


class RequestInProgress(Conflict):
    """The first request with the key still runs."""

    default_code = "IDEMPOTENCY_IN_PROGRESS"
    default_detail = "The request with this key is still running. Please repeat it in a moment."


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a request is answered with; a repeat gets the same status and bytes, without the `headers`."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replay: bool = False


def check_key(key: str, *, name: str, location: Literal["body", "headers"] = "body") -> str:
    """Return a key as a client sent it in the field or header of that name.

    Raises:
        ValidationFailed: `IDEMPOTENCY_KEY_INVALID`.
    """
    if _KEY.fullmatch(key) is None:
        fault = FieldError(path=name, msg="Expected 1 to 255 visible ASCII characters", location=location)
        raise ValidationFailed("IDEMPOTENCY_KEY_INVALID", "The idempotency key is malformed.", details=[fault])
    return key


def answer_once(
    *,
    scope: UUID,
    key: str,
    route: str,
    content: bytes,
    run: Callable[[], Answer],
    refuse: Callable[[DomainError], Answer],
) -> Answer:
    """Answer a request by `run`, or as its first twin was answered.

    All that `run` writes is committed together with the answer. Where it raises a refusal that would come again, its
    writes are rolled back, but for one that `keeps_writes`, and what `refuse` makes of the refusal is kept; anything
    else that it raises leaves no trace.

    Args:
        scope: the id of the user who asks: keys of different people never meet.
        key: the client's name for the request, checked by `check_key`.
        route: the method and the path, or the socket's event.
        content: what else tells two requests apart: the body in its canonical spelling (`wire.canonical`).
        run: does what is asked, in this thread and on its connection to the database.
        refuse: makes the answer of a refusal.

    Raises:
        KeyReused: the key stands for a request with another route or content.
        RequestInProgress: the first request takes longer than anybody should wait for it.
    """
    fingerprint = sha256(b"%b\n%b" % (route.encode(), content)).hexdigest()
    row = IdempotencyKey(scope=scope, key=key, route=route[:_ROUTE_LENGTH], fingerprint=fingerprint)
    with transaction.atomic(durable=True):
        if (first := _claim(row)) is not None:
            return _repeated(first, fingerprint)
        try:
            with transaction.atomic():
                answer = _run(run, refuse)
        except DomainError as error:
            if error.status in _PASSING or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            answer = refuse(error)
        IdempotencyKey.objects.filter(pk=row.pk).update(status=answer.status, body=answer.body)
    return answer


def _run(run: Callable[[], Answer], refuse: Callable[[DomainError], Answer]) -> Answer:
    """Return what `run` returns, or what is made of a refusal that undoes nothing of what it has written."""
    try:
        return run()
    except DomainError as error:
        if not error.keeps_writes:
            raise
        return refuse(error)


def _claim(row: IdempotencyKey) -> IdempotencyKey | None:
    """Insert a row, or return the one that has its key; waits while another transaction holds the key."""
    with _short_wait_for_locks():
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    first = IdempotencyKey.objects.filter(scope=row.scope, key=row.key).first()
    if first is None:  # it was pruned between the two statements
        raise RequestInProgress(retry_after=1)
    return None if first.pk == row.pk else first


def _repeated(first: IdempotencyKey, fingerprint: str) -> Answer:
    if first.fingerprint != fingerprint:
        raise KeyReused
    if first.status is None:  # pragma: no cover - a row is only seen once it is committed, with its answer
        raise RequestInProgress(retry_after=1)
    return Answer(status=first.status, body=bytes(first.body), is_replay=True)


@contextmanager
def _short_wait_for_locks() -> Iterator[None]:
    """Wait for locks no longer than `PATIENCE_MS`, and after the block as long as before; SQLite has no such locks.

    Raises:
        RequestInProgress: the wait was too long; the transaction is lost.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH present AS MATERIALIZED (SELECT current_setting('lock_timeout') AS value)"
            " SELECT value, set_config('lock_timeout', %s, true) FROM present",
            [str(PATIENCE_MS)],
        )
        before, _ = cursor.fetchone()
        try:
            yield
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE:
                raise RequestInProgress(retry_after=1) from error
            raise
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
