"""A uvicorn WebSocket protocol that lets the hub write prebuilt frames straight to the transport.

With compression off a server's frame is the same bytes for every receiver, so it is built once. The ASGI scope
offers the writer as the extension `wholexale.direct`; on any other server the engine falls back to ASGI's `send`.
"""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request

EXTENSION: Final = "wholexale.direct"
ABORT_AFTER_SECONDS: Final = 10.0
MAX_UNREAD_BYTES: Final = 16 * 1_048_576


class DirectWriteProtocol(WebSocketsSansIOProtocol):
    """uvicorn's sans-I/O protocol, with a writer for whole frames."""

    def handle_connect(self, event: Request) -> None:
        """Offer the writer; the application's task starts in the next turn of the loop."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = self

    def send_receive_event_to_app(self) -> None:
        """Close a socket that sends bad UTF-8 with 1007; uvicorn would log a traceback for each such frame."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer a ping; give up on a peer that sends pings and reads no answer."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()

    def release_handshake(self) -> None:
        """Free what only the handshake needed; thousands of idle sockets would keep it."""
        self.request = None  # type: ignore[assignment] # not read after the handshake
        self.response = None  # type: ignore[assignment] # not read after the handshake
        self.scope = {}  # type: ignore[typeddict-item] # not read after the handshake

    def write_frame(self, frame: bytes) -> int:
        """Write one frame; return how many bytes wait to be sent, or -1 where the socket is closing."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return -1
        self.transport.write(frame)
        return self.transport.get_write_buffer_size()

    def close_now(self, code: int, reason: str) -> None:
        """Close without waiting for the reader to take what is buffered; give up on it after 10 s."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        event: Any = {"type": "websocket.disconnect", "code": code, "reason": reason}
        self.queue.put_nowait(event)
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the reply must be read, and unread input would turn the end into a reset
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(ABORT_AFTER_SECONDS, self.transport.abort)
