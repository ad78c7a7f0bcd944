"""Keys at the fake provider: one effect and one answer, for repeats, for callers at once, after a crash anywhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model

from finance.gateways import Payment, Rejected
from finance.models import FakeAnswer, FakeCharge, FakeEntry, FakePayout, FakeRefund, FakeWebhook
from finance.tests.gateways.fake_staging import FAKE, charge_of, confirmed, created, key_of, order
from wholexale.common.ids import new_id
from wholexale.common.testing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Call = Callable[[str], Any]
TWINS = 4


def to_create() -> Call:
    wanted = order()
    return lambda key: FAKE.create(wanted, key=key)


def to_confirm() -> Call:
    reference = created()
    return lambda key: FAKE.confirm(reference, token="pm_card", key=key)


def to_capture() -> Call:
    reference = confirmed(is_captured_later=True).reference
    return lambda key: FAKE.capture(reference, amount=50_00, key=key)


def to_cancel() -> Call:
    reference = created()
    return lambda key: FAKE.cancel(reference, key=key)


def to_refund() -> Call:
    reference, refund_id = confirmed().reference, new_id()
    return lambda key: FAKE.refund(reference, refund_id=refund_id, amount=10_00, key=key)


def to_pay_out() -> Call:
    payout_id, business_id = new_id(), new_id()
    return lambda key: FAKE.pay_out(payout_id=payout_id, business_id=business_id, amount=10_00, currency="INR", key=key)


WRITES = pytest.mark.parametrize("staged", [to_create, to_confirm, to_capture, to_cancel, to_refund, to_pay_out])
BOOKS: tuple[type[Model], ...] = (FakeAnswer, FakeCharge, FakeEntry, FakePayout, FakeRefund, FakeWebhook)


def books() -> dict[str, list[dict[str, Any]]]:
    """Return all that the provider has written down."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in BOOKS}


@WRITES
def test_the_same_key_gets_the_same_answer_and_nothing_happens_again(staged: Callable[[], Call]) -> None:
    call, key = staged(), key_of("once")
    first, after = call(key), books()

    assert call(key) == first
    assert books() == after


@WRITES
def test_callers_at_once_with_one_key_get_one_answer_and_one_effect(staged: Callable[[], Call]) -> None:
    call, key = staged(), key_of("once")
    before = {name: len(rows) for name, rows in books().items()}
    answers = at_once([lambda: call(key)] * TWINS)
    grown = {name: len(rows) - before[name] for name, rows in books().items()}

    assert answers == [answers[0]] * TWINS
    assert not isinstance(answers[0], Exception)
    assert max(grown.values()) == grown["FakeAnswer"] == 1


def test_callers_at_once_with_a_key_each_take_the_money_once() -> None:
    reference = created()
    answers = at_once([lambda: FAKE.confirm(reference, token="", key=key_of("confirm"))] * TWINS)

    assert [isinstance(answer, Rejected) for answer in answers].count(False) == 1
    assert charge_of(reference).charges == 1


def test_a_later_answer_is_the_first_one_whatever_has_happened_since() -> None:
    wanted, key = order(), key_of("create")
    first = FAKE.create(wanted, key=key)
    FAKE.confirm(first.reference, token="", key=key_of("confirm"))

    assert FAKE.create(wanted, key=key) == first


def test_a_refusal_is_kept_under_its_key_too() -> None:
    reference, key = created(is_captured_later=True), key_of("capture")
    for _ in range(2):
        with pytest.raises(Rejected, match="payment_unexpected_state"):
            FAKE.capture(reference, amount=1, key=key)
        FAKE.confirm(reference, token="", key="the same")

    assert charge_of(reference).charges == 0


def test_a_key_of_another_request_is_refused_and_nothing_happens() -> None:
    reference, key = confirmed(is_captured_later=True).reference, key_of("capture")
    FAKE.capture(reference, amount=10_00, key=key)
    after = books()
    others: list[Callable[[], Payment]] = [
        lambda: FAKE.capture(reference, amount=10_01, key=key),
        lambda: FAKE.cancel(reference, key=key),
        lambda: FAKE.create(order(), key=key),
    ]
    for call in others:
        with pytest.raises(Rejected, match="key_reused"):
            call()

    assert books() == after


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Die when so many statements were executed, before the next."""
    count = 0

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count > statement and not connection.needs_rollback:
            raise Killed
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


@WRITES
def test_a_crash_between_any_two_statements_leaves_nothing_and_the_same_key_works_then(
    staged: Callable[[], Call],
) -> None:
    call, key = staged(), key_of("once")
    before = books()
    for statement in range(100):
        try:
            with killed_at(statement):
                answer = call(key)
        except Killed:
            assert books() == before
            continue
        assert call(key) == answer
        assert statement >= 2
        return
    raise AssertionError("it never came to its end")


def test_the_provider_is_not_asked_inside_a_transaction() -> None:
    payment = confirmed()
    for call in (to_create(), to_refund(), lambda _key: FAKE.retrieve(payment.reference)):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            call("key")
