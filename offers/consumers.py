"""The socket commands of the app: decode, one call, reply. The same services as over REST."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec

from accounts import selectors as accounts_selectors
from accounts.models import User
from offers import services
from offers.serializers import offers as shapes
from offers.serializers.sockets import Create, Respond
from wholexale.common import idempotency, wire
from wholexale.common.errors import DomainError, FieldError
from wholexale.common.idempotency import Answer
from wholexale.common.wire import ErrorBody
from wholexale.realtime.connection import Connection
from wholexale.realtime.registry import command


@command("offer:create", Create)
async def create(connection: Connection, data: Create) -> Any:
    """Make an offer."""
    return await connection.call(_create, user_id=connection.actor.id, data=data)


@command("offer:respond", Respond)
async def respond(connection: Connection, data: Respond) -> Any:
    """Accept an offer, reject it, or answer with other terms."""
    return await connection.call(_respond, user_id=connection.actor.id, data=data)


COMMANDS = (create, respond)


def _create(*, user_id: UUID, data: Create) -> Any:
    def run(actor: User) -> shapes.OfferAnswer:
        made = services.make_offer(actor=actor, wish=data.wish())
        shape = shapes.offer(made, actor)
        return shapes.OfferAnswer(message="The offer was sent.", offer=shape, conversation_id=shape.conversation_id)

    return _once(user_id, "offer:create", data, data.idempotency_key, run)


def _respond(*, user_id: UUID, data: Respond) -> Any:
    def run(actor: User) -> shapes.OfferAnswer:
        done = services.respond_to_offer(actor=actor, offer_id=data.offer_id, answer=data.answer())
        return shapes.responded(done, actor)

    return _once(user_id, "offer:respond", data, data.idempotency_key, run)


def _once(
    user_id: UUID,
    event: str,
    data: msgspec.Struct,
    key: str | None,
    run: Callable[[User], shapes.OfferAnswer],
) -> Any:
    """Run a command for a user; where it has a key, only if its twin was not answered before.

    Raises:
        DomainError: what the command raises, or its twin has raised; `IDEMPOTENCY_KEY_REUSED`.
    """
    actor = accounts_selectors.person(user_id)
    if key is None:
        return run(actor)
    answer = idempotency.answer_once(
        scope=user_id,
        key=idempotency.check_key(key, name="idempotencyKey"),
        route=event,
        content=wire.encode(data),
        run=lambda: Answer(status=HTTPStatus.OK, body=wire.encode(run(actor))),
        refuse=lambda error: Answer(status=error.status, body=wire.encode(wire.error_body(error))),
    )
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise _refusal(answer.body)
    return msgspec.Raw(answer.body)


def _refusal(body: bytes) -> DomainError:
    """Build a refusal again from the answer that was kept of it."""
    kept = msgspec.json.decode(body, type=ErrorBody)
    details = [FieldError(path=one.path, msg=one.msg, location=one.location) for one in kept.details]
    return DomainError(kept.code, kept.error, details=details)
