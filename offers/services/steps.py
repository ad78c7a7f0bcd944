"""The one place where an offer changes: under its lock, with an event that says what was done, and word to both sides.

The conversation of the offer gets a line, its card shows how the offer stands, and the people of both sides are told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Model
from msgspec import UNSET

from accounts.models import User
from chat import services as chat_services
from chat.services import Draft
from offers import events
from offers.events import OfferShape
from offers.models import Offer, OfferEvent, Side
from offers.selectors import SHOWN, listeners, offer_card, offer_shape
from offers.services.wording import LINE_TYPES, goods_of, line_of
from wholexale.common.clock import database_now
from wholexale.common.errors import DomainError
from wholexale.common.events import publish
from wholexale.common.logging import current_request
from wholexale.common.prepared import write
from wholexale.common.realtime import Push, push_on_commit, user_group
from wholexale.common.wire import wire_time

Action = OfferEvent.Action
Status = Offer.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody does with an offer. Without `side` and `actor` it is the system that does it.

    With a `side` alone the system does what that side has said beforehand. `further` is one more line for the
    conversation, `rows` what is written with the step.
    """

    action: Action
    status: Status
    awaiting: Side | None = None
    side: Side | None = None
    actor: User | None = None
    message: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    further: Draft | None = None
    rows: Sequence[Model] = ()


def take_step(offer: Offer, step: Step, *, now: datetime | None = None) -> Offer:
    """Save a locked offer with what has changed of it, write the step down, and tell both sides.

    Returns the offer with all that `offer_shape` needs.
    """
    now = now or database_now()
    old = offer.status if offer.last_seq else ""
    offer.status, offer.awaiting = step.status, step.awaiting or ""
    offer.last_seq += 1
    offer.updated_at = now
    if step.action not in {Action.VIEWED, Action.REMINDED, Action.SHORTFALL}:
        offer.version += 1
    if not offer.is_open and offer.status != Status.DRAFT and offer.closed_at is None:
        offer.closed_at, offer.closed_by = now, step.actor
    event = OfferEvent(
        offer=offer,
        seq=offer.last_seq,
        action=step.action,
        side=step.side or "",
        actor=step.actor,
        revision=offer.on_the_table.number,
        old_status=old,
        new_status=offer.status,
        changes=dict(step.changes),
        message=step.message,
        request_id=current_request(),
        created_at=now,
    )
    write(new=[*step.rows, event], changed=[offer])
    if step.action in SHOWN:
        offer.steps.append(event)
    _write_line(offer, step)
    _announce(offer, step, now)
    publish(_fact(offer, step))
    return offer


def _fact(offer: Offer, step: Step) -> events.OfferStepTaken:
    return events.OfferStepTaken(
        offer_id=offer.id,
        seq=offer.last_seq,
        action=step.action,
        side=step.side or "",
        actor_id=step.actor.id if step.actor else None,
        buyer_id=offer.buyer_id,
        seller_id=offer.seller_id,
    )


def _write_line(offer: Offer, step: Step) -> None:
    """Write what was done into the conversation, and let its card show how the offer stands.

    A conversation that takes no messages keeps nobody from dealing.
    """
    if offer.conversation_id is None or step.action not in LINE_TYPES:
        return
    card = msgspec.to_builtins(offer_card(offer))
    line = Draft(
        conversation_id=offer.conversation_id,
        sender_id=None,
        content=line_of(offer, step.action, step.actor, step.message, side=step.side),
        message_type="system",
        system_message_type=LINE_TYPES[step.action],
        offer=card,
    )
    lines = [line, *([step.further] if step.further else [])]
    if offer.card_id is not None:
        chat_services.update_card(
            conversation_id=offer.conversation_id, message_id=offer.card_id, card=card, lines=lines
        )
        return
    offer.card_id = _show_card(offer, offer.conversation_id, card)
    Offer.objects.filter(id=offer.id).update(card_id=offer.card_id)
    chat_services.post_messages(lines)


def _show_card(offer: Offer, conversation_id: UUID, card: dict[str, Any]) -> UUID:
    """Post the card of a new offer as a message of the buyer's, so that it is unread for the seller.

    Raises:
        Forbidden: `BLOCKED`.
    """
    draft = Draft(
        conversation_id=conversation_id,
        sender_id=offer.buyer_user_id,
        content=goods_of(offer),
        message_type="offer",
        offer=card,
    )
    (posted,) = chat_services.post_messages([draft], is_limited=False)
    if isinstance(posted, DomainError):
        raise posted
    return posted.message.id


def _announce(offer: Offer, step: Step, now: datetime) -> None:
    """Push what each side is to hear."""
    pushes = {side: push for side in Side if (push := _push(offer, step, side, now))}
    if not pushes:
        return
    businesses = {Side.BUYER: offer.buyer_id, Side.SELLER: offer.seller_id}
    people = listeners(offer)
    for side, push in pushes.items():
        if groups := [user_group(user_id) for user_id in people[businesses[side]]]:
            push_on_commit(push, to=groups)


def _push(offer: Offer, step: Step, side: Side, now: datetime) -> Push | None:
    """Return what a side is to hear; None for what it need not."""
    if step.action in {Action.DRAFTED, Action.COMPLETED}:
        return None
    if step.action == Action.VIEWED:
        is_told = step.side != side
        return events.OfferViewed(offer_id=str(offer.id), viewed_at=wire_time(now)) if is_told else None
    if step.action == Action.SHORTFALL:
        return _shortfall(offer) if side == Side.BUYER else None
    if step.action == Action.REMINDED and offer.awaiting != side:
        return None
    return _with_offer(offer_shape(offer, side, now), step, is_own=step.side == side)


def _shortfall(offer: Offer) -> Push:
    number, revision = offer.offer_number, offer.on_the_table.number
    return events.OfferCreditShort(offer_id=str(offer.id), number=number, revision=revision)


def _with_offer(shape: OfferShape, step: Step, *, is_own: bool) -> Push | None:
    conversation = "" if shape.conversation_id is UNSET else shape.conversation_id
    match step.action:
        case Action.SENT:
            kind = events.OfferCreated if is_own else events.OfferReceived
            return kind(offer=shape, conversation_id=conversation)
        case Action.EXPIRED:
            return events.OfferExpired(offer=shape)
        case Action.WITHDRAWN | Action.CANCELLED:
            return events.OfferWithdrawn(offer=shape, reason=step.message)
        case Action.REMINDED:
            return events.OfferExpiring(offer=shape, hours=int(step.changes["hours"]))
    if is_own:
        return events.OfferResponded(offer=shape, action=_word(step.action))
    return _response(shape, step)


def _response(shape: OfferShape, step: Step) -> events.OfferResponse | None:
    if step.side is None:
        return None
    if step.actor is None:
        who = events.Responder(id=shape.seller.business_id, name=str(shape.seller.business_name), role="system")
    else:
        who = events.Responder(id=str(step.actor.id), name=step.actor.full_name, role=step.actor.role)
    return events.OfferResponse(offer=shape, action=_word(step.action), responder=who)


def _word(action: Action) -> str:
    """Return the old backend's word for an answer."""
    return {Action.ACCEPTED: "accept", Action.REJECTED: "reject"}.get(action, "counter")
