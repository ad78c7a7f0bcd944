"""Django's SMTP backend, which tells whether the server was given a mail, and comes to an end."""

import contextlib
import smtplib
import socket
import threading
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

DEADLINE_SECONDS = 15.0
"""For a whole conversation: the timeout begins anew with every byte."""


class Backend(EmailBackend):
    """One conversation with a mail server.

    `is_given` says whether the server was told to take a mail: what goes wrong before that was surely not sent.
    """

    deadline = DEADLINE_SECONDS

    def __init__(self, **options: Any) -> None:
        """Take Django's options."""
        super().__init__(**options)
        self.is_given = False
        self._line: socket.socket | None = None
        self._watch: threading.Timer | None = None

    @property
    def connection_class(self) -> Any:
        """Return smtplib's class, which notes its socket, and when it sends a mail."""
        backend, base = self, smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP

        class Noting(base):  # type: ignore[misc, valid-type] # which one it is depends on the settings
            def _get_socket(self, *where: Any) -> Any:
                backend._line = super()._get_socket(*where)
                return backend._line

            def data(self, msg: Any) -> Any:
                backend.is_given = True
                self.sock.settimeout(backend.deadline)  # servers look into a mail before they take it
                return super().data(msg)

        return Noting

    def open(self) -> bool | None:
        """Connect, and hang up when the whole conversation takes too long."""
        if self._watch is None:
            self._watch = threading.Timer(self.deadline, self._hang_up)
            self._watch.daemon = True
            self._watch.start()
        return super().open()

    def close(self) -> None:
        """Take leave."""
        try:
            super().close()
        finally:
            if self._watch is not None:
                self._watch.cancel()
                self._watch = None

    def _hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
