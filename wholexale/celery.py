"""Celery: the engine of the work where there is a broker.

Rows are the truth, a message is a hint: "run this row", or "look what is due". To lose one costs time only. A commit
has its row run at once, beat asks every second for what came due by itself, and each process of a worker looks for what
nobody has run, without being asked: work goes on without beat, and without the broker.

    python -m celery -A wholexale worker
    python -m celery -A wholexale beat
"""

import logging
import os
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import django
from celery import Celery, signals
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wholexale.settings")
if not apps.ready:  # a server is set up already
    django.setup(set_prefix=False)

# The apps can be imported only after the set-up.
from wholexale import work
from wholexale.common.work import Publisher
from wholexale.common.work.outcomes import describe
from wholexale.realtime.outlet import Outlet

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
HINT_EXPIRES = 30
"""Seconds after which nobody needs a message any more: sweeps have found what it is about."""

SOFT_LIMIT = timedelta(minutes=15)
"""How long a row may run; then its try has failed."""

HARD_LIMIT = SOFT_LIMIT + timedelta(minutes=1)
STOP_SECONDS = 5.0
"""How long the end of a process of the pool waits for the row that its stand-in runs."""

if not settings.REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL: Celery needs it; without it servers and `manage.py work` run what is due")

# Without the fix-ups for Django: after every task they would close the pool of connections that threads beside it use.
app = Celery("wholexale", fixups=[])
app.conf.update(
    broker_url=settings.REDIS_URL.replace("unix://", "redis+socket://", 1),
    broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if settings.REDIS_URL.startswith("rediss://") else False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever
    broker_transport_options={
        "global_keyprefix": f"{settings.REDIS_PREFIX}:celery:",
        "socket_connect_timeout": 1,
        "socket_timeout": 2,  # longer than the second for which a worker waits for messages
        "health_check_interval": 5,
        # A message whose worker died is given to another one after two minutes, and not an hour. By then a sweep has
        # run its row. No message waits for a later time, so none is given out twice for having waited.
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1},
    task_default_queue="work",
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=SOFT_LIMIT.total_seconds(),
    task_time_limit=HARD_LIMIT.total_seconds(),
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=1000,
    worker_soft_shutdown_timeout=20,
    worker_enable_remote_control=False,
    worker_redirect_stdouts=False,
    beat_scheduler="celery.beat:Scheduler",  # in memory: what has run is in the rows
    beat_schedule={
        "sweep": {"task": "wholexale.celery.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": HINT_EXPIRES}}
    },
)


@contextmanager
def borrowed_connections() -> Iterator[None]:
    """Give the connections back at the end. A database that does not answer is no error of the task: the rows wait."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        logger.warning("the work waits: %s", describe(error))
    finally:
        with suppress(DatabaseError, InterfaceError):
            connections.close_all()


@app.task
def run_row(label: str, row_id: str) -> None:
    """Run one row of a model, if it is due and nobody else has it."""
    with borrowed_connections():
        work.run_one(label, UUID(row_id))


@app.task
def sweep() -> None:
    """Run what is due for a while, then let another process go on with the rest."""
    is_all = True
    with borrowed_connections():
        is_all = work.sweep()
    if not is_all:
        sweep.apply_async(expires=HINT_EXPIRES)


def build_publisher() -> Publisher:
    """Return what has rows run at once that a commit of this process makes due."""
    return Publisher(lambda label, row_id: run_row.apply_async((label, row_id), expires=HINT_EXPIRES))


_beside = ExitStack()


@signals.worker_process_init.connect
def start_beside(**_more: Any) -> None:
    """Give a process of the pool its ways to sockets and to other workers, and eyes of its own."""
    outlet, publisher, stand_in = Outlet(), build_publisher(), work.build_stand_in()
    outlet.start()
    _beside.callback(outlet.stop)
    publisher.start()
    _beside.callback(publisher.stop, 1.0)
    stand_in.start()
    _beside.callback(stand_in.stop, STOP_SECONDS)


@signals.worker_process_shutdown.connect
def stop_beside(**_more: Any) -> None:
    """End what runs beside, the work first: it may still push."""
    _beside.close()


@signals.setup_logging.connect
def keep_logging(**_more: Any) -> None:
    """Leave logging as the settings have it, without a line for every message."""
    for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)
