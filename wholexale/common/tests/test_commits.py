"""What is done after a commit: each call is made, and one that fails is logged by its name."""

from collections.abc import Sequence

import pytest
from django.db import transaction

from wholexale.common.commits import after_commit
from wholexale.common.models import WorkRow
from wholexale.common.work import nudge_on_commit
from wholexale.common.work.nudges import listen, stop_listening

pytestmark = pytest.mark.django_db(transaction=True)


def fail() -> None:
    raise ZeroDivisionError


def hear_and_fail(_rows: Sequence[WorkRow]) -> None:
    raise ZeroDivisionError


def test_a_call_that_fails_is_logged_and_the_others_are_made(caplog: pytest.LogCaptureFixture) -> None:
    made: list[str] = []
    with transaction.atomic():
        after_commit(made.append, "before")
        after_commit(fail)
        after_commit(made.append, "after")
        assert made == []

    assert made == ["before", "after"]
    (record,) = caplog.records
    assert "Error calling fail in on_commit()" in record.message
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_call_that_fails_outside_of_a_transaction_is_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    after_commit(fail)

    assert "Error calling fail in on_commit()" in caplog.text


def test_a_call_is_forgotten_with_what_is_rolled_back() -> None:
    made: list[str] = []
    with transaction.atomic():
        after_commit(made.append, "never")
        transaction.set_rollback(True)

    assert made == []


def test_a_listener_that_fails_does_not_fail_what_has_committed(caplog: pytest.LogCaptureFixture) -> None:
    made: list[str] = []
    listen(hear_and_fail)
    try:
        with transaction.atomic():
            nudge_on_commit()
            after_commit(made.append, "after")
    finally:
        stop_listening(hear_and_fail)

    assert made == ["after"]
    assert "Error calling nudge in on_commit()" in caplog.text
