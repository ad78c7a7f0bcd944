"""Work that is due: holds whose time is over, what providers are asked, and the ledger's daily check."""

from datetime import datetime, timedelta

from finance import services
from finance.gateways.fake.webhooks import WORK as FAKE_WEBHOOKS
from finance.models import HoldExpiry, ProviderCall
from wholexale.common.errors import DomainError
from wholexale.common.work import Backoff, Later, Periodic, Work


def expire_hold(row: HoldExpiry) -> None:
    """End a hold; where its time has not come by the ledger's clock, come back."""
    try:
        services.expire_hold(hold_id=row.hold_id)
    except DomainError as refusal:
        if refusal.code != "HOLD_NOT_EXPIRED" or row.hold.timeout_at is None:
            raise
        raise Later(until=row.hold.timeout_at) from None


def call_provider(row: ProviderCall) -> None:
    """Ask a provider; what it answers takes effect."""
    services.make_call(call_id=row.id)


def verify_ledger(_due_at: datetime) -> None:
    """Check the whole ledger; what is found stands in a row, and in the log."""
    services.verify_ledger(actor=None)


WORK = (
    Work(model=HoldExpiry, run=expire_hold),
    # One at a time, as a provider may hang; a provider that is away for most of a day is asked until it is back. Keys
    # are good for a day.
    Work(
        model=ProviderCall,
        run=call_provider,
        batch=1,
        tries=200,
        backoff=Backoff(base=timedelta(seconds=2), cap=timedelta(minutes=10)),
    ),
    FAKE_WEBHOOKS,
)
PERIODIC = (
    Periodic(name="finance.verify_ledger", every=timedelta(days=1), offset=timedelta(hours=20), run=verify_ledger),
)
