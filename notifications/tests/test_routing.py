"""Every decision: types x channels x preferences x quiet hours x verification, against rules said in another way."""

import itertools
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Channel, Reason, Status, Type
from notifications.selectors import Person
from notifications.services.routing import (
    Decision,
    decide,
    digest_window,
    first_ways,
    next_ways,
    quiet_until,
)
from notifications.types import TYPES, kind_of
from wholexale.common.ids import new_id

pytestmark = pytest.mark.once

DELHI = ZoneInfo("Asia/Kolkata")
NOON = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)  # 12:00 in Delhi
NIGHT = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)  # 23:30 in Delhi
MORNING = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)  # 08:00 in Delhi, the day after
QUIET = (time(22), time(8))

OUTER = (Channel.PUSH, Channel.EMAIL, Channel.SMS)
ADDRESSES = {Channel.PUSH: "listens", Channel.EMAIL: "a@example.com", Channel.SMS: "+919876543210"}
SWITCHED_BY = {
    **dict.fromkeys(
        [
            Type.OFFER_RECEIVED,
            Type.OFFER_RESPONSE,
            Type.OFFER_ACCEPTED,
            Type.OFFER_REJECTED,
            Type.OFFER_COUNTERED,
        ],
        "offers",
    ),
    **dict.fromkeys([Type.SYSTEM_UPDATE, Type.PROMOTION, Type.FEEDBACK_REQUEST], "system"),
    Type.CHAT_MESSAGE: "chat",
}
MAILED = {
    *(set(Type) - {Type.CREDIT_DEDUCTED, Type.PROMOTION, Type.FEEDBACK_REQUEST}),
}
PUSHED = MAILED - {Type.CREDIT_ADDED, Type.SYSTEM_UPDATE}
TEXTED = {
    Type.OFFER_RECEIVED,
    Type.OFFER_RESPONSE,
    Type.OFFER_ACCEPTED,
    Type.OFFER_REJECTED,
    Type.OFFER_COUNTERED,
    Type.ORDER_SHIPPED,
    Type.PAYMENT_RECEIVED,
    Type.PAYMENT_FAILED,
    Type.CREDIT_ADDED,
    Type.SECURITY_ALERT,
}
DEFAULTS = {Channel.EMAIL: MAILED, Channel.PUSH: PUSHED, Channel.SMS: TEXTED}


def person(**fields: object) -> Person:
    """Return somebody in Delhi who can be reached everywhere and has said nothing."""
    said: dict[str, object] = {"addresses": ADDRESSES, "verified": frozenset(OUTER), "zone": DELHI}
    return Person(id=new_id(), **(said | fields))  # type: ignore[arg-type] # fields of the test's own


class Case(NamedTuple):
    """One row of the table; `switch` is what was switched off."""

    type: Type
    channel: Channel
    said: bool | None
    switch: str
    is_night: bool
    is_verified: bool


def expected(case: Case) -> tuple[str, str]:
    """Say the rules once more: what could keep a message back, in turn, and whether it does."""
    is_security = case.type == Type.SECURITY_ALERT
    is_forced = is_security and case.channel == Channel.EMAIL
    is_default = case.type in DEFAULTS[case.channel]
    rules = [
        (Status.SKIPPED, Reason.ALL_OFF, case.switch == "all" and not is_forced),
        (Status.SKIPPED, Reason.CHANNEL_OFF, case.switch == "channel" and not is_forced),
        (Status.SKIPPED, Reason.KIND_OFF, case.switch == "kind" and case.type in SWITCHED_BY),
        (Status.SKIPPED, Reason.PREFERENCE_OFF, case.said is False and not is_forced),
        (Status.SKIPPED, Reason.NOT_FOR_TYPE, case.said is None and not is_default),
        (Status.SKIPPED, Reason.NOT_VERIFIED, not case.is_verified),
        (Status.HELD, Reason.QUIET_HOURS, case.is_night and not is_security),
        (Status.PENDING, Reason.FORCED, is_forced),
    ]
    return next(((status, reason) for status, reason, applies in rules if applies), (Status.PENDING, ""))


TABLE = list(product(Type, OUTER, (None, True, False), ("", "all", "channel", "kind"), (False, True), (False, True)))


