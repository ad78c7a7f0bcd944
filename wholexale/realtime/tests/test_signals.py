"""What signals and the sweep do to sockets: in time, too late, or twice."""

import time
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
import pytest

from wholexale.common.realtime import (
    MemberLeft,
    Outgoing,
    PrincipalChanged,
    Push,
    TypingNoted,
    WatchEnded,
    user_group,
)
from wholexale.realtime.backend import Changes
from wholexale.realtime.tests.staging import (
    BUYER,
    GROUP,
    OUTSIDER,
    SELLER,
    Ear,
    Rows,
    join,
    open_ear,
    running_hub,
    settle,
)

NOW = datetime.now(UTC)


@pytest.fixture
def rows() -> Rows:
    return Rows(visible={BUYER: {SELLER}, SELLER: {BUYER}})


async def test_who_left_and_who_stays_watch_each_other_no_more(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        stays, leaves = open_ear(hub, rows, BUYER), open_ear(hub, rows, SELLER)
        join(stays, SELLER, OUTSIDER)
        join(leaves, BUYER, OUTSIDER)

        hub.announce(MemberLeft(group=GROUP, user_id=SELLER, seq=2))

        assert stays.connection.joined == {GROUP: (OUTSIDER,)}
        assert set(stays.connection.watching) == {OUTSIDER}
        assert (leaves.connection.joined, set(leaves.connection.watching)) == ({}, set())
        assert SELLER not in hub.watchers


async def test_a_watch_for_another_group_outlives_the_first(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        stays = open_ear(hub, rows, BUYER)
        join(stays, SELLER)
        stays.connection.watch([SELLER])

        hub.announce(MemberLeft(group=GROUP, user_id=SELLER, seq=2))

        assert stays.connection.watching == {SELLER: 1}
        assert stays.connection in hub.watchers[SELLER]


def name(ear: Ear, *user_ids: str) -> None:
    ear.connection.watch(user_ids)
    ear.connection.named = user_ids


async def test_watches_by_name_are_judged_again_on_both_sides(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        stays, leaves = open_ear(hub, rows, BUYER), open_ear(hub, rows, SELLER)
        name(stays, SELLER)
        name(leaves, BUYER, OUTSIDER)
        rows.visible = {SELLER: {OUTSIDER}}  # those two share another conversation

        hub.announce(MemberLeft(group=GROUP, user_id=SELLER, seq=2))
        await settle(hub)

        assert (stays.connection.named, set(stays.connection.watching)) == ((), set())
        assert (leaves.connection.named, set(leaves.connection.watching)) == ((OUTSIDER,), {OUTSIDER})


async def test_a_late_signal_does_not_expel_who_is_back(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        other, back = open_ear(hub, rows, BUYER), open_ear(hub, rows, SELLER)
        join(other, SELLER, seq=9)
        join(back, BUYER, seq=9)

        hub.announce(MemberLeft(group=GROUP, user_id=SELLER, seq=8))

        assert (back.connection.joined, other.connection.joined) == ({GROUP: (BUYER,)}, {GROUP: (SELLER,)})
        assert hub.streams[GROUP].members == {other.connection, back.connection}


@pytest.mark.parametrize(("snapshot", "stays"), [(7, False), (8, False), (9, True)])
async def test_a_signal_amid_a_join_is_weighed_against_the_snapshot(rows: Rows, snapshot: int, stays: bool) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, SELLER)
        hub.begin_join(ear.connection, GROUP)
        hub.announce(MemberLeft(group=GROUP, user_id=SELLER, seq=8))
        hub.enter(ear.connection, GROUP, others=(BUYER,), sees_from=0)
        hub.complete_join(ear.connection, GROUP, snapshot)

        assert (GROUP in ear.connection.joined, GROUP in hub.streams) == (stays, stays)


async def test_late_typing_is_not_shown(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, BUYER)
        join(ear, SELLER)
        note = TypingNoted(group=GROUP, user_id=SELLER, user_name="Samir", started=True)
        hub.announce(msgspec.structs.replace(note, at=time.time() - 20))
        assert hub.typing.typists(GROUP) == []

        hub.announce(note)
        assert hub.typing.typists(GROUP) == [SELLER]


async def test_a_block_ends_every_kind_of_watch(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, BUYER)
        join(ear, SELLER, OUTSIDER)
        name(ear, SELLER)

        hub.announce(WatchEnded(user_id=BUYER, watched_id=SELLER))

        assert ear.connection.watching == {OUTSIDER: 1}
        assert (ear.connection.named, ear.connection.joined) == ((), {GROUP: (OUTSIDER,)})


async def test_the_sweep_finds_blocks_on_both_sides(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        one, two = open_ear(hub, rows, BUYER), open_ear(hub, rows, SELLER)
        join(one, SELLER)
        join(two, BUYER)
        rows.changes = Changes(apart=[(SELLER, BUYER)])

        await hub.sweep.once(NOW)

        assert (set(one.connection.watching), set(two.connection.watching)) == (set(), set())


async def test_the_sweep_finds_who_left_a_group_that_has_no_stream_here(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, SELLER)
        join(ear, BUYER, seq=3)
        del hub.streams[GROUP]
        rows.changes = Changes(left=[(GROUP, SELLER, 3)])

        await hub.sweep.once(NOW)

        assert ear.connection.joined == {}


async def test_the_sweep_finds_a_changed_privacy(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        watcher, hides = open_ear(hub, rows, BUYER), open_ear(hub, rows, SELLER)
        await settle(hub)
        join(watcher, SELLER)
        await hub.online.describe({SELLER: None})
        session = hides.connection.actor.session_id
        rows.principals[session] = msgspec.structs.replace(rows.principals[session], shows_presence=False)
        rows.changes = Changes(changed=[OUTSIDER, SELLER])

        await hub.sweep.once(NOW)
        await settle(hub)

        assert not hides.connection.actor.shows_presence
        assert watcher.statuses() == ["offline"]


async def test_a_socket_of_an_account_that_no_longer_works_is_closed(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, BUYER)
        rows.principals.clear()

        hub.announce(PrincipalChanged(user_id=BUYER))
        await settle(hub)

        assert ear.connection.close_reason == (4401, "the session has ended")


class Said(Push):
    """Something that is pushed."""

    event: ClassVar[str] = "test:said"
    what: object


async def test_a_push_that_cannot_be_encoded_takes_no_other_with_it(rows: Rows) -> None:
    async with running_hub(rows) as hub:
        ear = open_ear(hub, rows, BUYER)
        pushes = [Said(what="before"), Said(what=object()), Said(what="after")]

        hub.publish([Outgoing(push=push, to=(user_group(BUYER),)) for push in pushes])
        await settle(hub)

        assert [frame["data"]["what"] for frame in ear.frames] == ["before", "after"]
