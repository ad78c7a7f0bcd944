"""Serve: uvicorn with the engine's WebSocket protocol."""

from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from wholexale.realtime.framing import MAX_FRAME_BYTES

PING_SECONDS = 25.0  # Engine.IO's own numbers
PONG_SECONDS = 20.0
SHUTDOWN_SECONDS = 10


class Command(BaseCommand):
    """Serve REST, sockets and the admin on HOST:PORT with WORKERS processes."""

    help = "Serve REST, sockets and the admin on HOST:PORT."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address, and whether to restart on changed code."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=settings.WORKERS)
        parser.add_argument("--reload", action="store_true", help="restart when the code changes")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until a signal ends it."""
        uvicorn.run(
            "wholexale.asgi:application",
            host=options["host"],
            port=options["port"],
            workers=None if options["reload"] else options["workers"],
            reload=options["reload"],
            loop="uvloop",
            http="httptools",
            ws="wholexale.realtime.direct:DirectWriteProtocol",
            ws_max_size=MAX_FRAME_BYTES,
            ws_per_message_deflate=False,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PONG_SECONDS,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
