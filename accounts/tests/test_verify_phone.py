"""`POST auth/verify-phone/start` and `POST auth/verify-phone`."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts import proofs, selectors, services
from accounts.events import PhoneCodeAsked
from accounts.models import Ticket, User
from accounts.tests.staging import MOBILE, VERIFY_PHONE, newest_ticket, other_code, sent_code, told
from wholexale.common.errors import DomainError
from wholexale.common.testing import Api, at_once, make_person

pytestmark = pytest.mark.django_db


def test_the_code_that_was_sent_verifies_the_phone(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    client.put("auth/profile", {"phone": "9876543210"})

    with told(PhoneCodeAsked) as facts:
        started = client.post("auth/verify-phone/start")
    ticket = newest_ticket(buyer)
    verified = client.post("auth/verify-phone", {"code": selectors.ticket_code(ticket.id)})

    user = client.get("auth/me").body["user"]
    assert (started.status, verified.status) == (200, 200)
    assert facts == [PhoneCodeAsked(ticket_id=ticket.id, user_id=buyer.id)]
    assert (ticket.address, user["phone"], user["phoneVerified"]) == (MOBILE, MOBILE, True)


def test_the_code_is_six_digits_and_no_answer_has_it(api: Api, buyer: User) -> None:
    code = sent_code(buyer)
    User.objects.filter(id=buyer.id).update(phone_verified_at=None)

    reply = api.as_(buyer).post("auth/verify-phone/start")

    assert len(code) == 6
    assert code.isdigit()
    assert proofs.code_of(newest_ticket(buyer).id).encode() not in reply.raw


def test_a_code_is_tried_five_times_only(api: Api, buyer: User) -> None:
    code, client = sent_code(buyer), api.as_(buyer)

    wrong = [client.post("auth/verify-phone", {"code": other_code(code)}) for _ in range(5)]
    right = client.post("auth/verify-phone", {"code": code})

    assert {(reply.status, reply.code) for reply in [*wrong, right]} == {(400, "INVALID_VERIFICATION_CODE")}
    assert newest_ticket(buyer).tries == 5
    assert selectors.ticket_code(newest_ticket(buyer).id) is None


def test_the_fifth_try_may_be_the_right_one(api: Api, buyer: User) -> None:
    code, client = sent_code(buyer), api.as_(buyer)

    replies = [client.post("auth/verify-phone", {"code": one}) for one in [other_code(code)] * 4 + [code]]

    assert [reply.status for reply in replies] == [400, 400, 400, 400, 200]


@pytest.mark.django_db(transaction=True)
def test_twenty_tries_at_once_count_as_five(buyer: User) -> None:
    code = sent_code(buyer)
    guesses = [f"{(int(code) + 1 + number) % 1_000_000:06}" for number in range(20)]

    results = at_once([partial(services.verify_phone, actor=buyer, code=guess) for guess in guesses])

    assert {result.code for result in results if isinstance(result, DomainError)} == {"INVALID_VERIFICATION_CODE"}
    assert newest_ticket(buyer).tries == 5


def test_a_code_is_good_for_ten_minutes(api: Api, buyer: User) -> None:
    code, client = sent_code(buyer), api.as_(buyer)
    made = timezone.now()

    with time_machine.travel(made + timedelta(minutes=10, seconds=1)):
        late = client.post("auth/verify-phone", {"code": code})
    with time_machine.travel(made + timedelta(minutes=9, seconds=50)):
        in_time = client.post("auth/verify-phone", {"code": code})

    assert (late.code, in_time.status) == ("INVALID_VERIFICATION_CODE", 200)


def test_a_code_is_good_for_one_use(api: Api, buyer: User) -> None:
    code, client = sent_code(buyer), api.as_(buyer)
    client.post("auth/verify-phone", {"code": code})

    assert client.post("auth/verify-phone", {"code": code}).code == "INVALID_VERIFICATION_CODE"
    assert User.objects.get(id=buyer.id).phone_verified_at is not None


def test_a_newer_code_ends_the_earlier_one(api: Api, buyer: User) -> None:
    first, second = sent_code(buyer), sent_code(buyer)
    client = api.as_(buyer)

    replies = [client.post("auth/verify-phone", {"code": code}).status for code in (first, second)]

    assert replies == [400, 200]


def test_a_code_of_somebody_else_proves_nothing(api: Api, buyer: User, outsider: User) -> None:
    code = sent_code(buyer)
    sent_code(outsider, phone="+919876543211")

    assert api.as_(outsider).post("auth/verify-phone", {"code": code}).code == "INVALID_VERIFICATION_CODE"


def test_a_code_proves_nothing_about_another_phone(api: Api, buyer: User) -> None:
    code, client = sent_code(buyer), api.as_(buyer)
    client.put("auth/profile", {"phone": "+919876543211"})

    assert client.post("auth/verify-phone", {"code": code}).code == "INVALID_VERIFICATION_CODE"


def test_another_phone_is_not_verified(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    client.post("auth/verify-phone", {"code": sent_code(buyer)})

    same = client.put("auth/profile", {"phone": "9876543210", "firstName": "Bella"}).body["user"]
    other = client.put("auth/profile", {"phone": "+919876543211"}).body["user"]

    assert (same["phoneVerified"], other["phoneVerified"]) == (True, False)


def test_who_is_verified_needs_no_code(api: Api, buyer: User) -> None:
    client = api.as_(buyer)
    client.post("auth/verify-phone", {"code": sent_code(buyer)})

    assert client.post("auth/verify-phone/start").code == "ALREADY_VERIFIED"


@pytest.mark.parametrize("phone", ["", "1234", "+441632960000"])
def test_no_code_is_sent_to_what_can_be_no_phone(api: Api, buyer: User, phone: str) -> None:
    User.objects.filter(id=buyer.id).update(phone=phone)

    reply = api.as_(buyer).post("auth/verify-phone/start")

    assert (reply.status, reply.code) == (400, "INVALID_PHONE")
    assert not Ticket.objects.exists()


def test_a_phone_that_was_kept_before_numbers_were_read_is_verified_as_it_is_meant(api: Api, buyer: User) -> None:
    client = api.as_(buyer)

    client.post("auth/verify-phone", {"code": sent_code(buyer, phone="9876543210")})

    user = client.get("auth/me").body["user"]
    assert (user["phone"], user["phoneVerified"]) == (MOBILE, True)


@pytest.mark.parametrize("code", [None, 123456, "", "12345", "1234567", "12345a", "१२३४५६", {"$ne": None}])
def test_what_is_no_code_is_refused_and_counts_as_no_try(api: Api, buyer: User, code: Any) -> None:
    sent_code(buyer)

    reply = api.as_(buyer).post("auth/verify-phone", {"code": code})

    assert (reply.status, reply.fields, newest_ticket(buyer).tries) == (400, ["code"], 0)


def test_a_person_is_sent_so_many_codes_only(api: Api, buyer: User, limits: Settings) -> None:
    limits.RATE_LIMIT_TICKETS = "2/1h"
    User.objects.filter(id=buyer.id).update(phone=MOBILE)
    client = api.as_(buyer)

    assert [client.post("auth/verify-phone/start").status for _ in range(3)] == [200, 200, 429]


def test_a_phone_is_sent_so_many_codes_only_whoever_asks(api: Api, limits: Settings) -> None:
    limits.RATE_LIMIT_TICKETS = "2/1h"
    people = [make_person(f"person{number}", phone=MOBILE) for number in range(3)]

    assert [api.as_(person).post("auth/verify-phone/start").status for person in people] == [200, 200, 429]


@pytest.mark.parametrize("path", ["auth/verify-phone", "auth/verify-phone/start"])
def test_nobody_is_asked_without_a_token(api: Api, path: str) -> None:
    assert api.post(path, {"code": "123456"}).code == "NO_TOKEN"


def test_nothing_stays_of_a_code_that_could_not_be_told(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(id=buyer.id).update(phone="9876543210")
    buyer.refresh_from_db()

    def fail(_fact: PhoneCodeAsked) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.tickets.publish", fail)
    with pytest.raises(RuntimeError):
        services.ask_phone_code(actor=buyer)
    assert not Ticket.objects.filter(purpose=VERIFY_PHONE).exists()
    assert User.objects.get(id=buyer.id).phone == "9876543210"
