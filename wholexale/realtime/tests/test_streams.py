"""The order of a group's log, against a model of what each socket must see."""

from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from wholexale.realtime.framing import Frame
from wholexale.realtime.streams import Delivery, Stream


class Ear:
    """A socket that notes what it was sent."""

    def __init__(self, user_id: str = "listener") -> None:
        self.user_id = user_id
        self.heard: list[int] = []
        self.sees_from: dict[str, int] = {}

    def write(self, frame: Frame) -> None:
        self.heard.append(int(frame.payload))


def entry(seq: int, **more: Any) -> Delivery:
    return Delivery(frame=Frame(str(seq).encode()), seq=seq, **more)


def stream_with(ear: Ear, *, head: int = 0) -> Stream:
    stream = Stream("c:1", lambda _stream: None)
    stream.begin(ear)  # type: ignore[arg-type] # an ear is socket enough
    stream.complete(ear, head)  # type: ignore[arg-type]
    return stream


def test_entries_arrive_in_order_whatever_order_they_come_in() -> None:
    ear = Ear()
    stream = stream_with(ear)

    for seq in (2, 3, 1, 3, 5, 4):
        stream.deliver(entry(seq))

    assert ear.heard == [1, 2, 3, 4, 5]


def test_a_gap_is_reported_and_what_follows_waits() -> None:
    gaps: list[Stream] = []
    ear = Ear()
    stream = stream_with(ear)
    stream.on_gap = gaps.append

    stream.deliver(entry(2))

    assert (ear.heard, gaps) == ([], [stream])


def test_an_entry_that_arrives_while_joining_is_kept_and_not_repeated() -> None:
    early, late = Ear(), Ear()
    stream = stream_with(early)
    stream.begin(late)  # type: ignore[arg-type]

    stream.deliver(entry(1))
    stream.deliver(entry(2))
    stream.complete(late, 1)  # type: ignore[arg-type] # the snapshot held the first
    stream.deliver(entry(3))

    assert (early.heard, late.heard) == ([1, 2, 3], [2, 3])


def test_a_snapshot_newer_than_the_stream_is_not_sent_again() -> None:
    early, late = Ear(), Ear()
    stream = stream_with(early)
    stream.begin(late)  # type: ignore[arg-type]
    stream.complete(late, 2)  # type: ignore[arg-type]

    for seq in (1, 2, 3):
        stream.deliver(entry(seq))

    assert (early.heard, late.heard) == ([1, 2, 3], [3])


def test_an_entry_before_the_first_join_completes_waits_for_it() -> None:
    ear = Ear()
    stream = Stream("c:1", lambda _stream: None)
    stream.begin(ear)  # type: ignore[arg-type]

    stream.deliver(entry(6))
    stream.deliver(entry(5))
    stream.complete(ear, 4)  # type: ignore[arg-type]

    assert ear.heard == [5, 6]


def test_the_owner_gets_the_own_frame_and_the_skipped_nothing() -> None:
    owner, other, skipped = Ear("owner"), Ear("other"), Ear("skipped")
    stream = stream_with(owner)
    for ear in (other, skipped):
        stream.begin(ear)  # type: ignore[arg-type]
        stream.complete(ear, 0)  # type: ignore[arg-type]

    stream.deliver(entry(1, owner="owner", own=Frame(b"100"), skip="skipped"))

    assert (owner.heard, other.heard, skipped.heard) == ([100], [1], [])


def test_who_does_not_see_an_older_entry_gets_the_redacted_frame() -> None:
    everything, quoteless, textless = Ear(), Ear(), Ear()
    stream = stream_with(everything)
    for ear, sees_from in ((quoteless, 4), (textless, 9)):
        ear.sees_from[stream.group] = sees_from
        stream.begin(ear)  # type: ignore[arg-type]
        stream.complete(ear, 0)  # type: ignore[arg-type]

    stream.deliver(entry(1, redacted=((8, Frame(b"8")), (3, Frame(b"3")))))

    assert (everything.heard, quoteless.heard, textless.heard) == ([1], [3], [8])


class StreamMachine(RuleBasedStateMachine):
    """Writers commit 1, 2, 3, ...; pushes arrive in any order, some never; sockets join, leave and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.committed = 0
        self.in_flight: list[int] = []
        self.stream = Stream("c:1", lambda _stream: None)
        self.ears: dict[Ear, int | None] = {}
        self.snapshots: dict[Ear, int] = {}

    @rule()
    def commit(self) -> None:
        self.committed += 1
        self.in_flight.append(self.committed)

    @rule(data=st.data(), lost=st.booleans())
    def arrive(self, data: st.DataObject, lost: bool) -> None:
        if self.in_flight:
            seq = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
            if not lost:
                self.stream.deliver(entry(seq))

    @rule()
    def begin_join(self) -> None:
        ear = Ear()
        self.stream.begin(ear)  # type: ignore[arg-type]
        self.snapshots[ear] = self.committed

    @rule(data=st.data())
    def complete_join(self, data: st.DataObject) -> None:
        if self.snapshots:
            ear = data.draw(st.sampled_from(list(self.snapshots)))
            seq = self.snapshots.pop(ear)
            self.ears[ear] = seq
            self.stream.complete(ear, seq)  # type: ignore[arg-type]

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        if self.ears:
            ear = data.draw(st.sampled_from(list(self.ears)))
            del self.ears[ear]
            self.stream.remove(ear)  # type: ignore[arg-type]
            if self.stream.is_empty:
                self.stream = Stream("c:1", lambda _stream: None)

    @rule()
    def fill(self) -> None:
        """The sweep reads the log from the head on."""
        if self.stream.head is not None:
            for seq in range(self.stream.head + 1, self.committed + 1):
                self.stream.deliver(entry(seq))

    @invariant()
    def every_socket_hears_a_contiguous_run_from_its_snapshot_on(self) -> None:
        for ear, start in self.ears.items():
            assert start is not None
            assert ear.heard == list(range(start + 1, start + 1 + len(ear.heard)))

    def teardown(self) -> None:
        self.fill()
        for ear, start in self.ears.items():
            assert start is not None
            assert ear.heard == list(range(start + 1, self.committed + 1))


TestStreamMachine = StreamMachine.TestCase
TestStreamMachine.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
