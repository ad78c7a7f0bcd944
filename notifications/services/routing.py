"""Whether, when and why a notification goes out on a channel: a pure function of values.

Whoever says no wins: a channel is used where nobody has switched off the channel, the kind and the type. What is
forced asks nobody, but still needs an address that works.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from notifications.models import Channel, Reason, Status
from notifications.selectors import Person
from notifications.types import Link, NoticeType

DAY_MINUTES = 1440
DIGEST_HOUR = 9
"""When a day of digests ends, in the person's zone."""

_NOT_THERE = {Reason.NO_ADDRESS, Reason.NOT_VERIFIED, Reason.SUPPRESSED, Reason.NOT_OFFERED}
"""Why somebody cannot be reached on a channel that they want: the next one takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How far a notification comes on a channel now: `pending` goes out at `run_at`, `held` later, others not at all.

    `window_start` begins the window of the digest that it waits for.
    """

    status: Status
    reason: str = ""
    detail: str = ""
    run_at: datetime | None = None
    window_start: datetime | None = None

    @property
    def goes_out(self) -> bool:
        """Return whether there will be something to do."""
        return self.status in {Status.PENDING, Status.HELD}


class Way(NamedTuple):
    """A channel, and what was decided about it."""

    channel: Channel
    decision: Decision


def first_ways(kind: NoticeType, person: Person, now: datetime) -> list[Way]:
    """Decide about the app, the channels that wait for no other, and a chain up to the first that goes out."""
    at_once = [Way(channel, decide(kind, person, channel, now)) for channel in (Channel.IN_APP, *kind.at_once)]
    return [*at_once, *_along(kind, person, kind.chain, now)]


def next_ways(kind: NoticeType, person: Person, now: datetime, *, after: Channel, has_arrived: bool) -> list[Way]:
    """Decide how a chain goes on after one of its channels.

    Where that has arrived, the next one waits whether the notification is read; where not, it goes out at once.
    """
    channels = [link.channel for link in kind.chain]
    rest = kind.chain[channels.index(after) + 1 :] if after in channels else ()
    if not rest:
        return []
    if not has_arrived:
        return list(_along(kind, person, rest, now))
    if (waits := rest[0].waits) is None:
        return []
    ways = list(_along(kind, person, rest, now))
    channel, decision = ways[-1]
    if decision.goes_out:
        waiting = Decision(status=Status.HELD, reason=Reason.UNREAD, run_at=now + waits)
        ways[-1] = Way(channel, waiting)
    return ways


def is_missing(reason: str) -> bool:
    """Return whether a reason says that somebody cannot be reached on a channel, whatever they want."""
    return reason in _NOT_THERE


def _along(kind: NoticeType, person: Person, links: Sequence[Link], now: datetime) -> Iterator[Way]:
    """Yield what is decided along a chain, up to the first channel that goes out.

    What somebody does not want is replaced by nothing that only follows a failure.
    """
    is_refused = False
    for link in links:
        if link.waits is None and is_refused:
            return
        decision = decide(kind, person, link.channel, now)
        yield Way(link.channel, decision)
        if decision.goes_out:
            return
        is_refused = not is_missing(decision.reason)


def decide(kind: NoticeType, person: Person, channel: Channel, now: datetime, *, gathers: bool = True) -> Decision:
    """Decide about one channel; without `gathers` no digest is waited for, because one has just been."""
    if channel == Channel.IN_APP:
        return _in_app(kind, person)
    is_forced = channel in kind.forced
    refusal = _wish(kind, person, channel, is_forced=is_forced) or _obstacle(kind, person, channel)
    if refusal is not None:
        return refusal
    if kind.waits and (wait := _wait(person, channel, now, gathers=gathers and kind.gathers)) is not None:
        return wait
    return Decision(status=Status.PENDING, reason=Reason.FORCED if is_forced else "", run_at=now)


def quiet_until(person: Person, now: datetime) -> datetime | None:
    """Return when the quiet hours end that somebody is in; None outside of them."""
    if person.quiet is None or person.quiet[0] == person.quiet[1]:
        return None
    start, end = person.quiet
    local = now.astimezone(person.zone)
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=int(clock >= end))
    return datetime.combine(day, end, tzinfo=person.zone).astimezone(UTC)


def digest_window(person: Person, now: datetime) -> tuple[datetime, datetime]:
    """Return when the window of digests that somebody is in began, and when it ends."""
    if person.digest_minutes < DAY_MINUTES:
        length = timedelta(minutes=person.digest_minutes)
        start = now - (now - datetime.fromtimestamp(0, UTC)) % length
        return start, start + length
    local = now.astimezone(person.zone)
    morning = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    start = morning if local >= morning else morning - timedelta(days=1)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def _in_app(kind: NoticeType, person: Person) -> Decision:
    if Channel.IN_APP in kind.forced:
        return Decision(status=Status.DELIVERED, reason=Reason.FORCED)
    if not person.is_in_app_on:
        return Decision(status=Status.SKIPPED, reason=Reason.CHANNEL_OFF)
    if not person.preferences.get((kind.type, Channel.IN_APP), True):
        return Decision(status=Status.SKIPPED, reason=Reason.PREFERENCE_OFF)
    return Decision(status=Status.DELIVERED)


def _wish(kind: NoticeType, person: Person, channel: Channel, *, is_forced: bool) -> Decision | None:
    """Return why somebody does not want it, or None where they do, or are not asked."""
    if kind.takes_unverified and not is_forced:
        return Decision(status=Status.SKIPPED, reason=Reason.NOT_FOR_TYPE)
    if is_forced:
        return None
    said = person.preferences.get((kind.type, channel))
    refusals = {
        Reason.ALL_OFF: not person.is_on,
        Reason.CHANNEL_OFF: not person.switches.get(channel, True),
        Reason.KIND_OFF: bool(kind.switch) and not person.switches.get(kind.switch, True),
        Reason.PREFERENCE_OFF: said is False,
        Reason.NOT_FOR_TYPE: said is None and channel not in kind.channels,
    }
    reason = next((reason for reason, applies in refusals.items() if applies), None)
    return None if reason is None else Decision(status=Status.SKIPPED, reason=reason)


def _obstacle(kind: NoticeType, person: Person, channel: Channel) -> Decision | None:
    """Return why somebody cannot be reached on a channel, or None where they can."""
    if not person.is_active:
        return Decision(status=Status.SKIPPED, reason=Reason.ACCOUNT_INACTIVE)
    if not person.addresses.get(channel):
        return Decision(status=Status.SKIPPED, reason=Reason.NO_ADDRESS)
    if channel not in person.verified and not kind.takes_unverified:
        return Decision(status=Status.SKIPPED, reason=Reason.NOT_VERIFIED)
    if why := person.suppressed.get(channel):
        return Decision(status=Status.SUPPRESSED, reason=Reason.SUPPRESSED, detail=why)
    return None


def _wait(person: Person, channel: Channel, now: datetime, *, gathers: bool) -> Decision | None:
    """Return until when it has to wait, or None where it goes out at once."""
    if gathers and channel == Channel.EMAIL and person.digest_minutes:
        start, end = digest_window(person, now)
        due = quiet_until(person, end) or end
        return Decision(status=Status.HELD, reason=Reason.DIGEST, run_at=due, window_start=start)
    until = quiet_until(person, now)
    return None if until is None else Decision(status=Status.HELD, reason=Reason.QUIET_HOURS, run_at=until)
