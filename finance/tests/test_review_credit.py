"""Staff writes down how creditworthy a business is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from finance import services
from finance.models import CreditLine, CreditLineChange
from finance.tests.staging import every_row, lender, refused
from wholexale.common.ids import new_id
from wholexale.common.testing import SentItems
from wholexale.common.wire import wire_time

pytestmark = pytest.mark.django_db


def review(line: CreditLine, **fields: Any) -> CreditLine:
    asked: dict[str, Any] = {
        "actor": lender(),
        "line_id": line.id,
        "rating": "A",
        "risk_score": 20,
        "reason": "Audited",
    } | fields
    return services.review_credit(**asked)


def test_a_review_is_written_down_and_changes_neither_limit_nor_status(line: CreditLine, sent: SentItems) -> None:
    soon = timezone.now() + timedelta(days=90)
    began = timezone.now()

    with sent() as items:
        review(line, payment_terms="net_60", next_review_at=soon)

    after = CreditLine.objects.get()
    change = CreditLineChange.objects.get(number=2)
    assert (after.rating, after.risk_score, after.payment_terms, after.next_review_at) == ("A", 20, "net_60", soon)
    assert after.reviewed_at is not None
    assert after.reviewed_at >= began
    assert (after.limit_minor, after.status, after.version) == (line.limit_minor, "active", 2)
    assert (change.old_limit_minor, change.old_status) == (change.new_limit_minor, change.new_status)
    assert change.details == {
        "rating": ["B", "A"],
        "risk_score": [50, 20],
        "payment_terms": ["net_30", "net_60"],
        "next_review_at": [None, wire_time(soon)],
    }
    assert items == []


def test_terms_that_nobody_names_stay(line: CreditLine) -> None:
    review(line)

    assert CreditLine.objects.get().payment_terms == "net_30"
    assert "payment_terms" not in CreditLineChange.objects.get(number=2).details


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("VALIDATION_FAILED", {"rating": "E"}),
        ("VALIDATION_FAILED", {"risk_score": -1}),
        ("VALIDATION_FAILED", {"risk_score": 101}),
        ("VALIDATION_FAILED", {"payment_terms": "whenever"}),
        ("VALIDATION_FAILED", {"next_review_at": timezone.now() - timedelta(days=1)}),
        ("VALIDATION_FAILED", {"reason": ""}),
        ("CREDIT_LINE_NOT_FOUND", {"line_id": new_id()}),
    ],
)
def test_what_is_no_review_is_refused(line: CreditLine, code: str, fields: dict[str, Any]) -> None:
    with refused(code):
        review(line, **fields)


def test_only_staff_may(buyer: User, line: CreditLine) -> None:
    with refused("INSUFFICIENT_PERMISSIONS"):
        review(line, actor=buyer)


def test_a_review_that_is_rolled_back_was_never_made(line: CreditLine) -> None:
    before = every_row()

    with transaction.atomic():
        review(line)
        transaction.set_rollback(True)

    assert every_row() == before
