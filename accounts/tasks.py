"""Work by the clock."""

from datetime import datetime, timedelta

from accounts import services
from wholexale.common.work import Periodic


def prune_sessions(_due_at: datetime) -> None:
    """Forget the sessions of long ago."""
    services.prune_sessions()


PERIODIC = (
    Periodic(name="accounts.prune_sessions", every=timedelta(days=1), offset=timedelta(hours=21), run=prune_sessions),
)
