"""Digests: what is held during a window goes out as one letter, whoever closes it, and once."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from notifications import services
from notifications.channels import Letter, Sent, Unreachable
from notifications.models import Delivery, Digest, Notification
from notifications.services import Wishes
from notifications.tests.staging import Scripted, channel_is, delivery, letters, run, told, trace, verified
from wholexale.common.models import WorkRow
from wholexale.common.testing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(buyer: User) -> User:
    services.save_preferences(actor=buyer, wishes=Wishes(digest_minutes=1440))
    return verified(buyer)


def close() -> None:
    """Let the windows be over."""
    Delivery.objects.filter(status="held").update(run_at=timezone.now() - timedelta(seconds=1))


def test_what_was_held_goes_out_as_one_letter(person: User) -> None:
    made = [told(person) for _ in range(3)]
    assert run() == 0
    close()
    run()

    (mail,) = letters()
    assert mail.text.count("Credit added") == 3
    assert "List-Unsubscribe" in mail.headers
    for one in made:
        assert trace(one) == [("held", "digest"), ("sending", ""), ("sent", "")]
        assert delivery(one).state == WorkRow.State.DONE
    assert Digest.objects.get().carrier_id == mail.delivery_id


def test_one_alone_is_an_ordinary_letter(person: User) -> None:
    told(person)
    close()
    run()

    (mail,) = letters()
    assert mail.subject == "Credit added"


def test_what_was_read_is_left_out_and_nothing_is_sent_where_nothing_is_left(person: User) -> None:
    first, second = told(person), told(person)
    services.mark_read(actor=person, notification_id=first.id)
    close()
    run()

    assert trace(first)[-1] == ("skipped", "read_before")
    assert trace(second)[-1] == ("sent", "")
    third = told(person)
    Delivery.objects.filter(notification=third).update(window_start=timezone.now())
    services.mark_all_read(actor=person)
    close()
    run()
    assert trace(third)[-1] == ("skipped", "read_before")
    assert len(letters()) == 1


def test_two_closers_send_once(person: User) -> None:
    made = [told(person) for _ in range(4)]
    close()
    rows = [delivery(one) for one in made]
    for row in rows:
        Delivery.objects.filter(id=row.id).update(state=WorkRow.State.LEASED, lease_owner=str(row.id))
    scripted = Scripted()

    with channel_is(scripted):
        done = at_once([partial(services.deliver, delivery_id=row.id, lease=str(row.id)) for row in rows])

    assert done == [None] * 4
    assert list(scripted.given.values()) == [1]
    assert {delivery(one).status for one in made} == {"sent"}
    assert len({delivery(one).digest_id for one in made}) == 1


def test_who_only_stands_in_a_digest_says_nothing_while_it_is_sent(person: User) -> None:
    made = [told(person) for _ in range(2)]
    close()

    def meanwhile(letter: Letter) -> Sent:
        for one in made:
            if delivery(one).id != letter.delivery_id:
                services.deliver(delivery_id=delivery(one).id, lease="another worker")
        return Sent(provider="scripted")

    with channel_is(Scripted(meanwhile)):
        run()

    for one in made:
        assert trace(one) == [("held", "digest"), ("sending", ""), ("sent", "")]


def test_what_comes_too_late_for_its_digest_goes_out_alone(person: User) -> None:
    first = told(person)
    close()
    run()
    late = told(person)
    Delivery.objects.filter(notification=late).update(window_start=delivery(first).window_start)
    close()
    run()

    assert len(letters()) == 2
    assert Digest.objects.count() == 1
    assert delivery(late).digest is None


def test_a_digest_whose_try_failed_goes_out_whole_the_next_time(person: User) -> None:
    given: list[Letter] = []

    def fail_first(letter: Letter) -> Sent:
        given.append(letter)
        if len(given) == 1:
            raise Unreachable("down")
        return Sent(provider="scripted")

    made = [told(person) for _ in range(2)]
    close()
    with channel_is(Scripted(fail_first)):
        run()
        Delivery.objects.filter(state=WorkRow.State.PENDING).update(run_at=timezone.now())
        run()

    assert [one.delivery_id for one in given] == [given[0].delivery_id] * 2
    assert given[1].text.count("Credit added") == 2
    for one in made:
        assert trace(one)[-1] == ("sent", "")


def test_a_parked_digest_is_replayed_whole(person: User) -> None:
    def refuse(_letter: Letter) -> Sent:
        raise Unreachable("down")

    made = [told(person) for _ in range(2)]
    close()
    with channel_is(Scripted(refuse)):
        for _ in range(6):
            run()
            Delivery.objects.filter(state=WorkRow.State.PENDING).update(run_at=timezone.now())
    assert {delivery(one).status for one in made} == {"failed"}
    dead = list(Delivery.objects.filter(state=WorkRow.State.DEAD).values_list("id", flat=True))

    assert services.replay_deliveries(delivery_ids=dead) == 1
    run()

    assert {delivery(one).status for one in made} == {"sent"}
    assert len(letters()) == 1


def test_quiet_hours_that_have_begun_meanwhile_are_kept(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = told(person)
    close()
    now = timezone.localtime(timezone.now(), timezone.get_fixed_timezone(330))
    wishes = Wishes(
        is_quiet_on=True,
        quiet_start=(now - timedelta(hours=1)).time().replace(second=0, microsecond=0),
        quiet_end=(now + timedelta(hours=1)).time().replace(second=0, microsecond=0),
    )
    services.save_preferences(actor=person, wishes=wishes)
    run()

    row = delivery(made)
    assert (row.status, row.reason, row.state) == ("held", "quiet_hours", "pending")
    assert timedelta(minutes=58) < row.run_at - timezone.now() <= timedelta(hours=1)
    assert not letters()


def test_the_rows_of_a_business_write_wait_for_no_digest(person: User) -> None:
    made = told(person)

    assert not Digest.objects.exists()
    assert Notification.objects.get() == made
