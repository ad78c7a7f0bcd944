"""Answering an offer in the moment that it is sent, as the seller's rules say, in the same transaction."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from finance import selectors as finance_selectors
from offers.models import Offer, Order, Side
from offers.selectors import Seat
from offers.services.accepting import Placed, place_order
from offers.services.approvals import must_be_asked
from offers.services.bands import Verdict, judge
from offers.services.order_steps import OrderAction, OrderStep, line_of_step, tell_order_step
from offers.services.steps import Action, Status, Step, take_step
from offers.services.terms import PREPAID, TermsWish
from wholexale.common.errors import DomainError
from wholexale.common.events import facts_together

AUTOMATIC: Final[Mapping[str, Any]] = {"automatic": True}
"""What the history says of a step that no person has taken; never why."""


@dataclass(frozen=True, slots=True)
class AutomaticAnswer:
    """What the seller's rules say to an offer; with the order that is to be written, where they accept it."""

    verdict: Verdict
    placed: Placed | None = None


def prepare_answer(offer: Offer, terms: TermsWish, *, now: datetime) -> AutomaticAnswer:
    """Judge an offer that is about to be sent, and hold the buyer's credit where the seller's rules accept it.

    Before its conversation is touched, for balances are locked before conversations. Where the order cannot be placed,
    or the seller's people want to approve it first, a person answers.
    """
    verdict = judge(terms.lines, seller_id=offer.seller_id)
    if verdict != Verdict.ACCEPT:
        return AutomaticAnswer(verdict)
    if not _asks_only_for_a_price(offer, terms) or must_be_asked(offer):
        return AutomaticAnswer(Verdict.LEAVE)
    seat = Seat(copy(offer), Side.SELLER, offer.seller_user_id, now)  # a copy, for it is not accepted before it is sent
    try:
        with transaction.atomic(), facts_together():
            return AutomaticAnswer(verdict, place_order(seat, offer.seller_user))
    except DomainError:
        return AutomaticAnswer(Verdict.LEAVE)


def give_answer(offer: Offer, answer: AutomaticAnswer, *, now: datetime) -> Offer:
    """Answer an offer that was just sent on the seller's behalf, or leave it to them."""
    if answer.verdict == Verdict.DECLINE:
        declined = Step(action=Action.REJECTED, status=Status.REJECTED, side=Side.SELLER, changes=AUTOMATIC)
        return take_step(offer, declined, now=now)
    if answer.placed is None:
        return offer
    order = answer.placed.order
    order.offer = offer
    placed = OrderStep(action=OrderAction.PLACED, status=Order.Status.ACCEPTED, side=Side.SELLER)
    agreed = Step(
        action=Action.ACCEPTED,
        status=Status.ACCEPTED,
        side=Side.SELLER,
        changes=AUTOMATIC,
        further=line_of_step(order, placed),
        rows=answer.placed.rows,
    )
    offer = take_step(offer, agreed, now=now)
    tell_order_step(answer.placed.event)
    return offer


def usual_payment_terms(*, buyer_id: UUID, currency: str) -> str:
    """Return the payment terms that hold where none are named: the buyer's credit line's, or payment in advance."""
    lines = finance_selectors.credit_positions(business_id=buyer_id, currency=currency)
    return lines[0].line.payment_terms if lines else PREPAID


def _asks_only_for_a_price(offer: Offer, terms: TermsWish) -> bool:
    """Return whether nothing else is asked for: a rule about prices agrees to no promises, papers or credit periods."""
    if terms.terms or terms.attachments:
        return False
    usual = usual_payment_terms(buyer_id=offer.buyer_id, currency=terms.currency)
    return terms.payment_terms in {PREPAID, usual}
