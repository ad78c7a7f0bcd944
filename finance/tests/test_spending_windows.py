"""Windows of spending end with the days of the business's time zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from accounts.models import Business, User
from finance import services
from finance.models import SpendingWindow
from finance.selectors.windows import window_around
from finance.tests.staging import Clock, business_of, hold, limit_spending, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def new_yorker(buyer: User, member: User, sound: None) -> User:
    """Spend at most one rupee a day for the buyer's business, which is in New York now."""
    Business.objects.filter(id=business_of(buyer).id).update(time_zone="America/New_York")
    limit_spending(buyer, member, 100, "day")
    return member


def test_a_day_ends_at_midnight_in_the_time_zone_of_the_business(
    buyer: User, member: User, seller: User, clock: Clock
) -> None:
    midnight = datetime(2026, 11, 18, 18, 30, tzinfo=UTC)
    limit_spending(buyer, member, 500, "day")

    clock.now = midnight - timedelta(microseconds=1)
    hold(member, seller, 500)
    with refused("SPENDING_LIMIT_EXCEEDED"):
        hold(member, seller, 1)
    clock.now = midnight
    hold(member, seller, 500)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 8, 17, tzinfo=UTC), 23), (datetime(2026, 11, 1, 17, tzinfo=UTC), 25)],
    ids=["spring", "autumn"],
)
def test_days_on_which_clocks_change_are_days(
    new_yorker: User, seller: User, clock: Clock, day: datetime, hours: int
) -> None:
    clock.now = day
    hold(new_yorker, seller, 100)

    window = SpendingWindow.objects.get()
    assert window.ends_at - window.starts_at == timedelta(hours=hours)
    for clock.now in (window.starts_at, window.ends_at - timedelta(microseconds=1)):
        with refused("SPENDING_LIMIT_EXCEEDED"):
            hold(new_yorker, seller, 1)
    for clock.now in (window.starts_at - timedelta(microseconds=1), window.ends_at):
        hold(new_yorker, seller, 100)


@pytest.mark.parametrize(
    ("window", "first", "after"),
    [
        ("day", (2026, 11, 18), (2026, 11, 19)),
        ("week", (2026, 11, 16), (2026, 11, 23)),
        ("month", (2026, 11, 1), (2026, 12, 1)),
        ("year", (2026, 1, 1), (2027, 1, 1)),
    ],
)
def test_windows_begin_and_end_with_their_days(
    window: str, first: tuple[int, int, int], after: tuple[int, int, int]
) -> None:
    assert window_around(Clock.NOON, window, "UTC") == (datetime(*first, tzinfo=UTC), datetime(*after, tzinfo=UTC))


def test_a_week_begins_on_monday_and_a_year_ends_with_december() -> None:
    monday, sunday = datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 3, 23, 59, tzinfo=UTC)

    assert window_around(monday, "week", "UTC") == window_around(sunday, "week", "UTC")
    assert window_around(monday, "week", "UTC")[0] == monday
    assert window_around(monday, "month", "UTC")[1] == window_around(monday, "year", "UTC")[1]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Africa/Cairo", "Asia/Beirut"])
@pytest.mark.parametrize("window", ["day", "week", "month", "year"])
def test_windows_of_any_zone_follow_each_other_without_a_gap(zone: str, window: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ends = [window_around(moment + timedelta(hours=7 * number), window, zone) for number in range(1300)]

    for number, (starts_at, ends_at) in enumerate(ends):
        assert starts_at <= moment + timedelta(hours=7 * number) < ends_at
    distinct = sorted(set(ends))
    assert all(before[1] == after[0] for before, after in pairwise(distinct))


@pytest.mark.usefixtures("sound")
def test_a_business_that_moves_to_another_zone_keeps_its_books(
    buyer: User, member: User, seller: User, clock: Clock
) -> None:
    business = Business.objects.filter(id=business_of(buyer).id)
    limit_spending(buyer, member, 500, "day")
    clock.now = datetime(2026, 11, 18, 19, 0, tzinfo=UTC)  # the 19th in India, the 18th in New York
    held = hold(member, seller, 400)

    business.update(time_zone="America/New_York")
    with refused("SPENDING_LIMIT_EXCEEDED"):
        hold(member, seller, 101)
    hold(member, seller, 100)
    services.release_hold(actor=seller, hold_id=held.hold_id)
    business.update(time_zone="Asia/Kolkata")

    hold(member, seller, 400)
    with refused("SPENDING_LIMIT_EXCEEDED"):
        hold(member, seller, 1)
