"""Payouts of the fake provider."""

from functools import partial

import pytest

from finance.gateways import Rejected, Unavailable
from finance.gateways.fake import statement
from finance.models import FakePayout, Payout
from finance.tests.gateways.fake_staging import FAKE, Inbox, let_time_pass, paid_out
from wholexale.common.ids import new_id

pytestmark = pytest.mark.django_db

State = Payout.State


def test_a_payout_is_pending_and_is_paid_by_webhook(inbox: Inbox) -> None:
    payout = paid_out()

    assert payout.state == State.PENDING
    assert inbox.fetch() == ["payout.paid"]
    assert inbox.news == FAKE.retrieve_payout(payout.reference)
    assert FAKE.retrieve_payout(payout.reference).payout_id == payout.payout_id


def test_16_is_pending_and_fails(inbox: Inbox) -> None:
    payout = paid_out(100_16)

    assert payout.state == State.PENDING
    assert inbox.fetch() == ["payout.failed"]
    failed = FAKE.retrieve_payout(payout.reference)
    assert inbox.news == failed
    assert (failed.state, failed.failure_code) == (State.FAILED, "account_closed")


def test_17_is_paid_and_comes_back(inbox: Inbox) -> None:
    payout = paid_out(100_17)

    assert payout.state == State.PENDING
    assert FAKE.retrieve_payout(payout.reference).state == State.PAID
    let_time_pass()
    assert inbox.fetch() == ["payout.paid", "payout.failed"]
    assert inbox.news == FAKE.retrieve_payout(payout.reference)
    assert FAKE.retrieve_payout(payout.reference).state == State.FAILED
    assert [line.amount for line in statement("INR")] == [-100_17, 100_17]


def test_a_payout_has_the_effect_of_once_though_its_reply_is_lost() -> None:
    ask, key = partial(FAKE.pay_out, payout_id=new_id(), business_id=new_id(), amount=100_05, currency="INR"), "key"
    with pytest.raises(Unavailable):
        ask(key=key)
    with pytest.raises(Rejected, match="payout_exists"):
        ask(key="another")

    assert ask(key=key).reference == FakePayout.objects.get().reference
