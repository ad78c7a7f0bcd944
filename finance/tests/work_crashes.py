"""Calls and rows of work that fail, or whose process dies, before a step; and others who take over what was left."""

import contextlib
from datetime import timedelta
from unittest import mock

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from finance import services, tasks
from finance.gateways.fake import webhooks
from finance.models import FakeWebhook, ProviderCall
from finance.tests.crashes import CRASHES, Fuse
from finance.tests.payment_staging import deliver
from finance.tests.racers import CONTEXT, Call, enter
from wholexale.common.models import WorkRow
from wholexale.common.work import run_one

KILLED = -9
Task = Call | WorkRow


def fail_at(task: Task, at: int) -> bool:
    """Do something that fails before a step, counted from 0; return whether there was such a step."""
    fuse = Fuse(at)
    with fuse.lit(), contextlib.suppress(*CRASHES):
        _do(task)
    return fuse.count > at


def die_at(task: Task, at: int) -> bool:
    """Let a process of its own do something and die before a step; return whether there was such a step."""
    process = CONTEXT.Process(target=_die_at, args=(str(connection.settings_dict["NAME"]), task, at))
    process.start()
    process.join()
    was_killed = {0: False, KILLED: True}[process.exitcode or 0]
    process.close()
    return was_killed


def _die_at(database: str, task: Task, at: int) -> None:
    enter(database)
    connection.ensure_connection()
    arrive = mock.patch.object(webhooks, "post", deliver)
    with arrive, override_settings(ALLOWED_HOSTS=["testserver"]), Fuse(at, is_deadly=True).lit():
        _do(task)
    connection.close()


def _do(task: Task) -> None:
    """Call a service; or do what a worker does with a row that is due."""
    if isinstance(task, Call):
        getattr(services, task.verb)(**task.fields)
    else:
        run_one(next(work for work in tasks.WORK if isinstance(task, work.model)), task.pk)


def make_due(row: WorkRow) -> WorkRow:
    """Let the time of a row have come."""
    type(row)._default_manager.filter(pk=row.pk).update(run_at=timezone.now())
    return row


def end_leases() -> None:
    """Let every worker who is gone be known to be gone."""
    past = timezone.now() - timedelta(seconds=1)
    for model in (ProviderCall, FakeWebhook):
        model.objects.filter(state=WorkRow.State.LEASED).update(lease_until=past)
