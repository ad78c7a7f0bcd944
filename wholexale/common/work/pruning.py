"""Deleting what nobody needs any more, a few rows at a time."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils import timezone

from wholexale.common.models import WorkRow

M = TypeVar("M", bound=Model)

BATCH = 1000
KEEP_DONE = timedelta(days=14)


def delete_in_batches(rows: QuerySet[M], *, batch: int = BATCH) -> int:
    """Delete rows in transactions of `batch`, so that nobody waits long for a lock; return how many there were."""
    count = 0
    while ids := list(rows.values_list("pk", flat=True)[:batch]):
        count += rows.filter(pk__in=ids).delete()[0]
    return count


def prune_done(_due_at: datetime) -> None:
    """Delete the work of every kind that was done two weeks ago; dead rows stay until staff have seen them."""
    before = timezone.now() - KEEP_DONE
    for model in work_models():
        # Created before it was finished: that is what the index knows.
        done = model._default_manager.filter(state=WorkRow.State.DONE, created_at__lt=before, finished_at__lt=before)
        delete_in_batches(done)


def work_models() -> list[type[WorkRow]]:
    """Return every model whose rows are work."""
    return [model for model in apps.get_models() if issubclass(model, WorkRow)]
