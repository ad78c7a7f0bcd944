"""What the fake provider does on purpose with payments, by the last two digits of the amount."""

import re
import time
from collections.abc import Callable

import pytest
from django.conf import settings

from finance.gateways import Payment, Rejected, Unavailable, fake
from finance.gateways.fake import Delays, act
from finance.gateways.fake.conduct import CONDUCTS, conduct_of
from finance.models import FakeCharge, FakeWebhook, PaymentIntent
from finance.tests.gateways.fake_staging import (
    FAKE,
    Inbox,
    charge_of,
    confirmed,
    created,
    key_of,
    let_time_pass,
    order,
)
from wholexale.common.models import WorkRow

pytestmark = pytest.mark.django_db

State = PaymentIntent.State


def test_the_table_in_the_docs_names_every_ending_that_is_special() -> None:
    rows = re.findall(r"^    ([0-9]{2})  \S", fake.__doc__ or "", re.MULTILINE)

    assert [int(digits) for digits in rows] == list(CONDUCTS)


def test_the_ending_counts_whatever_is_before_it() -> None:
    assert conduct_of(1) == conduct_of(101) == conduct_of(7_777_701) != conduct_of(100) == conduct_of(18)


def test_01_is_declined_at_once(inbox: Inbox) -> None:
    payment = confirmed(100_01)

    assert (payment.state, payment.failure_code) == (State.FAILED, "card_declined")
    assert payment.failure_text
    assert inbox.fetch() == ["payment.failed"]
    assert inbox.news == payment
    assert charge_of(payment).charges == 0


def test_02_asks_the_payer_who_agrees(inbox: Inbox) -> None:
    payment = confirmed(100_02)

    assert payment.state == State.REQUIRES_ACTION
    assert payment.action == {"type": "redirect", "url": f"{settings.BASE_URL}/dev/pay/{payment.reference}"}
    assert charge_of(payment).charges == 0

    agreed = act(payment.reference, is_approved=True)

    assert (agreed.state, agreed.captured, agreed.action) == (State.SUCCEEDED, 100_02, None)
    assert inbox.fetch() == ["payment.requires_action", "payment.succeeded"]
    assert inbox.news == agreed == FAKE.retrieve(payment.reference)


def test_02_asks_the_payer_who_does_not_agree(inbox: Inbox) -> None:
    refused = act(confirmed(100_02).reference, is_approved=False)

    assert (refused.state, refused.failure_code) == (State.FAILED, "authentication_failed")
    assert inbox.fetch() == ["payment.requires_action", "payment.failed"]


def test_02_is_only_authorized_where_it_is_captured_later() -> None:
    assert act(confirmed(100_02, is_captured_later=True).reference, is_approved=True).state == State.REQUIRES_CAPTURE


@pytest.mark.parametrize("is_approved_again", [True, False])
def test_02_takes_the_payer_at_their_first_word(is_approved_again: bool, inbox: Inbox) -> None:
    payment = confirmed(100_02)
    answers = [act(payment.reference, is_approved=is_approved).state for is_approved in (True, is_approved_again)]

    assert answers == [State.SUCCEEDED] * 2
    assert inbox.fetch() == ["payment.requires_action", "payment.succeeded"]
    assert charge_of(payment).charges == 1


def test_a_payment_that_does_not_ask_the_payer_is_not_theirs_to_decide() -> None:
    assert act(created(100_02), is_approved=True).state == State.REQUIRES_PAYMENT_METHOD
    with pytest.raises(Rejected, match="unknown_payment"):
        act("fake_ch_0", is_approved=True)


def test_03_is_told_twice_under_one_id(inbox: Inbox) -> None:
    payment = confirmed(100_03)

    assert inbox.fetch() == ["payment.succeeded"] * 2
    assert len({event.id for event in inbox.events}) == 1
    assert charge_of(payment).charges == 1


@pytest.mark.django_db(transaction=True)
def test_04_is_told_before_the_reply(inbox: Inbox) -> None:
    payment = confirmed(100_04)

    assert [event.news for event in inbox.events] == [payment]
    let_time_pass()
    assert inbox.fetch() == []
    assert FakeWebhook.objects.get().state == WorkRow.State.DONE


@pytest.mark.django_db(transaction=True)
def test_04_is_told_again_where_nobody_heard_it(inbox: Inbox) -> None:
    inbox.status = 503
    assert confirmed(100_04).state == State.SUCCEEDED
    inbox.status = 200
    for _ in range(3):
        let_time_pass()

    assert inbox.fetch() == ["payment.succeeded"]
    assert len({event.id for event in inbox.events}) == 1


