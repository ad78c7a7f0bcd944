"""Whether the process lives, and whether it should be sent requests."""

import time
from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes, throttle_classes
from rest_framework.request import Request

from wholexale.common.api.body import json_response
from wholexale.common.wire import Wire, wire_time

_STARTED = time.monotonic()

State = Literal["up", "down", "disabled"]


class Health(Wire, kw_only=True):
    """The process answers; `uptime` in seconds. No dependency is touched."""

    status: str = "OK"
    timestamp: str
    uptime: float
    environment: str


class Readiness(Wire, kw_only=True):
    """Which parts that requests need do answer."""

    status: Literal["ready", "not_ready"]
    database: State
    migrations: State
    redis: State


@extend_schema(responses=Health, auth=[])
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
@throttle_classes([])
def health(_request: Request) -> HttpResponse:
    """Say that the process lives."""
    uptime = round(time.monotonic() - _STARTED, 3)
    now = wire_time(datetime.now(UTC))
    return json_response(Health(timestamp=now, uptime=uptime, environment=settings.ENVIRONMENT))


@extend_schema(responses={200: Readiness, 503: Readiness}, auth=[])
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
@throttle_classes([])
def ready(_request: HttpRequest) -> HttpResponse:
    """Say whether to send requests here: 200, or 503 with the part that is down."""
    database, migrations, redis = _database(), _migrations(), _redis()
    is_ready = "down" not in {database, migrations}  # losing Redis costs latency, not the service
    body = Readiness(status="ready" if is_ready else "not_ready", database=database, migrations=migrations, redis=redis)
    return json_response(body, 200 if is_ready else 503)


def _database() -> State:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "up"


def _migrations() -> State:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "down"
    return "down" if pending else "up"


def _redis() -> State:
    if not settings.REDIS_URL:
        return "disabled"
    try:
        cache.get("ready")
    except Exception:  # noqa: BLE001 - whatever the client raises, Redis did not answer
        return "down"
    return "up"
