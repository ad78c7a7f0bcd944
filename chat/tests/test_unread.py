"""Unread counts by arithmetic, against counting."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import User
from chat import selectors, services
from chat.models import Conversation, Message, Participant
from chat.services import Draft, MarkRequest
from chat.tests.staging import group_of, part
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db
PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), WHO, st.just(0)),
        st.tuples(st.just("batch"), WHO, st.integers(1, 4)),
        st.tuples(st.sampled_from(["read", "deliver"]), WHO, st.integers(0, 60)),
        st.tuples(st.sampled_from(["open", "rejoin", "system"]), WHO, st.just(0)),
        st.tuples(st.sampled_from(["edit", "delete", "react"]), WHO, st.integers(0, 60)),
    ),
    max_size=40,
)


@dataclass
class Oracle:
    """Counts by looking at every message: those of others, no lines, behind one's read place."""

    said: list[tuple[int, int | None]] = field(default_factory=list)
    read: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    joined: list[int] = field(default_factory=lambda: [0] * PEOPLE)

    def unread(self, who: int) -> int:
        place = max(self.read[who], self.joined[who])
        return sum(1 for seq, sender in self.said if sender is not None and sender != who and seq > place)


class Stage:
    """Three people in a group, and what they do, one step after the other."""

    def __init__(self, people: list[User]) -> None:
        self.people, self.oracle = people, Oracle()
        self.group = group_of(people[0], *people[1:])

    @property
    def head(self) -> int:
        return Conversation.objects.get(id=self.group.id).last_seq

    def take(self, step: str, who: int, number: int) -> None:
        getattr(self, step)(who, number)

    def send(self, who: int, number: int) -> None:
        self.batch(who, 1)

    def batch(self, who: int, number: int) -> None:
        senders = [(who + index) % PEOPLE for index in range(number)]
        drafts = [Draft(conversation_id=self.group.id, sender_id=self.people[one].id, content="x") for one in senders]
        for sender, outcome in zip(senders, services.post_messages(drafts), strict=True):
            assert isinstance(outcome, services.Posted)
            self.oracle.said.append((outcome.message.seq, sender))

    def read(self, who: int, number: int) -> None:
        self._mark("read", who, number)
        self.oracle.read[who] = max(self.oracle.read[who], min(number, self.head))

    def deliver(self, who: int, number: int) -> None:
        self._mark("delivered", who, number)

    def open(self, who: int, number: int) -> None:
        self.read(who, self.head)

    def rejoin(self, who: int, number: int) -> None:
        Participant.objects.filter(conversation=self.group).update(is_group_admin=True)
        person = self.people[who]
        services.leave_conversation(actor=person, conversation_id=self.group.id)
        before = self.head
        services.add_participant(actor=self.people[who - 1], conversation_id=self.group.id, user_id=person.id)
        self.oracle.joined[who] = before

    def system(self, who: int, number: int) -> None:
        line = Draft(conversation_id=self.group.id, sender_id=None, message_type="system", content="x")
        self.oracle.said.append((services.post_message(line).message.seq, None))

    def edit(self, who: int, number: int) -> None:
        self._change(services.edit_message, who, number, content="y")

    def delete(self, who: int, number: int) -> None:
        self._change(services.delete_message, who, number)

    def react(self, who: int, number: int) -> None:
        self._change(services.react, who, number, emoji="x" if number % 2 else None)

    def _mark(self, kind: Any, who: int, number: int) -> None:
        services.record_mark(MarkRequest(kind, self.people[who].id, self.group.id, seq=number))

    def _change(self, service: Any, who: int, number: int, **fields: Any) -> None:
        own = Message.objects.filter(
            sender_id=self.people[who].id, seq__gt=part(self.group, self.people[who]).first_seq
        )
        alive = list(own.filter(deleted_at=None).exclude(reactions__isnull=False))
        if alive:
            service(actor=self.people[who], message_id=alive[number % len(alive)].id, **fields)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_unread_is_what_counting_gives(db: None, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        stage = Stage([make_person(f"person{number}") for number in range(PEOPLE)])
        for step in steps:
            stage.take(*step)
            for who, person in enumerate(stage.people):
                row = part(stage.group, person)
                assert services.unread(row) == stage.oracle.unread(who), (step, who)
        rows, _ = selectors.conversations(
            actor=stage.people[0], status=None, kind=None, is_archived=None, offset=0, limit=5
        )
        assert services.unread(rows[0].own) == stage.oracle.unread(0)
        transaction.set_rollback(True)


def test_a_deleted_message_counts_until_it_is_passed(talk: Conversation, buyer: User, seller: User) -> None:
    draft = Draft(conversation_id=talk.id, sender_id=seller.id, content="x")
    message = services.post_message(draft).message
    services.delete_message(actor=seller, message_id=message.id)

    assert services.unread(part(talk, buyer)) == 1
    assert services.record_mark(MarkRequest("read", buyer.id, talk.id)).unread == 0
