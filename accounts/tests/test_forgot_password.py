"""`POST auth/forgot-password`: the same for every address, until somebody looks who has it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts import selectors, services
from accounts.events import PasswordResetAsked
from accounts.models import ResetRequest, Ticket, User
from accounts.services.passwords import LOOK_AFTER
from accounts.tests.staging import answer_reset_requests, newest_ticket, told
from wholexale.common.testing import Api, Reply, make_person

pytestmark = pytest.mark.django_db


def forgot(api: Api, email: str) -> Reply:
    return api.post("auth/forgot-password", {"email": email})


def shapes(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements but for savepoints, each by the words that say what it does to which table."""
    said = [query["sql"].split()[:3] for query in captured.captured_queries]
    return [" ".join(words) for words in said if "SAVEPOINT" not in words]


def test_a_link_is_made_for_the_account_and_told(api: Api, buyer: User, settings: Settings) -> None:
    with told(PasswordResetAsked) as facts:
        reply = forgot(api, buyer.email)
        assert answer_reset_requests() == 1

    ticket = newest_ticket(buyer)
    assert (reply.status, set(reply.body)) == (200, {"message"})
    assert facts == [PasswordResetAsked(ticket_id=ticket.id, user_id=buyer.id)]
    assert (selectors.ticket_link(ticket.id) or "").startswith(f"{settings.FRONTEND_URL}/reset-password/")


def test_known_and_unknown_addresses_get_the_same_answer(api: Api, buyer: User) -> None:
    known, unknown = forgot(api, buyer.email), forgot(api, "nobody@example.com")

    assert known.status == unknown.status == 200
    assert known.body == unknown.body
    assert set(known.headers) == set(unknown.headers)


def test_known_and_unknown_addresses_cost_the_same(api: Api, buyer: User) -> None:
    with CaptureQueriesContext(connection) as for_known:
        forgot(api, buyer.email)
    with CaptureQueriesContext(connection) as for_unknown:
        forgot(api, "nobody@example.com")

    assert shapes(for_known) == shapes(for_unknown) == ['INSERT INTO "accounts_resetrequest"']
    assert not [query for query in for_known.captured_queries if "accounts_user" in query["sql"]]


def test_nobody_looks_for_the_account_while_the_answer_goes_out(api: Api, buyer: User) -> None:
    before = timezone.now()

    forgot(api, buyer.email)

    assert ResetRequest.objects.get().run_at >= before + LOOK_AFTER


def test_nobody_is_sent_a_link_who_has_no_account(api: Api, buyer: User) -> None:
    forgot(api, "nobody@example.com")

    assert answer_reset_requests() == 1
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.INACTIVE])
def test_nobody_is_sent_a_link_whose_account_does_not_work(api: Api, buyer: User, status: User.Status) -> None:
    User.objects.filter(id=buyer.id).update(status=status)
    forgot(api, buyer.email)

    answer_reset_requests()

    assert not Ticket.objects.exists()


def test_an_imported_account_is_found_as_people_write_their_address(api: Api) -> None:
    john = make_person("john", email="johndoe@gmail.com")
    forgot(api, "John.Doe@gmail.com")

    answer_reset_requests()

    assert newest_ticket(john).address == "johndoe@gmail.com"


def test_the_address_is_forgotten_once_it_was_seen_to(api: Api, buyer: User) -> None:
    forgot(api, buyer.email)
    forgot(api, "nobody@example.com")

    answer_reset_requests()

    assert set(ResetRequest.objects.values_list("state", "address")) == {("done", "")}


def test_a_request_that_runs_twice_makes_one_link(api: Api, buyer: User) -> None:
    forgot(api, buyer.email)
    request = ResetRequest.objects.get()

    for _ in range(2):
        services.answer_reset_request(request_id=request.id)

    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("email", ["buyer@example.com", "nobody@example.com"])
def test_an_account_is_asked_for_so_often_only_known_or_not(
    api: Api, buyer: User, limits: Settings, email: str
) -> None:
    limits.RATE_LIMIT_TICKETS, limits.IS_DEVELOPMENT = "2/1h", True  # where the address of the tests does not count

    replies = [forgot(api, email) for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert ResetRequest.objects.count() == 2


def test_a_device_asks_for_so_many_accounts_only(api: Api, limits: Settings) -> None:
    limits.RATE_LIMIT_TICKETS = "2/1h"

    assert [forgot(api, f"user{number}@example.com").status for number in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("email", [None, "", "no address", 5, {"$ne": None}, ["buyer@example.com"]])
def test_what_is_no_address_is_refused(api: Api, buyer: User, email: Any) -> None:
    assert api.post("auth/forgot-password", {"email": email}).fields == ["email"]
    assert not ResetRequest.objects.exists()
