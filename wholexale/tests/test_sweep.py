"""What no push announced is found in the rows: the process that committed may have died before it could tell."""

import asyncio
import subprocess
import sys
from textwrap import dedent

import pytest

from wholexale.tests.live import ROOT, Person, Server

pytestmark = [pytest.mark.live, pytest.mark.any_server]

WITHIN = 7.0
"""Seconds: the sweep's five with Redis (one without), and a little."""


def elsewhere(server: Server, code: str) -> None:
    """Run code in a process of its own that has the stores but no sockets, and tells nobody."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", dedent(code)]
    run = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=server.stores.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr


async def test_a_message_that_was_only_stored_reaches_every_socket_in_order(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    async with buyer.socket() as one, seller.socket() as two:
        for socket in (one, two):
            await socket.call("chat:join", conversationId=conversation)
        code = f"""
            from uuid import UUID
            from chat.services import Draft, post_messages
            drafts = [
                Draft(conversation_id=UUID("{conversation}"), sender_id=UUID("{buyer.id}"), content=f"silent {{n}}")
                for n in range(3)
            ]
            post_messages(drafts)
        """
        await asyncio.to_thread(elsewhere, server, code)
        found = [await two.expect("chat:message", timeout=WITHIN) for _ in range(3)]
        loud = await one.call("chat:send", conversationId=conversation, content="loud")
        await two.expect("chat:message", seq=loud["seq"])

    assert [push["message"]["content"] for push in found] == ["silent 0", "silent 1", "silent 2"]
    assert [push["seq"] for push in two.seen("chat:message")] == list(range(found[0]["seq"], loud["seq"] + 1))


async def test_a_gap_is_filled_before_what_follows_is_delivered(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    async with buyer.socket() as one, seller.socket() as two:
        await two.call("chat:join", conversationId=conversation)
        code = f"""
            from uuid import UUID
            from chat.services import Draft, post_message
            sender = UUID("{buyer.id}")
            post_message(Draft(conversation_id=UUID("{conversation}"), sender_id=sender, content="silent"))
        """
        await asyncio.to_thread(elsewhere, server, code)
        await one.call("chat:send", conversationId=conversation, content="loud")
        contents = [(await two.expect("chat:message", timeout=WITHIN))["message"]["content"] for _ in range(2)]

    assert contents == ["silent", "loud"]


async def test_a_session_that_ended_elsewhere_loses_its_sockets(buyer: Person, server: Server) -> None:
    async with buyer.socket() as socket:
        code = f"""
            from accounts.models import Session
            from django.utils import timezone
            Session.objects.filter(id="{buyer.session_id}").update(ended_at=timezone.now(), end_reason="staff")
        """
        await asyncio.to_thread(elsewhere, server, code)

        assert await socket.closed(timeout=WITHIN) == 4401


async def test_a_member_removed_elsewhere_hears_no_more(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    async with buyer.socket() as stays, seller.socket() as removed:
        for socket in (stays, removed):
            await socket.call("chat:join", conversationId=conversation)
        code = f"""
            from chat.models import Participant
            from django.utils import timezone
            Participant.objects.filter(user_id="{seller.id}").update(left_at=timezone.now())
        """
        await asyncio.to_thread(elsewhere, server, code)
        await asyncio.sleep(WITHIN)
        await stays.call("chat:send", conversationId=conversation, content="alone")
        await stays.expect("chat:message")

    assert removed.seen("chat:message") == []


async def test_a_block_made_elsewhere_ends_the_sight_of_each_other(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    async with buyer.socket() as watcher:
        await watcher.call("chat:join", conversationId=conversation)
        code = f"""
            from chat.models import Block
            Block.objects.create(blocker_id="{seller.id}", blocked_id="{buyer.id}")
        """
        await asyncio.to_thread(elsewhere, server, code)
        await asyncio.sleep(WITHIN)
        async with seller.socket():
            await asyncio.sleep(0.5)

    assert watcher.seen("presence:update") == []


async def test_a_privacy_changed_elsewhere_is_heeded(
    buyer: Person, seller: Person, conversation: str, server: Server
) -> None:
    async with buyer.socket() as watcher, seller.socket():
        await watcher.call("chat:join", conversationId=conversation)
        code = f"""
            from accounts.models import User
            user = User.objects.get(id="{seller.id}")
            user.preferences["privacy"]["showOnlineStatus"] = False
            user.save()
        """
        await asyncio.to_thread(elsewhere, server, code)
        gone = await watcher.expect("presence:update", timeout=WITHIN, userId=seller.id)

    assert gone["status"] == "offline"
