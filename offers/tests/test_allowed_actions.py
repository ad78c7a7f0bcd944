"""What an offer lets its reader do where colleagues must approve the terms first."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from finance.tests.staging import employee
from offers import services
from offers.models import Offer
from offers.tests.approving import REJECT, SEND, asked, decided, policy_of
from offers.tests.staging import business_of, countered, line_wish, offer_wish, offered
from wholexale.common.testing import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("line")]


def actions(api: Api, who: User, offer: Offer) -> Any:
    """Return what somebody may do, as the offer says it when it is read, and in a list as well."""
    client = api.as_(who)
    alone = client.get(f"offers/{offer.id}").body["offer"]["allowedActions"]
    (listed,) = [one for one in client.get("offers").body["offers"] if one["id"] == str(offer.id)]
    assert listed["allowedActions"] == alone
    return alone


def test_who_needs_an_approval_asks_for_it_instead_of_accepting(
    api: Api, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    assert actions(api, colleague, offer) == ["accept", "reject", "counter"]
    policy_of(seller)
    assert actions(api, colleague, offer) == ["requestApproval", "reject", "counter"]

    request = asked(colleague, offer)
    assert actions(api, colleague, offer)[0] == "requestApproval"
    decided(manager, request)

    assert actions(api, colleague, offer)[0] == "accept"
    assert actions(api, manager, offer)[0] == "requestApproval"  # their own approval does not count for them


def test_what_was_approved_is_of_the_terms_and_of_nothing_else(  # noqa: PLR0917 - who is there
    api: Api, buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000")
    other = offered(buyer, seller)
    assert actions(api, colleague, other)[0] == "accept"  # 8,500
    offer = countered(buyer, countered(seller, offer, "98"), "95")
    assert actions(api, colleague, offer)[0] == "requestApproval"
    decided(manager, asked(colleague, offer), REJECT)
    assert actions(api, colleague, offer)[0] == "requestApproval"
    decided(manager, asked(colleague, offer))
    assert actions(api, colleague, offer)[0] == "accept"

    offer = countered(buyer, countered(seller, offer, "97"), "96")
    assert actions(api, colleague, offer)[0] == "requestApproval"


def test_every_policy_that_applies_must_be_met(
    api: Api, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "1000")
    policy_of(seller, "8000", approver_role="owner")
    request = asked(colleague, offer)
    decided(manager, request)
    assert actions(api, colleague, offer)[0] == "requestApproval"
    decided(seller, request)
    assert actions(api, colleague, offer)[0] == "accept"


def test_a_draft_is_sent_as_others_are_accepted(api: Api, buyer: User, seller: User) -> None:
    boss = employee("boss", business_of(buyer), Membership.Role.ADMIN)
    draft = services.make_offer(actor=buyer, wish=replace(offer_wish(seller), is_draft=True))
    policy_of(buyer, action=SEND)

    assert actions(api, buyer, draft) == ["requestApproval", "edit", "delete"]
    decided(boss, asked(buyer, draft, SEND))
    assert actions(api, buyer, draft) == ["send", "edit", "delete"]


def test_the_other_side_and_the_other_action_are_not_concerned(
    api: Api, buyer: User, seller: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    assert actions(api, buyer, offer) == ["withdraw"]
    answered = countered(seller, offer)
    policy_of(seller, action=SEND)
    assert actions(api, buyer, answered) == ["accept", "reject", "counter", "withdraw"]
    assert actions(api, seller, offered(buyer, seller, lines=[line_wish("84")])) == ["accept", "reject", "counter"]


def test_a_list_takes_as_many_queries_for_many_as_for_one(  # noqa: PLR0917 - who is there
    api: Api, buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    client = api.as_(colleague)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("offers")
        return len(captured)

    few = queries()
    for _ in range(4):
        decided(manager, asked(colleague, offered(buyer, seller)))
    assert queries() == few
