"""Work that is due: links that reset passwords; and by the clock, what is forgotten."""

from datetime import datetime, timedelta

from accounts import services
from accounts.models import ResetRequest
from wholexale.common.work import Periodic, Work


def answer_reset_request(row: ResetRequest) -> None:
    """Have a link sent, where the address has an account."""
    services.answer_reset_request(request_id=row.id)


def prune_sessions(_due_at: datetime) -> None:
    """Forget the sessions of long ago."""
    services.prune_sessions()


def prune_tickets(_due_at: datetime) -> None:
    """Forget the tickets of long ago."""
    services.prune_tickets()


WORK = (Work(model=ResetRequest, run=answer_reset_request),)
PERIODIC = (
    Periodic(name="accounts.prune_sessions", every=timedelta(days=1), offset=timedelta(hours=21), run=prune_sessions),
    Periodic(name="accounts.prune_tickets", every=timedelta(days=1), offset=timedelta(hours=21), run=prune_tickets),
)
