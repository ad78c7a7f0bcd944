"""Show a live conversation: two real socket clients against the running server."""

import asyncio
import json
import time
from argparse import ArgumentParser
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from wholexale.management.commands.seed import PASSWORD
from wholexale.realtime.client import Socket, open_client

TIMEOUT_SECONDS = 20


@dataclass
class Speaker:
    """One side of the conversation."""

    name: str
    token: str
    user_id: str


class Command(BaseCommand):
    """Two people type, write, read, lose a connection and catch up, printed as it happens."""

    help = "Hold a conversation between two socket clients on the running server and print it as it happens."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the server's address and who talks."""
        host = "127.0.0.1" if settings.HOST == "0.0.0.0" else settings.HOST  # noqa: S104 - a comparison
        parser.add_argument("--url", default=f"http://{host}:{settings.PORT}")
        parser.add_argument("--buyer", default="buyer@example.com")
        parser.add_argument("--seller", default="seller@example.com")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the demonstration."""
        self.url: str = options["url"].rstrip("/")
        self.began = time.monotonic()
        buyer, seller = self._sign_in(options["buyer"]), self._sign_in(options["seller"])
        conversation = self._conversation(buyer, seller)
        asyncio.run(self._converse(buyer, seller, conversation))

    # --- REST --------------------------------------------------------------------------------------------------

    def _rest(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", method=method, data=data, headers=headers)  # noqa: S310 - http by option
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)
        except (URLError, OSError) as error:
            raise CommandError(f"no server answers at {self.url} ({error}); start one with `make run`") from None

    def _sign_in(self, email: str) -> Speaker:
        status, answer = self._rest("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
        if "user" not in answer:
            raise CommandError(f"{email} cannot sign in ({status} {answer.get('code')}); seed with `make seed`")
        user = answer["user"]
        self._say(user["firstName"], f"signs in as {email}")
        return Speaker(user["firstName"], answer["token"], user["id"])

    def _conversation(self, buyer: Speaker, seller: Speaker) -> str:
        body = {"participants": [{"user": seller.user_id}]}
        _, answer = self._rest("POST", "/api/chat/conversations", body, buyer.token)
        if "conversation" in answer:
            return str(answer["conversation"]["id"])
        if "conversationId" in answer:
            return str(answer["conversationId"])
        raise CommandError(f"no conversation: {answer}")

    # --- The conversation --------------------------------------------------------------------------------------

    async def _converse(self, buyer: Speaker, seller: Speaker, conversation: str) -> None:
        async with self._socket(buyer) as one:
            async with self._socket(seller) as two:
                await self._join(buyer, one, conversation)
                await self._join(seller, two, conversation)
                await self._exchange(buyer, one, seller, two, conversation, "Do you have 500 cotton kurtas?")
                last = await self._exchange(seller, two, buyer, one, conversation, "Yes, 85 rupees a piece.")
            self._say(seller.name, "loses the connection")
            for text in ("And for 1,000 pieces?", "I would pay at once."):
                await one.call("chat:send", conversationId=conversation, content=text)
                self._say(buyer.name, f"writes: {text}")
            async with self._socket(seller) as back:
                joined = await self._join(seller, back, conversation, lastSeq=last)
                for entry in joined["events"]:
                    message = entry["data"]["message"]
                    self._say(seller.name, f"catches up: #{message['seq']} {message['content']}")
                await back.call("chat:read", conversationId=conversation)
                read = await one.expect("chat:read", userId=seller.user_id, seq=joined["seq"])
                self._say(buyer.name, f"sees that {seller.name} has read everything up to #{read['seq']}")
                await self._exchange(seller, back, buyer, one, conversation, "Then 80. Deal?")

    def _socket(self, speaker: Speaker) -> "_SignedIn":
        return _SignedIn(f"{self.url.replace('http', 'ws', 1)}/ws/", speaker.token)

    async def _join(self, speaker: Speaker, socket: Socket, conversation: str, **position: int) -> Any:
        joined = await socket.call("chat:join", conversationId=conversation, **position)
        missed = f", {len(joined['events'])} missed" if position else ""
        self._say(speaker.name, f"joins at #{joined['seq']}{missed}")
        return joined

    async def _exchange(  # noqa: PLR0917 - two sides, and what is said
        self, writer: Speaker, out: Socket, reader: Speaker, into: Socket, conversation: str, text: str
    ) -> int:
        """Let one type and write, the other receive and read; return the place of the message."""
        await out.call("typing:start", conversationId=conversation)
        typing = await into.expect("typing:start", userId=writer.user_id)
        self._say(reader.name, f"sees that {typing['userName']} is typing ...")
        await asyncio.sleep(0.7)
        ack = await out.call("chat:send", conversationId=conversation, content=text)
        self._say(writer.name, f"writes: {text}   (stored as #{ack['seq']})")
        push = await into.expect("chat:message", seq=ack["seq"])
        self._say(reader.name, f"receives #{push['seq']}: {push['message']['content']}")
        await into.call("chat:delivered", conversationId=conversation, seq=ack["seq"])
        await out.expect("chat:delivered", userId=reader.user_id)
        self._say(writer.name, f"sees #{ack['seq']} delivered")
        await into.call("chat:read", conversationId=conversation, seq=ack["seq"])
        await out.expect("chat:read", userId=reader.user_id)
        self._say(writer.name, f"sees #{ack['seq']} read by {reader.name}")
        return int(ack["seq"])

    def _say(self, who: str, what: str) -> None:
        self.stdout.write(f"{time.monotonic() - self.began:6.2f}s  {who:<8} {what}")
        self.stdout.flush()


class _SignedIn:
    """A socket that has authenticated."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Socket:
        socket = await self._stack.enter_async_context(open_client(self._url))
        await socket.call("auth", token=self._token)
        return socket

    async def __aexit__(self, *_details: object) -> None:
        await self._stack.aclose()