@pytest.mark.parametrize("is_captured_later", [False, True])
def test_05_loses_the_reply_and_the_same_key_gets_it(is_captured_later: bool, inbox: Inbox) -> None:
    reference, key = created(100_05, is_captured_later=is_captured_later), key_of("confirm")
    with pytest.raises(Unavailable):
        FAKE.confirm(reference, token="", key=key)
    done = FAKE.retrieve(reference)

    assert done.state == (State.REQUIRES_CAPTURE if is_captured_later else State.SUCCEEDED)
    assert FAKE.confirm(reference, token="", key=key) == done
    assert inbox.fetch() == [f"payment.{done.state.value}"]
    assert charge_of(reference).charges == (0 if is_captured_later else 1)


def test_05_loses_the_reply_to_a_capture_as_well() -> None:
    reference, keys = created(100_05, is_captured_later=True), [key_of("confirm"), key_of("capture")]
    calls: list[Callable[[], Payment]] = [
        lambda: FAKE.confirm(reference, token="", key=keys[0]),
        lambda: FAKE.capture(reference, amount=50_00, key=keys[1]),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
    states = [call().state for call in calls]

    assert states == [State.REQUIRES_CAPTURE, State.SUCCEEDED]
    assert charge_of(reference).charges == 1


def eventually_created(amount: int) -> tuple[Payment, int, float]:
    """Create a payment by one key, however often that takes; return it, the failures, and the seconds they took."""
    wanted, key, began = order(amount), key_of("create"), time.monotonic()
    for failures in range(10):
        try:
            payment = FAKE.create(wanted, key=key)
        except Unavailable:
            continue
        return payment, failures, time.monotonic() - began
    raise AssertionError("nobody has answered")


def test_06_hangs_twice_without_an_effect_and_then_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delays, "hang", 0.2)
    payment, failures, seconds = eventually_created(100_06)

    assert failures == 2
    assert 0.4 <= seconds < 5
    assert FakeCharge.objects.get().intent_id == payment.intent_id
    assert FAKE.confirm(payment.reference, token="", key=key_of("confirm")).state == State.SUCCEEDED


def test_07_is_down_three_times_without_an_effect_and_then_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delays, "hang", 60)
    payment, failures, seconds = eventually_created(100_07)

    assert failures == 3
    assert seconds < 5
    assert FAKE.confirm(payment.reference, token="", key=key_of("confirm")).state == State.SUCCEEDED
    assert charge_of(payment).charges == FakeCharge.objects.count() == 1


def test_08_is_processing_and_succeeds_later(inbox: Inbox) -> None:
    payment = confirmed(100_08)

    assert (payment.state, payment.captured, payment.fee) == (State.PROCESSING, 0, 0)
    assert FAKE.retrieve(payment.reference) == payment
    assert inbox.fetch() == ["payment.processing"]

    let_time_pass()

    assert inbox.fetch() == ["payment.succeeded"]
    assert inbox.news == FAKE.retrieve(payment.reference)
    assert charge_of(payment).charges == 1


def test_08_can_neither_be_canceled_nor_captured_while_it_is_processing() -> None:
    reference = confirmed(100_08, is_captured_later=True).reference
    with pytest.raises(Rejected, match="payment_unexpected_state"):
        FAKE.cancel(reference, key=key_of("cancel"))
    with pytest.raises(Rejected, match="payment_unexpected_state"):
        FAKE.capture(reference, amount=1, key=key_of("capture"))
    let_time_pass()

    assert FAKE.capture(reference, amount=1, key=key_of("capture")).state == State.SUCCEEDED


def test_09_is_told_to_nobody_who_does_not_ask(inbox: Inbox) -> None:
    payment = confirmed(100_09)
    assert payment.state == State.PROCESSING
    let_time_pass()

    assert inbox.fetch() == []
    assert FAKE.retrieve(payment.reference).state == State.SUCCEEDED


def test_10_is_told_in_the_wrong_order(inbox: Inbox) -> None:
    payment = confirmed(100_10)
    assert payment.state == State.PROCESSING
    assert inbox.fetch() == []
    let_time_pass()

    assert inbox.fetch() == ["payment.succeeded", "payment.processing"]
    assert FAKE.retrieve(payment.reference).state == State.SUCCEEDED


def test_11_is_processing_and_fails_later(inbox: Inbox) -> None:
    payment = confirmed(100_11)
    assert (payment.state, payment.failure_code) == (State.PROCESSING, "")
    let_time_pass()

    assert inbox.fetch() == ["payment.processing", "payment.failed"]
    assert inbox.news == FAKE.retrieve(payment.reference)
    assert FAKE.retrieve(payment.reference).failure_code == "insufficient_funds"
    assert charge_of(payment).charges == 0
