"""The one place where a credit line changes: under the lock of its account, with a row that says who and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import User
from finance.events import CreditLineChanged
from finance.models import CreditLine, CreditLineChange, chart
from finance.selectors.credit import credit_line_not_found
from finance.services.announcing import announce_line
from finance.services.ledger import lock_account, open_accounts
from wholexale.common.events import publish
from wholexale.common.wire import wire_time

_DETAILS = ("rating", "risk_score", "payment_terms", "next_review_at")


def lock_line(line_id: UUID) -> CreditLine:
    """Lock a credit line by the balance of its account, which movements lock, and return it as it is under the lock.

    Raises:
        NotFound: `CREDIT_LINE_NOT_FOUND`.
    """
    account_id = CreditLine.objects.filter(id=line_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise credit_line_not_found()
    lock_account(account_id)
    return CreditLine.objects.select_related("account__balance").get(id=line_id)


def lock_line_of(*, business_id: UUID, currency: str) -> CreditLine:
    """Lock the credit line of a business; where there is none, return one that is not stored yet, of version 0.

    The account is opened where it is missing, because only what exists can be locked.
    """
    (account,) = open_accounts([chart.receivable(business_id, currency)])
    account = lock_account(account.id)
    known = CreditLine.objects.select_related("account__balance").filter(account=account).first()
    return known or CreditLine(business_id=business_id, currency=currency, account=account, limit_minor=0)


def needs_second_person(line: CreditLine, limit_minor: int) -> bool:
    """Return whether a limit is so high that two members of staff must agree.

    It is measured against the present limit, and against the last one that two agreed upon: many small increases by
    one person come to the same end as a large one.
    """
    agreed = CreditLineChange.objects.filter(line_id=line.id, approver__isnull=False).order_by("-number")
    last = agreed.values_list("new_limit_minor", flat=True).first() or 0
    return limit_minor - min(line.limit_minor, last) > settings.CREDIT_SECOND_APPROVAL.get(line.currency, 0)


def change_line(
    line: CreditLine, *, actor: User, reason: str, approver: User | None = None, **values: Any
) -> CreditLineChange:
    """Change a locked line, or store a new one; write down what changed, and tell who may know.

    Args:
        line: as it is under the lock.
        actor: who decided.
        reason: why.
        approver: the second person, where one was needed.
        values: new values by field of the line.
    """
    is_new = line.version == 0
    old_limit, old_status = line.limit_minor, "" if is_new else line.status
    details = {}
    for name, value in values.items():
        if name in _DETAILS and value != getattr(line, name):
            details[name] = [None if is_new else _plain(getattr(line, name)), _plain(value)]
        setattr(line, name, value)
    line.version += 1
    line.save(force_insert=is_new)
    change = CreditLineChange.objects.create(
        line=line,
        number=line.version,
        old_limit_minor=old_limit,
        new_limit_minor=line.limit_minor,
        old_status=old_status,
        new_status=line.status,
        actor=actor,
        approver=approver,
        reason=reason,
        details=details,
    )
    if (old_limit, old_status) != (line.limit_minor, line.status):
        announce_line(line, change)
        publish(_line_changed(line, change))
    return change


def _line_changed(line: CreditLine, change: CreditLineChange) -> CreditLineChanged:
    return CreditLineChanged(
        line_id=line.id,
        version=change.number,
        business_id=line.business_id,
        currency=line.currency,
        old_limit=change.old_limit_minor,
        new_limit=change.new_limit_minor,
        old_status=change.old_status,
        new_status=change.new_status,
        actor_id=change.actor_id,
    )


def _plain(value: object) -> object:
    return wire_time(value) if isinstance(value, datetime) else value