def test_the_whole_table_of_decisions() -> None:
    """19 types x 3 channels x 3 preferences x 4 switches x 2 times of day x 2 states of the address."""
    assert len(TABLE) == 19 * 3 * 3 * 4 * 2 * 2
    for case in itertools.starmap(Case, TABLE):
        name, channel, said, switch, is_night, is_verified = case
        switches = {"channel": {channel: False}, "kind": {SWITCHED_BY.get(name, "nothing"): False}}.get(switch, {})
        who = person(
            preferences={} if said is None else {(name, channel): said},
            switches=switches,
            is_on=switch != "all",
            quiet=QUIET,
            verified=frozenset(OUTER) if is_verified else frozenset(),
        )
        found = decide(TYPES[name], who, channel, NIGHT if is_night else NOON)

        assert (found.status, found.reason) == expected(case), case
        if found.status == Status.HELD:
            assert found.run_at == MORNING, case
        if found.status == Status.PENDING:
            assert found.run_at == (NIGHT if is_night else NOON), case


@pytest.mark.parametrize("name", Type)
def test_the_app_itself_is_asked_whatever_the_hour_and_the_address(name: Type) -> None:
    kind = TYPES[name]
    cases = [
        (person(), (Status.DELIVERED, "")),
        (person(is_in_app_on=False), (Status.SKIPPED, Reason.CHANNEL_OFF)),
        (person(preferences={(name, Channel.IN_APP): False}), (Status.SKIPPED, Reason.PREFERENCE_OFF)),
        (person(is_on=False, verified=frozenset(), quiet=QUIET), (Status.DELIVERED, "")),
    ]
    for who, wanted in cases:
        found = decide(kind, who, Channel.IN_APP, NIGHT)
        is_forced = name == Type.SECURITY_ALERT
        assert (found.status, found.reason) == ((Status.DELIVERED, Reason.FORCED) if is_forced else wanted)


@pytest.mark.parametrize("channel", OUTER)
def test_obstacles_hold_for_what_is_forced_as_well(channel: Channel) -> None:
    kind = TYPES[Type.SECURITY_ALERT]
    cases = {
        Reason.ACCOUNT_INACTIVE: person(is_active=False),
        Reason.NO_ADDRESS: person(addresses={}),
        Reason.NOT_VERIFIED: person(verified=frozenset()),
    }
    for reason, who in cases.items():
        assert decide(kind, who, channel, NOON).reason == reason
    assert decide(kind, person(suppressed={channel: "bounced"}), channel, NOON) == Decision(
        status=Status.SUPPRESSED, reason=Reason.SUPPRESSED, detail="bounced"
    )


@pytest.mark.parametrize(
    ("template", "channel"),
    [("email-verification", Channel.EMAIL), ("password-reset", Channel.EMAIL), ("otp", Channel.SMS)],
)
def test_what_proves_an_address_goes_there_alone_at_any_hour_whatever_was_said(template: str, channel: Channel) -> None:
    kind = kind_of(Type.SECURITY_ALERT, template)
    switches = {Channel.EMAIL: False, Channel.SMS: False, "system": False}
    who = person(verified=frozenset(), is_on=False, quiet=QUIET, switches=switches, digest_minutes=60)

    found = dict(first_ways(kind, who, NIGHT))

    assert (found[channel].status, found[channel].reason) == (Status.PENDING, Reason.FORCED)
    assert {one for one, decision in found.items() if decision.goes_out} == {channel}


@pytest.mark.parametrize(
    ("clock", "quiet", "until"),
    [
        ("21:59", QUIET, None),
        ("22:00", QUIET, "08:00+1"),
        ("23:59", QUIET, "08:00+1"),
        ("00:00", QUIET, "08:00"),
        ("07:59", QUIET, "08:00"),
        ("08:00", QUIET, None),
        ("13:30", (time(13), time(14)), "14:00"),
        ("14:00", (time(13), time(14)), None),
        ("10:00", (time(9), time(9)), None),
        ("10:00", None, None),
    ],
)
def test_quiet_hours_are_those_of_the_persons_day(
    clock: str, quiet: tuple[time, time] | None, until: str | None
) -> None:
    now = datetime.combine(datetime(2026, 11, 27, tzinfo=DELHI), time.fromisoformat(clock), tzinfo=DELHI)
    found = quiet_until(person(quiet=quiet), now)

    if until is None:
        assert found is None
    else:
        at, _, days = until.partition("+")
        day = now.date() + timedelta(days=int(days or 0))
        assert found == datetime.combine(day, time.fromisoformat(at), tzinfo=DELHI)


