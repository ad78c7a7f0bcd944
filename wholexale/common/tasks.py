"""The kernel's own work by the clock: deleting what nobody needs any more."""

from datetime import datetime, timedelta

from django.utils import timezone

from wholexale.common.models import IdempotencyKey
from wholexale.common.work import Periodic, delete_in_batches, prune_done

KEEP_KEYS = timedelta(hours=24)
"""How long an answer can be repeated."""


def prune_keys(_due_at: datetime) -> None:
    """Delete the answers that are too old to be repeated."""
    delete_in_batches(IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEEP_KEYS))


PERIODIC = (
    Periodic(name="common.prune_keys", every=timedelta(hours=1), run=prune_keys),
    Periodic(name="common.prune_work", every=timedelta(days=1), offset=timedelta(hours=21), run=prune_done),
)
