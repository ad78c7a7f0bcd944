"""Races between processes: of all that is decided at once, one thing comes of it, and nobody accepts without it."""

from collections.abc import Iterator
from itertools import count

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import Membership, User
from finance import services as finance_services
from finance.tests.racers import Call, Crew, crew_of, lasting, turns
from offers.models import ApprovalDecision, ApprovalRequest, Offer, Order
from offers.services import ApprovalWish
from offers.tests.approving import ACCEPT, APPROVE, REJECT, asked, decided, policy_of
from offers.tests.audit import faults
from offers.tests.staging import business_of, employee, offered, open_line
from wholexale.common.testing import make_person

K = 4
ROUNDS = pytest.mark.parametrize(
    "rounds", [3, pytest.param(300, marks=[pytest.mark.proof, pytest.mark.timeout(1_800)])]
)
_numbers = count()


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let all tests of this module commit to one database; each works with people of its own."""
    with lasting(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def crew(db: None) -> Iterator[Crew]:
    with crew_of(K) as crew:
        yield crew


@pytest.fixture(autouse=True)
def _sound(db: None) -> Iterator[None]:
    yield
    assert faults() == []
    assert finance_services.find_drift() == []


class Firm:
    """A seller with K admins and a member, whose buyer has credit without end."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.buyer = make_person(f"buyer{number}", owns="Corner Shop")
        self.owner = make_person(f"owner{number}", owns="Cotton Mill")
        business = business_of(self.owner)
        self.member = employee(f"member{number}", business)
        self.admins = [employee(f"admin{number}-{place}", business, Membership.Role.ADMIN) for place in range(K)]
        open_line(business_of(self.buyer), 10**12)

    def requests(self, number: int) -> list[ApprovalRequest]:
        """Let the member ask about so many offers."""
        return [asked(self.member, offered(self.buyer, self.owner)) for _ in range(number)]


@pytest.fixture
def firm(db: None) -> Firm:
    return Firm()


def decision_of(who: User, request: ApprovalRequest, decision: ApprovalDecision.Decision = APPROVE) -> Call:
    return Call("decide_approval", {"actor": who, "approval_id": request.id, "decision": decision}, "offers.services")


def acceptance_of(who: User, offer_id: object) -> Call:
    return Call("accept_offer", {"actor": who, "offer_id": offer_id}, "offers.services")


@ROUNDS
def test_as_many_approve_at_once_as_are_needed_and_the_others_are_too_late(firm: Firm, crew: Crew, rounds: int) -> None:
    policy_of(firm.owner, approvals_needed=2)
    requests = firm.requests(rounds)
    answers = crew.race(*([decision_of(who, one) for one in requests] for who in firm.admins))

    for request, turn in zip(requests, turns(answers), strict=True):
        assert sorted(answer.code for answer in turn) == ["APPROVAL_CLOSED", "APPROVAL_CLOSED", "ok", "ok"]
        request.refresh_from_db()
        assert (request.status, request.decisions.count()) == ("approved", 2)


@ROUNDS
def test_of_a_yes_and_a_no_at_once_one_counts(firm: Firm, crew: Crew, rounds: int) -> None:
    policy_of(firm.owner)
    requests = firm.requests(rounds)
    voices = zip(firm.admins, [APPROVE, REJECT, APPROVE, REJECT], strict=True)
    answers = crew.race(*([decision_of(who, one, voice) for one in requests] for who, voice in voices))

    for request, turn in zip(requests, turns(answers), strict=True):
        assert sorted(answer.code for answer in turn) == ["APPROVAL_CLOSED"] * 3 + ["ok"]
        request.refresh_from_db()
        expected = {"approve": "approved", "reject": "rejected"}[request.decisions.get().decision]
        assert request.status == expected


@ROUNDS
def test_the_same_person_decides_once(firm: Firm, crew: Crew, rounds: int) -> None:
    policy_of(firm.owner, approvals_needed=2)
    requests = firm.requests(rounds)
    answers = crew.race(*([decision_of(firm.admins[0], one) for one in requests] for _ in range(K)))

    for request, turn in zip(requests, turns(answers), strict=True):
        assert sorted(answer.code for answer in turn) == ["APPROVAL_DECIDED_BEFORE"] * 3 + ["ok"]
        request.refresh_from_db()
        assert (request.status, request.decisions.count()) == ("pending", 1)


@ROUNDS
def test_who_accepts_at_the_same_time_does_so_after_the_approval_or_not_at_all(
    firm: Firm, crew: Crew, rounds: int
) -> None:
    policy_of(firm.owner)
    requests = firm.requests(rounds)
    answers = crew.race(
        [decision_of(firm.admins[0], one) for one in requests],
        [decision_of(firm.admins[1], one, REJECT) for one in requests],
        *([acceptance_of(who, one.offer_id) for one in requests] for who in (firm.member, firm.admins[0])),
    )

    for request, turn in zip(requests, turns(answers), strict=True):
        approved, rejected, by_member, by_approver = (answer.code for answer in turn)
        assert {approved, rejected} <= {"ok", "APPROVAL_CLOSED"}
        assert by_approver in {"APPROVAL_REQUIRED", "replay"}
        assert by_member == "APPROVAL_REQUIRED" or (by_member, approved) == ("ok", "ok")
        assert Order.objects.filter(offer_id=request.offer_id).count() == int(by_member == "ok")


@ROUNDS
def test_what_several_ask_at_once_is_asked_once(firm: Firm, crew: Crew, rounds: int) -> None:
    policy_of(firm.owner)
    offers: list[Offer] = [offered(firm.buyer, firm.owner) for _ in range(rounds)]
    wish = ApprovalWish(action=ACCEPT)
    asking = [
        [
            Call("request_approval", {"actor": who, "offer_id": one.id, "wish": wish}, "offers.services")
            for one in offers
        ]
        for who in [firm.member, *firm.admins[1:]]
    ]
    answers = crew.race(*asking)

    for offer, turn in zip(offers, turns(answers), strict=True):
        assert {answer.code for answer in turn} == {"ok"}
        assert {answer.result.id for answer in turn} == {ApprovalRequest.objects.get(offer=offer).id}
        decided(firm.admins[0], turn[0].result)
