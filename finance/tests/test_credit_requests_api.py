"""`finance/credit/requests`: asking for credit over REST."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership, User
from finance import services
from finance.models import CreditLine, CreditRequest
from finance.tests.staging import business_of, employee, every_row, lender, open_line
from wholexale.common.testing import Api, Reply

pytestmark = pytest.mark.django_db

PATH = "finance/credit/requests"
BODY: dict[str, Any] = {"amount": 5000.5, "currency": "INR", "purpose": " Winter stock ", "terms": "net_60"}


def ask(api: Api, user: User, **changes: Any) -> Reply:
    return api.as_(user).post(PATH, BODY | changes)


def unchanged(api: Api, user: User, body: object, expected: tuple[int, str], fields: Sequence[str] = ()) -> None:
    client, before = api.as_(user), every_row()

    reply = client.post(PATH, body)

    assert (reply.status, reply.code) == expected
    assert reply.fields == list(fields)
    assert every_row() == before


def test_a_request_is_made_and_read_again(api: Api, buyer: User) -> None:
    reply = ask(api, buyer)

    made = reply.body["request"]
    assert (reply.status, set(reply.body)) == (201, {"message", "request"})
    assert (made["amount"], made["amountMinor"], made["currency"]) == (5000.5, 500_050, "INR")
    assert (made["purpose"], made["terms"], made["status"], made["decidedAt"]) == (
        "Winter stock", "net_60", "pending", None,
    )  # fmt: skip
    assert made["requestedBy"]["fullName"] == "Bela Buyer"
    assert made["id"] == made["_id"]
    assert "decisionReason" not in made
    assert api.as_(buyer).get(f"{PATH}/{made['id']}").body == {"request": made}
    assert api.as_(buyer).get(PATH).body["requests"] == [made]


def test_purpose_and_terms_may_be_left_out(api: Api, buyer: User) -> None:
    made = api.as_(buyer).post(PATH, {"amount": 1, "currency": "INR"}).body["request"]

    assert made["purpose"] == ""
    assert "terms" not in made


def test_the_amount_is_the_whole_limit(api: Api, buyer: User) -> None:
    open_line(business_of(buyer), 100_000)
    made = ask(api, buyer, amount=1500).body["request"]

    services.approve_credit_request(actor=lender(), request_id=made["id"], reason="Good payer")

    assert CreditLine.objects.get().limit_minor == 150_000
    decided = api.as_(buyer).get(f"{PATH}/{made['id']}").body["request"]
    assert (decided["status"], decided["decisionReason"]) == ("approved", "Good payer")
    assert decided["decidedAt"].endswith("Z")


def test_what_staff_notes_before_the_decision_is_not_shown(api: Api, buyer: User) -> None:
    made = ask(api, buyer, amount=100_000_000).body["request"]
    services.approve_credit_request(actor=lender(), request_id=made["id"], reason="A note for colleagues")

    reply = api.as_(buyer).get(f"{PATH}/{made['id']}")

    assert reply.body["request"]["status"] == "under_review"
    assert b"A note" not in reply.raw


def test_what_staff_proposes_by_itself_is_not_shown(api: Api, buyer: User) -> None:
    request = services.set_credit_limit(
        actor=lender(), business_id=business_of(buyer).id, currency="INR", limit_minor=10**11, reason="A large one"
    )
    client = api.as_(buyer)

    assert request.status == CreditRequest.Status.UNDER_REVIEW
    assert client.get(PATH).body["requests"] == []
    assert client.get(f"{PATH}/{request.id}").code == "CREDIT_REQUEST_NOT_FOUND"
    assert client.post(f"{PATH}/{request.id}/withdraw").code == "CREDIT_REQUEST_NOT_FOUND"


NO_AMOUNTS = {
    "AMOUNT_NOT_POSITIVE": ["0 INR", "0.00 INR", "-0 INR", "-0.0 INR", "-1 INR", "-1e-300 INR", "0 JPY"],
    "AMOUNT_TOO_PRECISE": ["1.001 INR", "0.1 JPY", "1.0001 KWD", "1e-9999 INR", "0.005 USD"],
    "AMOUNT_TOO_LARGE": ["100000000000.01 INR", "1e400 INR", "1e999999 INR", f"{'1' * 400} INR", "10000000000001 JPY"],
    "VALIDATION_FAILED": ['"5000" INR', "null INR", "true INR", "[5000] INR", '"NaN" INR', "{} INR"],
}


@pytest.mark.parametrize(
    ("text", "code"),
    [(text, code) for code, texts in NO_AMOUNTS.items() for text in texts],
    ids=lambda text: text[:16],
)
def test_an_amount_that_is_none_is_refused_and_leaves_every_row_as_it_was(
    api: Api, buyer: User, text: str, code: str
) -> None:
    amount, currency = text.split()

    unchanged(api, buyer, f'{{"amount": {amount}, "currency": "{currency}"}}'.encode(), (400, code), ["amount"])


@pytest.mark.parametrize("amount", [b"NaN", b"Infinity", b"-Infinity", b"1,5", b"0x10", b"1_000", b".5", b"5."])
def test_what_is_no_json_number_is_no_json(api: Api, buyer: User, amount: bytes) -> None:
    unchanged(api, buyer, b'{"amount": %b, "currency": "INR"}' % amount, (400, "MALFORMED_JSON"))


@pytest.mark.parametrize("amount", [b"0.01", b"100000000000", b"1e11", b"1.10", b"1.1e1"])
def test_any_amount_that_can_be_paid_is_taken(api: Api, buyer: User, amount: bytes) -> None:
    reply = api.as_(buyer).post(PATH, b'{"amount": %b, "currency": "INR"}' % amount)

    assert reply.status == 201
    assert CreditRequest.objects.get().limit_minor == Decimal(amount.decode()) * 100


@pytest.mark.parametrize("currency", ["XXX", "inr", "", "CHF"])
def test_a_currency_that_is_not_traded_is_refused(api: Api, buyer: User, currency: str) -> None:
    unchanged(api, buyer, BODY | {"currency": currency}, (400, "CURRENCY_NOT_SUPPORTED"), ["currency"])


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"currency": 5}, ["currency"]), ({"currency": None}, ["currency"]), ({"purpose": "x" * 501}, ["purpose"]),
        ({"purpose": None}, ["purpose"]), ({"purpose": "a\0b"}, ["purpose"]), ({"terms": "net_7"}, ["terms"]),
        ({"terms": ""}, ["terms"]), ({"amount": "x", "currency": 1, "terms": 2}, ["amount", "currency", "terms"]),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named(api: Api, buyer: User, changes: dict[str, Any], fields: list[str]) -> None:
    unchanged(api, buyer, BODY | changes, (400, "VALIDATION_FAILED"), fields)


def test_what_is_missing_is_named(api: Api, buyer: User) -> None:
    unchanged(api, buyer, {}, (400, "VALIDATION_FAILED"), ["amount", "currency"])


def test_a_limit_that_is_not_higher_is_refused(api: Api, buyer: User) -> None:
    open_line(business_of(buyer), 500_050)

    unchanged(api, buyer, BODY, (409, "CREDIT_LIMIT_NOT_HIGHER"))


def test_there_is_one_open_request_a_currency(api: Api, buyer: User) -> None:
    ask(api, buyer)

    unchanged(api, buyer, BODY | {"amount": 9999}, (409, "CREDIT_REQUEST_OPEN"))
    assert ask(api, buyer, currency="USD").status == 201


def test_the_same_key_asks_once(api: Api, buyer: User) -> None:
    client = api.as_(buyer).with_headers(Idempotency_Key="6f1c")

    first, again = client.post(PATH, BODY), client.post(PATH, {"terms": "net_60", **BODY, "amount": 5000.50})

    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    assert CreditRequest.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(api: Api, buyer: User) -> None:
    client = api.as_(buyer).with_headers(Idempotency_Key="6f1c")
    client.post(PATH, BODY)
    before = every_row()

    reply = client.post(PATH, BODY | {"amount": 6000})

    assert (reply.status, reply.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert every_row() == before


def test_a_refusal_is_repeated_for_the_same_key(api: Api, buyer: User) -> None:
    client = api.as_(buyer).with_headers(Idempotency_Key="6f1c")

    first, again = client.post(PATH, BODY | {"amount": 0}), client.post(PATH, BODY | {"amount": 0})

    assert (first.code, again.code) == ("AMOUNT_NOT_POSITIVE",) * 2
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_request_is_withdrawn_by_any_who_may_ask(api: Api, buyer: User) -> None:
    made = ask(api, buyer).body["request"]
    accountant = employee("accountant", business_of(buyer), Membership.Role.FINANCE)

    reply = api.as_(accountant).post(f"{PATH}/{made['id']}/withdraw")

    assert (reply.status, reply.body["request"]["status"]) == (200, "withdrawn")
    assert reply.body["request"]["requestedBy"] == made["requestedBy"]
    assert ask(api, buyer).status == 201


def test_a_decided_request_is_not_withdrawn(api: Api, buyer: User) -> None:
    made = ask(api, buyer).body["request"]
    services.reject_credit_request(actor=lender(), request_id=made["id"], reason="Too soon")
    before = every_row()

    reply = api.as_(buyer).post(f"{PATH}/{made['id']}/withdraw")

    assert (reply.status, reply.code) == (409, "CREDIT_REQUEST_CLOSED")
    assert every_row() == before


def test_requests_are_listed_newest_first_page_by_page(api: Api, buyer: User) -> None:
    made = [ask(api, buyer, currency=currency).body["request"]["id"] for currency in ("INR", "USD", "EUR")]
    client = api.as_(buyer)

    pages = [client.get(PATH, page=page, limit=2).body for page in (1, 2)]

    assert [one["id"] for page in pages for one in page["requests"]] == made[::-1]
    assert [page["pagination"]["hasNext"] for page in pages] == [True, False]


@pytest.mark.parametrize("missing", ["0198f000-0000-7000-8000-000000000000", "1", "x" * 300])
def test_a_request_that_is_not_there_is_not_found(api: Api, buyer: User, missing: str) -> None:
    client = api.as_(buyer)

    assert client.get(f"{PATH}/{missing}").code == "CREDIT_REQUEST_NOT_FOUND"
    assert client.post(f"{PATH}/{missing}/withdraw").code == "CREDIT_REQUEST_NOT_FOUND"


@pytest.mark.parametrize("role", [Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.FINANCE])
def test_every_role_that_keeps_the_money_may_ask(api: Api, buyer: User, role: Membership.Role) -> None:
    person = employee("person", business_of(buyer), role)

    assert ask(api, person).status == 201
    assert len(api.as_(person).get(PATH).body["requests"]) == 1
