"""`/api/offers` and `/api/orders`: drafts, refusals with their fields, outsiders, and orders."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from finance.models import CreditLine
from offers.models import Offer
from offers.tests.staging import accepted, countered, expired, fresh, later, offer_body, respond
from wholexale.common.clock import database_now
from wholexale.common.testing import Api, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def listed(api: Api, who: User, **query: Any) -> list[str]:
    return [one["id"] for one in api.as_(who).get("offers", **query).body["offers"]]


def test_a_late_answer_says_when_it_expired(api: Api, seller: User, offer: Offer) -> None:
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    reply = respond(api, seller, offer, "accept")

    assert (reply.status, reply.code) == (409, "OFFER_EXPIRED")
    assert reply.body["offer"] == {"id": str(offer.id), "status": "expired", "revision": 1, "version": 1}


def test_an_expired_offer_is_revised(api: Api, buyer: User, offer: Offer) -> None:
    end = fresh(offer).expires_at.isoformat()
    expired(offer)
    reply = api.as_(buyer).post(f"offers/{offer.id}/revise", {"changes": {"validUntil": end, "price": 90}})

    assert reply.status == 200, reply.body
    assert (reply.body["offer"]["status"], reply.body["offer"]["awaiting"]) == ("countered", "seller")
    assert reply.body["offer"]["negotiations"][-1]["action"] == "modified"


def test_a_counter_changes_price_quantity_end_and_terms(api: Api, seller: User, offer: Offer) -> None:
    end = (database_now() + timedelta(days=30)).isoformat(timespec="milliseconds")
    changes = {"price": 88, "quantity": 120, "validUntil": end, "terms": ["Packed in boxes of 12"]}
    reply = respond(api, seller, offer, "counter", changes=changes, message="88 and we ship Friday", revision=1)

    assert reply.status == 200, reply.body
    shown = reply.body["offer"]
    assert (shown["pricing"]["offerPrice"], shown["quantity"]["requested"]) == (88, 120)
    assert (shown["pricing"]["totalMinor"], shown["revision"], shown["remainingCounters"]) == (1_056_000, 2, 4)
    assert shown["terms"]["customTerms"] == ["Packed in boxes of 12"]
    step = shown["negotiations"][-1]
    assert (step["changes"]["price"], step["message"]) == (88, "88 and we ship Friday")


def test_a_draft_is_seen_by_its_own_side_until_it_is_sent(
    api: Api, buyer: User, seller: User, line: CreditLine
) -> None:
    made = api.as_(buyer).post("offers", offer_body(seller, draft=True)).body["offer"]
    path = f"offers/{made['id']}"
    assert (made["status"], made["allowedActions"], "conversationId" in made) == (
        "draft", ["send", "edit", "delete"], False,
    )  # fmt: skip
    assert api.as_(seller).get(path).code == "OFFER_NOT_FOUND"
    assert listed(api, seller) == []

    edited = api.as_(buyer).patch(path, offer_body(seller, title="A better title")).body["offer"]
    assert edited["title"] == "A better title"
    sent = api.as_(buyer).post(f"{path}/send").body["offer"]
    assert (sent["status"], sent["awaiting"]) == ("pending", "seller")
    assert api.as_(seller).get(path).status == 200
    assert api.as_(buyer).patch(path, offer_body(seller)).code == "OFFER_NOT_A_DRAFT"


def test_a_draft_that_is_given_up_was_never_there_for_the_other_side(
    api: Api, buyer: User, seller: User, line: CreditLine
) -> None:
    made = api.as_(buyer).post("offers", offer_body(seller, draft=True)).body["offer"]
    assert api.as_(buyer).delete(f"offers/{made['id']}").body["offer"]["status"] == "withdrawn"
    assert api.as_(seller).get(f"offers/{made['id']}").status == 404


def test_a_day_as_an_end_lasts_to_its_end_where_the_seller_is(
    api: Api, buyer: User, seller: User, line: CreditLine
) -> None:
    day = (database_now() + timedelta(days=3)).date()
    made = api.as_(buyer).post("offers", offer_body(seller) | {"validity": {"endDate": day.isoformat()}})
    assert made.body["offer"]["validity"]["endDate"] == f"{day.isoformat()}T18:29:59.999Z"
    assert made.body["offer"]["validity"]["timezone"] == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("path", "value", "at_fault"),
    [
        ("title", "", "title"),
        ("seller", "seller_id", "seller"),
        ("product", {"productId": "p"}, "product.name"),
        ("pricing", {"originalPrice": 100, "offerPrice": "85"}, "pricing.offerPrice"),
        ("pricing", {"originalPrice": 100, "offerPrice": -1}, "pricing.offerPrice"),
        ("pricing", {"originalPrice": 100, "offerPrice": 0.0000001}, "pricing.offerPrice"),
        ("pricing", {"originalPrice": 100, "offerPrice": 0}, "pricing.offerPrice"),
        ("quantity", {"requested": 0, "unit": "pieces"}, "quantity.requested"),
        ("quantity", {"requested": 1.5, "unit": "pieces"}, "quantity.requested"),
        ("quantity", {"requested": 1, "unit": "bushels"}, "quantity.unit"),
        ("validity", {"endDate": "soon"}, "validity.endDate"),
        ("validity", {"endDate": "2024-01-15T00:00:00Z"}, "validity.endDate"),
        ("validity", {"endDate": "2024-01-15T00:00:00"}, "validity.endDate"),
    ],
)
def test_bad_input_names_its_field_and_leaves_nothing(
    buyer: User, seller: User, path: str, value: Any, at_fault: str
) -> None:
    reply = Api().as_(buyer).post("offers", offer_body(seller) | {path: value})

    assert (reply.status, reply.fields) == (400, [at_fault])
    assert not Offer.objects.exists()


def test_an_empty_body_names_every_missing_field(api: Api, buyer: User) -> None:
    reply = api.as_(buyer).post("offers", {"seller": str(buyer.id), "title": "Bulk Order"})
    assert reply.fields == ["description", "product", "pricing", "quantity", "validity"]


def test_state_is_not_taken_from_the_body(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    forged = {"status": "accepted", "offerId": "OFF-1", "maxVendorCounters": 99, "awaiting": "buyer"}
    made = api.as_(buyer).post("offers", offer_body(seller) | forged).body["offer"]
    assert (made["status"], made["awaiting"], made["maxVendorCounters"]) == ("pending", "seller", 5)


def test_nobody_offers_to_oneself_or_to_nobody(api: Api, buyer: User, seller: User) -> None:
    loner = make_person("loner")
    for who in (buyer, loner):
        assert api.as_(buyer).post("offers", offer_body(who)).code == "INVALID_SELLER"
    assert api.as_(loner).post("offers", offer_body(seller)).code == "BUSINESS_NOT_FOUND"


def test_a_business_is_named_as_the_seller(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    body = offer_body(seller) | {"seller": str(seller.membership.business_id)}
    assert api.as_(buyer).post("offers", body).body["offer"]["seller"]["id"] == str(seller.id)


def test_an_unknown_action_is_refused(api: Api, seller: User, offer: Offer) -> None:
    assert respond(api, seller, offer, "haggle").code == "INVALID_ACTION"
    assert respond(api, seller, offer, "counter").fields == ["changes"]


def test_an_outsider_finds_nothing(api: Api, outsider: User, seller: User, offer: Offer) -> None:
    order = accepted(seller, offer)
    client = api.as_(outsider)
    for method, path in [
        ("GET", f"offers/{offer.id}"), ("PUT", f"offers/{offer.id}/respond"), ("PUT", f"offers/{offer.id}/withdraw"),
        ("GET", f"offers/{offer.id}/history"), ("POST", f"offers/{offer.id}/send"), ("DELETE", f"offers/{offer.id}"),
    ]:  # fmt: skip
        body = {"action": "accept"} if path.endswith("respond") else {}
        assert (path, client.send(method, path, body).code) == (path, "OFFER_NOT_FOUND")
    for method, path in [
        ("GET", ""), ("POST", "/confirm"), ("POST", "/fulfil"), ("POST", "/confirm-delivery"), ("POST", "/settle"),
        ("POST", "/cancel"), ("POST", "/payments"),
    ]:  # fmt: skip
        body = {"reason": "None of mine", "method": "upi"}
        assert (path, client.send(method, f"orders/{order.id}{path}", body).code) == (path, "ORDER_NOT_FOUND")
    assert client.get("orders").body["orders"] == []


def test_the_history_of_a_draft_stays_the_buyers_own(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    made = api.as_(buyer).post("offers", offer_body(seller, draft=True)).body["offer"]
    api.as_(buyer).post(f"offers/{made['id']}/send")

    def actions(who: User) -> list[str]:
        return [step["action"] for step in api.as_(who).get(f"offers/{made['id']}/history").body["events"]]

    assert actions(buyer) == ["drafted", "sent"]
    assert actions(seller) == ["sent"]


def test_history_lists_every_step(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    api.as_(seller).get(f"offers/{offer.id}")
    countered(seller, offer)
    steps = api.as_(buyer).get(f"offers/{offer.id}/history").body["events"]
    assert [(step["action"], step["oldStatus"], step["newStatus"]) for step in steps] == [
        ("sent", None, "pending"), ("viewed", "pending", "viewed"), ("countered", "viewed", "countered"),
    ]  # fmt: skip


def test_an_order_is_settled_over_rest(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    order = respond(api, seller, offer, "accept").body["order"]
    path = f"orders/{order['id']}"
    assert (order["hold"]["status"], order["allowedActions"]) == ("held", ["confirm", "fulfil", "cancel"])
    assert api.as_(seller).post(f"{path}/confirm", {"note": "On its way soon"}).body["order"]["status"] == "confirmed"
    sent = api.as_(seller).post(f"{path}/fulfil", {"lines": [{"position": 1, "quantity": 40}], "carrier": "Delhivery"})
    assert (sent.body["order"]["status"], sent.body["order"]["lines"][0]["fulfilled"]) == ("partly_fulfilled", 40)
    over = api.as_(seller).post(f"{path}/fulfil", {"lines": [{"position": 1, "quantity": 61}]})
    assert (over.status, over.fields) == (400, ["lines.1.quantity"])
    assert api.as_(seller).post(f"{path}/fulfil", {}).body["order"]["status"] == "fulfilled"
    assert api.as_(buyer).post(f"{path}/confirm-delivery", {}).body["order"]["status"] == "delivered"
    settled = api.as_(seller).post(f"{path}/settle", {}).body["order"]
    assert (settled["status"], settled["invoice"]["number"][:4], settled["hold"]["status"]) == (
        "settled", "INV-", "posted",
    )  # fmt: skip
    assert [step["action"] for step in settled["history"]] == [
        "placed", "confirmed", "fulfilled", "fulfilled", "delivered", "settled",
    ]  # fmt: skip
    assert api.as_(buyer).get("orders", role="buyer", status="settled").body["pagination"]["total"] == 1


def test_an_answer_to_the_end_is_judged_by_the_databases_clock(api: Api, seller: User, offer: Offer) -> None:
    with later(offer, seconds=-1):
        assert respond(api, seller, offer, "accept").status == 200