def test_quiet_hours_end_by_the_clock_of_the_day_when_clocks_change() -> None:
    london = ZoneInfo("Europe/London")
    who = person(zone=london, quiet=QUIET)
    before = datetime(2026, 10, 24, 23, 0, tzinfo=london)  # an hour is repeated in this night

    assert quiet_until(who, before) == datetime(2026, 10, 25, 8, 0, tzinfo=london)
    assert quiet_until(who, before) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "start", "end"),
    [
        (10, datetime(2026, 11, 27, 6, 30, tzinfo=UTC), datetime(2026, 11, 27, 6, 40, tzinfo=UTC)),
        (60, datetime(2026, 11, 27, 6, 0, tzinfo=UTC), datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        (1440, datetime(2026, 11, 27, 3, 30, tzinfo=UTC), datetime(2026, 11, 28, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_digest_waits_for_the_end_of_its_window(minutes: int, start: datetime, end: datetime) -> None:
    who = person(digest_minutes=minutes)
    assert digest_window(who, NOON) == (start, end)

    found = decide(TYPES[Type.ORDER_PLACED], who, Channel.EMAIL, NOON)

    assert (found.status, found.reason, found.run_at, found.window_start) == (
        Status.HELD,
        Reason.DIGEST,
        end,
        start,
    )


def test_a_digest_whose_end_is_in_the_quiet_hours_waits_for_theirs() -> None:
    who = person(digest_minutes=60, quiet=QUIET)
    found = decide(TYPES[Type.ORDER_PLACED], who, Channel.EMAIL, datetime(2026, 11, 27, 16, 15, tzinfo=UTC))

    assert found.run_at == MORNING


def test_only_mails_that_can_wait_are_gathered() -> None:
    who = person(digest_minutes=1440)
    held = {
        (name, channel)
        for name, channel in product(Type, OUTER)
        if decide(TYPES[name], who, channel, NOON).status == Status.HELD
    }

    assert held == {
        (name, Channel.EMAIL) for name in MAILED - {Type.PAYMENT_FAILED, Type.SECURITY_ALERT, Type.REMINDER}
    }


def ways(found: list) -> list[tuple[Channel, str]]:  # type: ignore[type-arg]
    return [(channel, decision.reason or decision.status) for channel, decision in found]


def test_a_chain_begins_with_the_first_channel_that_reaches() -> None:
    kind = TYPES[Type.OFFER_RECEIVED]
    without_push = person(addresses={**ADDRESSES, Channel.PUSH: ""})

    assert ways(first_ways(kind, person(), NOON))[1:] == [(Channel.PUSH, "pending")]
    assert ways(first_ways(kind, without_push, NOON))[1:] == [
        (Channel.PUSH, "no_address"),
        (Channel.EMAIL, "pending"),
    ]


def test_an_sms_takes_the_place_of_a_mail_that_cannot_be_sent_and_not_of_one_that_nobody_wants() -> None:
    kind = TYPES[Type.OFFER_RECEIVED]
    no_push = {**ADDRESSES, Channel.PUSH: ""}
    unverified = person(addresses=no_push, verified=frozenset({Channel.SMS, Channel.PUSH}))
    unwanted = person(addresses=no_push, switches={Channel.EMAIL: False})

    assert ways(first_ways(kind, unverified, NOON))[-1] == (Channel.SMS, "pending")
    assert ways(first_ways(kind, unwanted, NOON))[-1] == (Channel.EMAIL, "channel_off")


def test_what_has_arrived_is_followed_by_a_mail_that_waits_to_be_read() -> None:
    kind = TYPES[Type.OFFER_RECEIVED]
    (way,) = next_ways(kind, person(), NOON, after=Channel.PUSH, has_arrived=True)

    assert way.channel == Channel.EMAIL
    assert (way.decision.status, way.decision.reason) == (Status.HELD, Reason.UNREAD)
    assert way.decision.run_at == NOON + timedelta(minutes=10)
    assert next_ways(kind, person(), NOON, after=Channel.EMAIL, has_arrived=True) == []


def test_what_has_failed_is_followed_at_once() -> None:
    kind = TYPES[Type.OFFER_RECEIVED]

    assert ways(next_ways(kind, person(), NOON, after=Channel.PUSH, has_arrived=False)) == [(Channel.EMAIL, "pending")]
    assert ways(next_ways(kind, person(), NOON, after=Channel.EMAIL, has_arrived=False)) == [(Channel.SMS, "pending")]
    assert next_ways(kind, person(), NOON, after=Channel.SMS, has_arrived=False) == []


def test_a_security_alert_is_mailed_at_once_beside_the_push_and_texted_where_the_mail_fails() -> None:
    kind = TYPES[Type.SECURITY_ALERT]

    assert ways(first_ways(kind, person(quiet=QUIET), NIGHT)) == [
        (Channel.IN_APP, "forced"),
        (Channel.PUSH, "pending"),
        (Channel.EMAIL, "forced"),
    ]
    assert ways(next_ways(kind, person(), NOON, after=Channel.EMAIL, has_arrived=False)) == [(Channel.SMS, "pending")]
    assert next_ways(kind, person(), NOON, after=Channel.PUSH, has_arrived=True) == []
