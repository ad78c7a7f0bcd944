"""One request as ASGI sees it, for tests without a server."""

import asyncio

from wholexale.http import Message, Receive, Scope


def scope_with(*headers: tuple[bytes, bytes], client: str = "192.0.2.1") -> Scope:
    """Return the scope of a request."""
    return {"type": "http", "method": "POST", "path": "/", "headers": list(headers), "client": (client, 1)}


def arriving(*parts: bytes) -> Receive:
    """Return a `receive` of a body in parts, and then silence."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    return receive


class Taken(list[Message]):
    """What an application has sent."""

    async def __call__(self, message: Message) -> None:
        """Take a message."""
        self.append(message)

    @property
    def body(self) -> bytes:
        """Return the whole body."""
        return b"".join(message.get("body", b"") for message in self)
