"""Providers on this machine: they speak the real protocols, do what a test says, and remember what they were given."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings

from wholexale.tests.live import free_port


@dataclass
class MailServer:
    """A mail server: answers what the test says to a recipient and to a mail, and keeps what it took."""

    recipient: str = "250 OK"
    mail: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list)
    hangs_up_at_the_end: bool = False

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Take a mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if self.mail.startswith("250"):
            self.taken.append(message_from_bytes(content, policy=modern))
        if self.hangs_up_at_the_end and server.transport is not None:
            server.transport.close()
        return self.mail


@contextmanager
def mail_server(**answers: Any) -> Iterator[MailServer]:
    """Run a mail server, which the settings name, for as long as the block lasts."""
    state = MailServer(**answers)
    port = free_port()
    controller = Controller(state, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with mail_settings(port):
            yield state
    finally:
        controller.stop()


def mail_settings(port: int) -> override_settings:
    """Return settings that name a mail server of this machine."""
    return override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_USE_TLS=False, EMAIL_USE_SSL=False)


@contextmanager
def mute_mail_server(*words: bytes) -> Iterator[int]:
    """Run a server that takes connections, says these words, one after each line that it hears, and then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    is_over = threading.Event()

    def talk() -> None:
        lines: list[socket.socket] = []
        while not is_over.is_set():
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            lines.append(line)
            for index, word in enumerate(words):
                if index:
                    line.recv(4096)
                line.sendall(word)
        for line in lines:
            line.close()

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        is_over.set()
        thread.join()
        listener.close()


@dataclass(frozen=True)
class Request:
    """What a provider was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """An HTTP server: answers by path where the test says so, else always alike."""

    status: int = 200
    answer: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    by_path: dict[str, tuple[int, Any]] = field(default_factory=dict)
    is_silent: bool = False
    requests: list[Request] = field(default_factory=list)
    address: str = ""
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def request(self) -> Request:
        """Return the only request so far."""
        (request,) = self.requests
        return request

    def next_answer(self, path: str) -> tuple[int, Any]:
        """Return status and body: first those that are laid out, one by one."""
        if path in self.by_path:
            return self.by_path[path]
        return self.answers.pop(0) if self.answers else (self.status, self.answer)


@contextmanager
def web_server(**answers: Any) -> Iterator[WebServer]:
    """Run an HTTP server for as long as the block lasts."""
    state = WebServer(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.requests.append(Request(self.command, self.path, headers, body))
            if state.is_silent:
                state.is_over.wait(10)
                return
            status, answer = state.next_answer(self.path)
            self.send_response(status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.is_over.set()
            server.shutdown()
            thread.join()
