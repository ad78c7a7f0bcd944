"""Deliveries: what is written before and after a provider is asked, tries, parking, replaying, and callbacks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications import services
from notifications.channels import Letter, Refused, Sent, Unreachable, Unsure
from notifications.models import Channel, Delivery, Notification, Status, Suppression
from notifications.services import Wishes
from notifications.tests.staging import Scripted, channel_is, delivery, letters, notice, run, told, trace, verified
from wholexale.common.models import WorkRow
from wholexale.common.work import Permanent, Retry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(buyer: User) -> User:
    return verified(buyer)


def raising(error: Exception) -> Any:
    def answer(_letter: Letter) -> Sent:
        raise error

    return answer


def make_due(of: Notification) -> None:
    Delivery.objects.filter(notification=of).update(run_at=timezone.now())


def let_the_lease_end(of: Notification) -> None:
    Delivery.objects.filter(notification=of).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_provider_is_asked_outside_of_any_transaction_after_that_was_written(person: User) -> None:
    seen: list[str] = []

    def look(letter: Letter) -> Sent:
        seen.append(Delivery.objects.get(id=letter.delivery_id).status)
        return Sent(provider="scripted", provider_id="abc")

    with channel_is(Scripted(look)):
        made = told(person)
        assert run() == 1

    row = delivery(made)
    assert seen == ["sending"]
    assert (row.status, row.state, row.provider, row.provider_id) == ("sent", "done", "scripted", "abc")
    assert (row.address, row.sent_at is not None) == ("buyer@example.com", True)
    assert trace(made) == [("pending", ""), ("sending", ""), ("sent", "")]


def test_a_provider_that_knows_at_once_says_that_it_was_delivered(person: User) -> None:
    with channel_is(Scripted(lambda _letter: Sent(provider="scripted", status="delivered"))):
        made = told(person)
        run()

    assert delivery(made).delivered_at is not None
    assert trace(made)[-1] == ("delivered", "")


@pytest.mark.parametrize("error", [Unreachable("down"), Retry("busy", after=7)])
def test_what_a_provider_has_surely_not_taken_is_tried_again(person: User, error: Exception) -> None:
    scripted = Scripted(raising(error))
    with channel_is(scripted):
        made = told(person)
        run()
        row = delivery(made)
        assert (row.status, row.state, row.attempts) == ("pending", "pending", 1)
        if isinstance(error, Retry):
            assert timedelta(seconds=5) < row.run_at - timezone.now() <= timedelta(seconds=7)
        scripted.answer = lambda _letter: Sent(provider="scripted")
        make_due(made)
        run()

    assert trace(made) == [
        ("pending", ""),
        ("sending", ""),
        ("pending", "try_failed"),
        ("sending", ""),
        ("sent", ""),
    ]


def test_poison_is_parked_after_five_tries_and_replayed_with_all_of_them(person: User) -> None:
    scripted = Scripted(raising(Unreachable("refused")))
    with channel_is(scripted):
        made = told(person)
        for _ in range(7):
            run()
            make_due(made)
        row = delivery(made)
        assert (row.state, row.status, row.reason, row.attempts) == ("dead", "failed", "out_of_tries", 5)
        assert sum(scripted.given.values()) == 5

        assert services.replay_deliveries(delivery_ids=[row.id]) == 1
        assert services.replay_deliveries(delivery_ids=[row.id]) == 0
        scripted.answer = lambda _letter: Sent(provider="scripted")
        run()

    row = delivery(made)
    assert (row.state, row.status, row.attempts) == ("done", "sent", 1)
    assert [step for step in trace(made) if step[0] != "sending"][-3:] == [
        ("failed", "out_of_tries"),
        ("pending", "replayed"),
        ("sent", ""),
    ]


def test_what_can_never_be_sent_is_parked_at_once(person: User) -> None:
    with channel_is(Scripted(raising(Permanent("bad credentials")))):
        made = told(person)
        run()

    row = delivery(made)
    assert (row.state, row.status, row.attempts) == ("dead", "failed", 1)
    assert "bad credentials" in row.last_error


def test_an_address_that_is_refused_for_good_is_written_to_no_more(person: User) -> None:
    with channel_is(Scripted(raising(Refused("bounced", detail="no such user", suppress=True)))):
        made = told(person)
        run()
        after = told(person)

    assert trace(made)[-1] == ("failed", "bounced")
    assert delivery(made).state == WorkRow.State.DONE
    assert Suppression.objects.get().address == "buyer@example.com"
    assert trace(after) == [("suppressed", "suppressed")]


@pytest.mark.parametrize("error", [Unsure("no answer"), ValueError("a bug of an adapter")])
def test_what_may_have_been_sent_is_not_sent_again(person: User, error: Exception) -> None:
    scripted = Scripted(raising(error))
    with channel_is(scripted):
        made = told(person)
        for _ in range(3):
            run()
            make_due(made)

    assert sum(scripted.given.values()) == 1
    assert (delivery(made).status, delivery(made).state) == ("unknown", "done")
    assert trace(made)[-1] == ("unknown", "lost_in_sending")


def test_what_may_be_repeated_is_sent_again(person: User) -> None:
    scripted = Scripted(raising(Unsure("no answer")), is_safe=True)
    with channel_is(scripted):
        made = told(person)
        run()
        scripted.answer = lambda _letter: Sent(provider="scripted")
        make_due(made)
        run()

    assert sum(scripted.given.values()) == 2
    assert delivery(made).status == "sent"


@pytest.mark.parametrize(("is_safe", "calls", "status"), [(False, 0, "unknown"), (True, 1, "sent")])
def test_who_finds_a_message_in_sending_asks_again_only_where_that_is_safe(
    person: User, is_safe: bool, calls: int, status: str
) -> None:
    scripted = Scripted(is_safe=is_safe)
    with channel_is(scripted):
        made = told(person)
        Delivery.objects.filter(notification=made).update(
            status=Status.SENDING, state=WorkRow.State.LEASED, lease_owner="who died", attempts=1
        )
        let_the_lease_end(made)
        run()

    assert sum(scripted.given.values()) == calls
    assert delivery(made).status == status


def test_who_was_overtaken_before_the_provider_was_asked_asks_nobody(person: User) -> None:
    scripted = Scripted()
    made = told(person)
    row = delivery(made)
    Delivery.objects.filter(id=row.id).update(state=WorkRow.State.LEASED, lease_owner="somebody else")
    with channel_is(scripted):
        services.deliver(delivery_id=row.id, lease="one's own")

    assert not scripted.given
    assert delivery(made).status == "pending"


def test_a_failure_of_who_was_overtaken_changes_nothing(person: User) -> None:
    made = told(person)
    row = delivery(made)

    def be_overtaken(_letter: Letter) -> Sent:
        Delivery.objects.filter(id=row.id).update(lease_owner="somebody else")
        raise Unreachable("late")

    Delivery.objects.filter(id=row.id).update(state=WorkRow.State.LEASED, lease_owner="one's own")
    with channel_is(Scripted(be_overtaken)), pytest.raises(Unreachable):
        services.deliver(delivery_id=row.id, lease="one's own")

    assert trace(made) == [("pending", ""), ("sending", "")]


def test_a_channel_that_is_off_is_skipped(person: User) -> None:
    with channel_is(None):
        made = told(person)
        run()

    assert trace(made)[-1] == ("skipped", "not_offered")


def test_what_parks_because_runs_die_is_failed_by_the_clock(person: User) -> None:
    made = told(person)
    Delivery.objects.filter(notification=made).update(
        status=Status.SENDING, state=WorkRow.State.DEAD, last_error="LeaseEnded: claimed 5 times"
    )

    assert (services.settle_parked(), services.settle_parked()) == (1, 0)
    assert trace(made)[-1] == ("failed", "out_of_tries")


def test_a_wish_that_was_said_meanwhile_is_heard(person: User) -> None:
    made = told(person)
    services.save_preferences(actor=person, wishes=Wishes(switches={"email": False}))
    run()

    assert trace(made) == [("pending", ""), ("skipped", "channel_off")]
    assert not letters()


def test_what_comes_too_late_is_not_sent(person: User) -> None:
    made = told(person, shown_for=timedelta(seconds=0))
    run()

    assert trace(made) == [("pending", ""), ("expired", "too_late")]


def test_the_letter_is_written_in_the_persons_language_and_stored_nowhere(person: User) -> None:
    person.preferences["language"] = "hi"
    person.save()
    made = told(person)
    run()
    (mail,) = letters()

    assert mail.language == "hi"
    assert made.title != "Credit added"
    assert mail.headers["Message-ID"].startswith(f"<{delivery(made).id}@")


# --- What a provider tells later --------------------------------------------------------------------------------------


def test_a_message_that_bounces_after_it_was_delivered_has_bounced_and_not_the_reverse(person: User) -> None:
    made = told(person)
    run()
    row = delivery(made)
    assert services.note_outcome(delivery_id=row.id, status=Status.DELIVERED)
    assert services.note_outcome(delivery_id=row.id, status=Status.BOUNCED, reason="bounced", detail="550")
    assert not services.note_outcome(delivery_id=row.id, status=Status.DELIVERED)
    assert not services.note_outcome(delivery_id=row.id, status=Status.SENT)

    assert trace(made)[-2:] == [("delivered", ""), ("bounced", "bounced")]


def test_a_provider_that_speaks_before_its_answer_is_not_overruled(person: User) -> None:
    def speak_first(letter: Letter) -> Sent:
        services.note_outcome(delivery_id=letter.delivery_id, status=Status.DELIVERED)
        return Sent(provider="scripted", provider_id="abc")

    with channel_is(Scripted(speak_first)):
        made = told(person)
        run()

    assert (delivery(made).status, delivery(made).provider_id) == ("delivered", "abc")


def test_what_is_unknown_is_known_when_the_provider_speaks(person: User) -> None:
    with channel_is(Scripted(raising(Unsure()))):
        made = told(person)
        run()
    services.note_outcome(delivery_id=delivery(made).id, status=Status.DELIVERED)

    assert trace(made)[-2:] == [("unknown", "lost_in_sending"), ("delivered", "")]


def test_nobody_is_told_the_same_thing_twice(person: User, seller: User) -> None:
    first = services.notify(notice(person, dedupe_key="a"))
    again = services.notify(notice(person, to=[person.id, seller.id], dedupe_key="a"))
    other = services.notify(notice(person, dedupe_key="b"))

    assert [len(first), len(again), len(other)] == [1, 1, 1]
    assert again[0].recipient_id == seller.id
    assert Delivery.objects.filter(notification__recipient=person, channel=Channel.EMAIL).count() == 2
