"""The server: the apps and the engine put together.

HTTP goes through one semaphore to Django, which runs each request whole in one thread; `/ws/` goes to the gateway.
"""

from datetime import datetime
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path, re_path

from accounts import selectors as accounts_selectors, services as accounts_services
from chat import consumers as chat_consumers, selectors as chat_selectors
from offers import consumers as offers_consumers
from wholexale.common.ids import new_id
from wholexale.http import Http
from wholexale.lifespan import Background, Engine, Lifespan
from wholexale.realtime import commands as engine_commands
from wholexale.realtime.backend import Backend, Changes, Limits
from wholexale.realtime.bus import Bus, LayerBus, LocalBus
from wholexale.realtime.gateway import Gateway, refuse_path
from wholexale.realtime.hub import Hub
from wholexale.realtime.leases import RedisStore
from wholexale.realtime.presence import LocalStore, Store
from wholexale.realtime.registry import Registry
from wholexale.work import build_runner

SWEEP_SECONDS_SHARED = 5.0
SWEEP_SECONDS_LOCAL = 1.0


def account_changes(since: datetime) -> Changes:
    """Return the sessions that have ended, and whose account or privacy has changed."""
    return Changes(
        ended=accounts_selectors.sessions_ended_since(since), changed=accounts_selectors.users_changed_since(since)
    )


def conversation_changes(since: datetime) -> Changes:
    """Return the conversations that have grown, who has left one, and who has blocked whom."""
    return Changes(
        heads=chat_selectors.changes_since(since),
        left=chat_selectors.members_left_since(since),
        apart=chat_selectors.blocks_since(since),
    )


def build_hub() -> Hub:
    """Build the hub of a process; with `REDIS_URL` it hears the hubs of the others."""
    node = new_id().hex
    bus: Bus = LocalBus()
    presence: Store = LocalStore()
    if settings.REDIS_URL:
        bus = LayerBus(node=node)
        presence = RedisStore(settings.REDIS_URL, node=node, prefix=settings.REDIS_PREFIX)
    return Hub(
        backend=Backend(
            authenticate=accounts_selectors.authenticate_tokens,
            principals=accounts_selectors.principals,
            log_after=chat_selectors.log_after,
            changes=(account_changes, conversation_changes),
            visible_presence=chat_selectors.visible_presence,
            note_last_seen=accounts_services.note_last_seen,
        ),
        bus=bus,
        presence=presence,
        limits=Limits(
            frames_per_second=settings.SOCKET_FRAMES_PER_SECOND,
            sockets_per_user=settings.SOCKETS_PER_USER,
            sweep_interval=SWEEP_SECONDS_SHARED if settings.REDIS_URL else SWEEP_SECONDS_LOCAL,
        ),
    )


def build_engine() -> Engine | None:
    """Build what `WORK_RUNNER` names: a runner of the work, a way to Celery's workers, or nothing."""
    if settings.WORK_RUNNER == "celery":
        from wholexale.celery import build_publisher  # noqa: PLC0415 - needs a broker, and half a second to be imported

        return build_publisher()
    return build_runner() if settings.WORK_RUNNER == "on" else None


def build_application() -> ProtocolTypeRouter:
    """Build the application; every one has a hub of its own, and an engine of the work unless others run it."""
    hub = build_hub()
    background = Background(hub, build_engine())
    registry = Registry([*engine_commands.COMMANDS, *chat_consumers.COMMANDS, *offers_consumers.COMMANDS])
    gateway = Gateway(hub=hub, registry=registry, origins=settings.FRONTEND_URLS)

    async def serve_socket(scope: Any, receive: Any, send: Any) -> None:
        await background.start()
        await gateway(scope, receive, send)

    served: Any = serve_socket
    refuse: Any = refuse_path
    sockets: list[Any] = [path("ws/", served), path("ws", served), re_path("", refuse)]
    return ProtocolTypeRouter(
        {
            "http": Http(background),
            "websocket": URLRouter(sockets),
            "lifespan": Lifespan(background),
        }
    )
