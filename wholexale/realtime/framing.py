"""Native framing: JSON text frames, encoded once and framed once for all their receivers."""

from collections.abc import Sequence
from typing import Any

import msgspec

from wholexale.common import wire
from wholexale.common.errors import DomainError, FieldError, ValidationFailed
from wholexale.common.realtime import Push

MAX_FRAME_BYTES = 65_536

FrameId = int | str | None

_SHORT = 126
_TWO_BYTES = 65_536


class ClientFrame(msgspec.Struct, frozen=True):
    """A frame from a client; `data` stays encoded until its command is known."""

    event: str
    data: msgspec.Raw = msgspec.Raw(b"{}")
    id: FrameId = None


class ErrorData(wire.Wire, kw_only=True):
    """A refusal as sockets see it."""

    code: str
    message: str
    details: Sequence[FieldError] = ()
    retry_after_ms: int | None = None


class ErrorFrameData(ErrorData, kw_only=True):
    """A refusal of a frame that had no id."""

    event: str | None


class BadFrame(ValidationFailed):
    """The frame is no JSON object with an `event`."""

    default_code = "BAD_FRAME"
    default_detail = "Send a JSON object with `event`, `data` and an optional `id`."


class Frame:
    """A text frame: its payload, and the bytes of an unmasked, uncompressed server frame (RFC 6455, 5.2)."""

    __slots__ = ("payload", "wire")

    def __init__(self, payload: bytes) -> None:
        """Frame a payload."""
        size = len(payload)
        if size < _SHORT:
            header = bytes((0x81, size))
        elif size < _TWO_BYTES:
            header = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            header = b"\x81\x7f" + size.to_bytes(8, "big")
        self.payload = payload
        self.wire = header + payload


def decode(text: str) -> ClientFrame:
    """Decode a client's frame.

    Raises:
        BadFrame: for anything but an object with a textual `event`.
    """
    try:
        frame = msgspec.json.decode(text, type=ClientFrame)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise BadFrame from None
    if isinstance(frame.id, str) and "\x00" in frame.id:
        raise BadFrame
    return frame


def push_payload(push: Push) -> bytes:
    """Encode a push."""
    return b'{"event":"%b","data":%b}' % (push.event.encode(), wire.encode(push))


def push_frame(push: Push) -> Frame:
    """Encode and frame a push."""
    return Frame(push_payload(push))


def ack_frame(frame_id: FrameId, data: Any) -> Frame:
    """Answer a frame that asked for it."""
    return Frame(
        b'{"event":"ack","id":%b,"data":{"success":true,"data":%b}}' % (wire.encode(frame_id), wire.encode(data))
    )


def refusal_frame(event: str | None, frame_id: FrameId, error: DomainError) -> Frame:
    """Refuse a frame: as its ack where it has an id, else as an `error` event."""
    retry = None if error.retry_after is None else max(1, round(error.retry_after * 1000))
    if frame_id is None:
        data = ErrorFrameData(
            event=event, code=error.code, message=error.detail, details=error.details, retry_after_ms=retry
        )
        return Frame(b'{"event":"error","data":%b}' % wire.encode(data))
    body = ErrorData(code=error.code, message=error.detail, details=error.details, retry_after_ms=retry)
    return Frame(
        b'{"event":"ack","id":%b,"data":{"success":false,"error":%b}}' % (wire.encode(frame_id), wire.encode(body))
    )
