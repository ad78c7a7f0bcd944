"""Work that is due: holds whose time is over, and the ledger's daily check."""

from datetime import datetime, timedelta

from finance import services
from finance.models import HoldExpiry
from wholexale.common.errors import DomainError
from wholexale.common.work import Later, Periodic, Work


def expire_hold(row: HoldExpiry) -> None:
    """End a hold; where its time has not come by the ledger's clock, come back."""
    try:
        services.expire_hold(hold_id=row.hold_id)
    except DomainError as refusal:
        if refusal.code != "HOLD_NOT_EXPIRED" or row.hold.timeout_at is None:
            raise
        raise Later(until=row.hold.timeout_at) from None


def verify_ledger(_due_at: datetime) -> None:
    """Check the whole ledger; what is found stands in a row, and in the log."""
    services.verify_ledger(actor=None)


WORK = (Work(model=HoldExpiry, run=expire_hold),)
PERIODIC = (
    Periodic(name="finance.verify_ledger", every=timedelta(days=1), offset=timedelta(hours=20), run=verify_ledger),
)
