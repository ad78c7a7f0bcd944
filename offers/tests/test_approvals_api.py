"""Approvals over REST: what is shown to whom, what is pushed, what stays; the other side never learns of any of it."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance.models import CreditLine
from offers.models import ApprovalDecision, ApprovalPolicy, ApprovalPolicyChange, ApprovalRequest, Offer
from offers.services import TermChanges
from offers.tests.approving import SEND, asked, decided, policy_of
from offers.tests.staging import accepted, every_row, offered, respond
from wholexale.common.admin import admin_url, list_url
from wholexale.common.clock import database_now
from wholexale.common.realtime import Item, Outgoing, user_group
from wholexale.common.testing import Api, Reply, SentItems, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("sound", "audited")]


def ask(api: Api, who: User, offer: Offer, **body: Any) -> Reply:
    return api.as_(who).post(f"offers/{offer.id}/approvals", {"action": "accept"} | body)


def decide(api: Api, who: User, request_id: str, decision: str = "approve", **body: Any) -> Reply:
    return api.as_(who).post(f"approvals/{request_id}/decide", {"decision": decision} | body)


def pushed(items: list[Item], event: str) -> list[tuple[set[str], Any]]:
    return [
        (set(item.to), item.push)
        for item in items
        if isinstance(item, Outgoing) and item.push.event.startswith(f"offer:approval_{event}")
    ]


def test_from_the_refusal_to_the_order(api: Api, seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy = policy_of(seller)
    before = every_row()
    reply = respond(api, colleague, offer, "accept")
    assert (reply.status, reply.code) == (409, "APPROVAL_REQUIRED")
    assert reply.body["approval"] == {
        "action": "accept", "policyId": str(policy.id), "threshold": 8500, "thresholdMinor": 850_000,
        "currency": "INR", "approverRole": "admin", "needed": 1, "given": 0,
    }  # fmt: skip
    assert every_row() == before

    made = ask(api, colleague, offer, message="  A good customer ")
    assert made.status == 201, made.body
    request = made.body["approval"]
    assert respond(api, colleague, offer, "accept").body["approval"]["pendingId"] == request["id"]
    done = decide(api, manager, request["id"], reason="Fine")
    assert (done.status, done.body["approval"]["status"]) == (200, "approved")
    assert respond(api, colleague, offer, "accept").body["offer"]["status"] == "accepted"


def test_a_request_shows_exactly_what_is_asked(
    api: Api, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy = policy_of(seller, "8000", SEND)
    body = {"action": "send", "changes": {"price": 88.5, "quantity": 110, "terms": ["Two parts"]}, "message": "So?"}
    shown = ask(api, colleague, offer, **body).body["approval"]

    assert (shown["offerNumber"], shown["revision"], shown["status"]) == (offer.offer_number, 1, "pending")
    assert (shown["total"], shown["totalMinor"], shown["currency"]) == (9735, 973_500, "INR")
    (line,) = shown["terms"]["lines"]
    assert (line["product"], line["quantity"], line["unit"], line["offerPrice"]) == (
        {"productId": "product_id", "name": "Product Name", "specifications": [], "images": []}, 110, "pieces", 88.5,
    )  # fmt: skip
    assert shown["terms"]["terms"]["customTerms"] == ["Two parts"]
    assert shown["needs"] == [{"policyId": str(policy.id), "approverRole": "admin", "needed": 1}]
    assert (shown["message"], shown["requestedBy"]["id"], shown["decisions"]) == ("So?", str(colleague.id), [])

    decided = decide(api, manager, shown["id"], "reject", reason=" Too much ").body["approval"]
    (said,) = decided["decisions"]
    assert (said["decision"], said["role"], said["reason"]) == ("reject", "admin", "Too much")
    assert (said["decidedBy"]["id"], decided["status"]) == (str(manager.id), "rejected")
    assert api.as_(colleague).get(f"approvals/{shown['id']}").body["approval"] == decided


def test_what_was_approved_is_sent_by_the_same_changes(
    api: Api, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller, "9000", SEND)
    changes = {"price": 90.00, "validUntil": "2027-06-01", "description": "By June"}
    request = ask(api, colleague, offer, action="send", changes=changes).body["approval"]
    decide(api, manager, request["id"])
    assert respond(api, colleague, offer, "counter", changes=changes | {"price": 91}).code == "APPROVAL_REQUIRED"
    assert respond(api, colleague, offer, "counter", changes=changes).body["offer"]["awaiting"] == "buyer"


def test_lists_are_of_the_own_business(  # noqa: PLR0917 - who is there
    api: Api, buyer: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    request = asked(colleague, offer)
    for who in (seller, colleague, manager):
        client = api.as_(who)
        for path in ("approvals", f"offers/{offer.id}/approvals"):
            assert [one["id"] for one in client.get(path).body["approvals"]] == [str(request.id)]
    client = api.as_(manager)
    assert [one["id"] for one in client.get("approvals", status="pending").body["approvals"]] == [str(request.id)]
    decided(manager, request)
    assert client.get("approvals", status="pending").body["approvals"] == []
    assert client.get("approvals", status="approved").body["pagination"]["total"] == 1
    assert client.get("approvals", status="open").status == 400


# Who never learns of it


def test_the_other_side_learns_nothing(  # noqa: PLR0917 - who is there
    api: Api, buyer: User, seller: User, colleague: User, manager: User, offer: Offer, sent: SentItems
) -> None:
    client = api.as_(buyer)
    paths = [f"offers/{offer.id}", f"offers/{offer.id}/history", "offers", "chat/conversations"]
    before = [without_time(client.get(path).body) for path in paths]
    with sent() as items:
        policy_of(seller)
        respond(api, colleague, offer, "accept")
        request = asked(colleague, offer)
        decided(manager, request)
    assert [without_time(client.get(path).body) for path in paths] == before
    assert user_group(buyer.id) not in {group for item in items if isinstance(item, Outgoing) for group in item.to}

    for path in ("approvals", f"offers/{offer.id}/approvals"):
        reply = client.get(path)
        assert (reply.status, reply.body["approvals"], reply.body["pagination"]["total"]) == (200, [], 0)
    for reply in (client.get(f"approvals/{request.id}"), decide(api, buyer, str(request.id))):
        assert (reply.status, reply.code) == (404, "APPROVAL_NOT_FOUND")


def without_time(body: Any) -> Any:
    """Leave out how much time is left."""
    if isinstance(body, dict):
        return {name: without_time(value) for name, value in body.items() if name != "timeRemaining"}
    return [without_time(one) for one in body] if isinstance(body, list) else body


def test_outsiders_find_nothing(  # noqa: PLR0917 - who is there
    api: Api, outsider: User, staff: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    request = asked(colleague, offer)
    for who in (outsider, make_person("loner"), staff):
        client = api.as_(who)
        assert client.get("approvals").body["approvals"] == []
        for reply in (client.get(f"offers/{offer.id}/approvals"), ask(api, who, offer)):
            assert (reply.status, reply.code) == (404, "OFFER_NOT_FOUND")
        for reply in (client.get(f"approvals/{request.id}"), decide(api, who, str(request.id))):
            assert (reply.status, reply.code) == (404, "APPROVAL_NOT_FOUND")
    assert api.as_(colleague).get("approvals/nonsense").code == "APPROVAL_NOT_FOUND"
    assert ask(api, outsider, Offer(id=request.id)).code == "OFFER_NOT_FOUND"


def test_who_does_not_deal_asks_for_nothing(
    api: Api, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    type(manager.membership).objects.filter(user=manager).update(role="finance")
    reply = ask(api, manager, offer)
    assert (reply.status, reply.code) == (403, "INSUFFICIENT_PERMISSIONS")


# Who hears of it


def test_those_who_may_decide_and_who_has_asked_are_told(
    seller: User, colleague: User, manager: User, offer: Offer, sent: SentItems
) -> None:
    policy_of(seller)
    with sent() as items:
        request = asked(colleague, offer)
        asked(colleague, offer)
    ((groups, push),) = pushed(items, "requested")
    assert groups == {user_group(seller.id), user_group(manager.id)}
    assert (push.approval_id, push.offer_id, push.action, push.revision) == (
        str(request.id), str(offer.id), "accept", 1,
    )  # fmt: skip

    with sent() as items:
        decided(manager, request)
    ((groups, push),) = pushed(items, "decided")
    assert groups == {user_group(seller.id), user_group(manager.id), user_group(colleague.id)}
    assert (push.approval_id, push.decision, push.status) == (str(request.id), "approve", "approved")


# What it costs, what stays, and what staff see


def test_accepting_without_policies_costs_one_statement(seller: User, offer: Offer) -> None:
    with CaptureQueriesContext(connection) as captured:
        accepted(seller, offer)
    about = [query["sql"] for query in captured if "offers_approval" in query["sql"]]
    assert len(about) == 1
    assert "offers_approvalpolicy" in about[0]


def test_accepting_what_was_approved_costs_two(seller: User, colleague: User, manager: User, offer: Offer) -> None:
    policy_of(seller)
    policy_of(seller, "100")
    decided(manager, asked(colleague, offer))
    with CaptureQueriesContext(connection) as captured:
        accepted(colleague, offer)
    assert len([query for query in captured if "offers_approval" in query["sql"]]) == 2


def test_decisions_and_the_history_of_policies_stay_as_they_are(
    seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy_of(seller)
    decided(manager, asked(colleague, offer))
    for rows in (ApprovalDecision.objects.all(), ApprovalPolicyChange.objects.all()):
        assert rows.exists()
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            rows.update(created_at=database_now())
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_a_list_takes_few_queries(  # noqa: PLR0917 - who is there
    api: Api,
    buyer: User,
    seller: User,
    colleague: User,
    manager: User,
    line: CreditLine,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    policy_of(seller)
    policy_of(seller, "0", SEND)
    for _ in range(3):
        decided(manager, asked(colleague, offered(buyer, seller)))
    asked(colleague, Offer.objects.all()[0], SEND, TermChanges(price=Decimal(99)))
    client = api.as_(manager)
    with django_assert_max_num_queries(7):
        assert len(client.get("approvals").body["approvals"]) == 4
    with django_assert_max_num_queries(5):
        assert len(client.get("approval-policies").body["policies"]) == 2


def test_staff_read_both_and_edit_nothing(
    staff: User, seller: User, colleague: User, manager: User, offer: Offer
) -> None:
    policy = policy_of(seller)
    request = asked(colleague, offer)
    decided(manager, request)
    client = Client()
    client.force_login(staff)
    for row in (policy, request):
        page = client.get(admin_url(row))
        assert page.status_code == 200
        assert not page.context["has_change_permission"]
        assert client.post(admin_url(row), {}).status_code == 403
        for words in ("", str(row.id), "Cotton", offer.offer_number):
            assert client.get(list_url(type(row), q=words)).status_code == 200
    assert list(client.get(list_url(ApprovalRequest, q=offer.offer_number)).context["cl"].result_list) == [request]
    assert list(client.get(list_url(ApprovalPolicy, q="Cotton")).context["cl"].result_list) == [policy]

    clerk = make_person("clerk", role=User.Role.ADMIN)
    client.force_login(clerk)
    assert client.get(admin_url(policy)).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_approvalpolicy"))
    assert client.get(admin_url(policy)).status_code == 200
