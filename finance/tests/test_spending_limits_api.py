"""`finance/spending-limits`: what members may buy on account, over REST."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import time_machine

from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine, SpendingLimit, SpendingWindow
from finance.serializers import fields
from finance.tests.staging import business_of, employee, every_row, hold
from wholexale.common.testing import Api, Reply, make_person

pytestmark = pytest.mark.django_db

PATH = "finance/spending-limits"
BODY: dict[str, Any] = {"currency": "INR", "window": "month", "amount": 500.5}


@pytest.fixture(name="clerk")
def buyers_clerk(buyer: User) -> User:
    return employee("clerk", business_of(buyer))


def path(member: User) -> str:
    return f"{PATH}/{Membership.objects.get(user=member).id}"


def put(api: Api, manager: User, member: User, **changes: Any) -> Reply:
    return api.as_(manager).put(path(member), BODY | changes)


def listed(api: Api, user: User) -> list[dict[str, Any]]:
    reply = api.as_(user).get(PATH)
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.body["limits"]
    return found


def minor(limit: dict[str, Any]) -> tuple[int, int, int]:
    return limit["limitMinor"], limit["spentMinor"], limit["availableMinor"]


def test_a_limit_is_set_and_read_again(api: Api, buyer: User, clerk: User) -> None:
    reply = put(api, buyer, clerk)

    assert (reply.status, set(reply.body)) == (200, {"message", "limit"})
    limit = reply.body["limit"]
    assert (limit["limit"], limit["spent"], limit["available"]) == (500.5, 0, 500.5)
    assert minor(limit) == (50_050, 0, 50_050)
    assert (limit["currency"], limit["window"]) == ("INR", "month")
    assert limit["member"]["id"] == str(Membership.objects.get(user=clerk).id)
    assert (limit["member"]["user"]["id"], limit["member"]["role"]) == (str(clerk.id), "member")
    assert listed(api, buyer) == [limit]


def test_what_was_bought_in_the_window_counts(
    api: Api, buyer: User, seller: User, clerk: User, line: CreditLine
) -> None:
    hold(clerk, seller, 10_000)
    before = put(api, buyer, clerk).body["limit"]
    kept = hold(clerk, seller, 5_000)
    services.release_hold(actor=None, hold_id=hold(clerk, seller, 2_000).hold_id)
    services.capture_hold(actor=None, hold_id=kept.hold_id, amount=4_000)

    (after,) = listed(api, clerk)

    assert minor(before) == (50_050, 10_000, 40_050)
    assert minor(after) == (50_050, 14_000, 36_050)
    assert SpendingWindow.objects.count() == 1


def test_a_limit_on_each_purchase_counts_nothing(
    api: Api, buyer: User, seller: User, clerk: User, line: CreditLine
) -> None:
    hold(clerk, seller, 10_000)
    limit = put(api, buyer, clerk, window="none").body["limit"]

    assert minor(limit) == (50_050, 0, 50_050)
    assert "windowStartsAt" not in limit


@pytest.mark.parametrize(
    ("window", "ends"),
    [
        ("day", ("2026-11-17", "2026-11-18")),
        ("week", ("2026-11-15", "2026-11-22")),
        ("month", ("2026-10-31", "2026-11-30")),
        ("year", ("2025-12-31", "2026-12-31")),
    ],
)
def test_windows_begin_at_midnight_of_the_business(
    api: Api, buyer: User, clerk: User, window: str, ends: tuple[str, str]
) -> None:
    with time_machine.travel(datetime(2026, 11, 18, 6, 30, tzinfo=UTC), tick=False):
        limit = put(api, buyer, clerk, window=window).body["limit"]

    assert (limit["windowStartsAt"], limit["windowEndsAt"]) == tuple(f"{day}T18:30:00.000Z" for day in ends)


def test_a_lowered_limit_leaves_nothing_and_never_less(
    api: Api, buyer: User, seller: User, clerk: User, line: CreditLine
) -> None:
    hold(clerk, seller, 10_000)

    assert minor(put(api, buyer, clerk, amount=50).body["limit"]) == (5_000, 10_000, 0)


def test_nothing_is_a_limit_too(api: Api, buyer: User, clerk: User) -> None:
    assert minor(put(api, buyer, clerk, amount=0).body["limit"]) == (0, 0, 0)


def test_a_limit_is_replaced_for_its_currency(api: Api, buyer: User, clerk: User) -> None:
    put(api, buyer, clerk)
    put(api, buyer, clerk, currency="JPY", amount=7)

    limit = put(api, buyer, clerk, window="day", amount=1).body["limit"]

    assert [(one["currency"], one["window"], one["limitMinor"]) for one in listed(api, buyer)] == [
        ("INR", "day", 100), ("JPY", "month", 7),
    ]  # fmt: skip
    assert limit["id"] == listed(api, buyer)[0]["id"]


def test_who_manages_sees_all_and_others_their_own(api: Api, buyer: User, seller: User, clerk: User) -> None:
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)
    for member in (clerk, accountant):
        put(api, buyer, member)
    put(api, seller, seller)

    assert len(listed(api, buyer)) == 2
    assert [one["member"]["user"]["id"] for one in listed(api, clerk)] == [str(clerk.id)]
    assert [one["member"]["user"]["id"] for one in listed(api, accountant)] == [str(accountant.id)]
    assert api.as_(make_person("loner")).get(PATH).code == "BUSINESS_NOT_FOUND"


@pytest.mark.parametrize("role", [Membership.Role.MEMBER, Membership.Role.FINANCE])
def test_who_does_not_manage_sets_and_removes_nothing(
    api: Api, buyer: User, clerk: User, role: Membership.Role
) -> None:
    put(api, buyer, clerk)
    Membership.objects.filter(user=clerk).update(role=role)
    client, before = api.as_(clerk), every_row()

    for reply in (client.put(path(clerk), BODY | {"amount": 9}), client.delete(f"{path(clerk)}?currency=INR")):
        assert (reply.status, reply.code) == (403, "INSUFFICIENT_PERMISSIONS")
        assert (reply.body["required"], reply.body["current"]) == (["owner", "admin"], role)
    assert every_row() == before


def test_a_limit_is_removed(api: Api, buyer: User, clerk: User) -> None:
    put(api, buyer, clerk)
    put(api, buyer, clerk, currency="USD")

    reply = api.as_(buyer).delete(f"{path(clerk)}?currency=INR")

    assert (reply.status, set(reply.body)) == (200, {"message"})
    assert [one["currency"] for one in listed(api, buyer)] == ["USD"]
    assert api.as_(buyer).delete(f"{path(clerk)}?currency=INR").code == "SPENDING_LIMIT_NOT_FOUND"


def test_the_currency_of_what_is_removed_must_be_named(api: Api, buyer: User, clerk: User) -> None:
    reply = api.as_(buyer).delete(path(clerk))

    assert (reply.status, reply.fields) == (400, ["currency"])


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (b"-1", "AMOUNT_NOT_POSITIVE"), (b"0.001", "AMOUNT_TOO_PRECISE"),
        (b"1e400", "AMOUNT_TOO_LARGE"), (b'"5"', "VALIDATION_FAILED"), (b"null", "VALIDATION_FAILED"),
        (b"true", "VALIDATION_FAILED"), (b"{}", "VALIDATION_FAILED"),
    ],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused_and_leaves_every_row_as_it_was(
    api: Api, buyer: User, clerk: User, amount: bytes, code: str
) -> None:
    client, before = api.as_(buyer), every_row()

    reply = client.put(path(clerk), b'{"currency": "INR", "window": "day", "amount": %b}' % amount)

    assert (reply.status, reply.code, reply.fields) == (400, code, ["amount"])
    assert every_row() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "XXX"}, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": 5}, "VALIDATION_FAILED"),
        ({"window": "hour"}, "VALIDATION_FAILED"),
        ({"window": None}, "VALIDATION_FAILED"),
    ],
)
def test_a_value_that_is_none_is_named(api: Api, buyer: User, clerk: User, changes: dict[str, Any], code: str) -> None:
    client, before = api.as_(buyer), every_row()

    reply = client.put(path(clerk), BODY | changes)

    assert (reply.status, reply.code, reply.fields) == (400, code, list(changes))
    assert every_row() == before


def test_the_same_key_sets_once_and_another_body_is_refused(api: Api, buyer: User, clerk: User) -> None:
    client = api.as_(buyer).with_headers(Idempotency_Key="6f1c")

    first, again = client.put(path(clerk), BODY), client.put(path(clerk), BODY)
    before = every_row()
    other = client.put(path(clerk), BODY | {"amount": 1})

    assert first.raw == again.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert every_row() == before


@pytest.mark.parametrize("missing", ["0198f000-0000-7000-8000-000000000000", "1", "x" * 300])
def test_a_member_who_is_not_there_is_not_found(api: Api, buyer: User, missing: str) -> None:
    client = api.as_(buyer)

    assert client.put(f"{PATH}/{missing}", BODY).code == "MEMBER_NOT_FOUND"
    assert client.delete(f"{PATH}/{missing}?currency=INR").code == "MEMBER_NOT_FOUND"


def test_the_windows_are_those_of_the_model() -> None:
    assert set(get_args(fields.SpendingWindow)) == set(SpendingLimit.Window.values)
