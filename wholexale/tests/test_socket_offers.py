"""Offers on the socket: the examples of the owner's document, pushes to both sides, refusals, and repeats."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wholexale.realtime.client import Refused
from wholexale.tests.live import Person, Server

pytestmark = pytest.mark.live


def trader(server: Server, name: str) -> Person:
    """Register somebody with a business."""
    return Person.register(server, name, businessName=f"{name} Trading", businessType="manufacturer")


def offer_to(seller: Person) -> dict[str, Any]:
    """Return the owner's example, with an end that lies ahead."""
    return {
        "title": "Bulk Order Request",
        "description": "I need 100 units of your product",
        "seller": seller.id,
        "product": {"productId": "product_id", "name": "Product Name"},
        "pricing": {"originalPrice": 100, "offerPrice": 85},
        "quantity": {"requested": 100, "unit": "pieces"},
        "validity": {"endDate": (datetime.now(UTC) + timedelta(days=7)).isoformat()},
    }


async def test_an_offer_is_made_answered_and_followed_by_both_sides(server: Server) -> None:
    buyer, seller = trader(server, "Buyer"), trader(server, "Seller")
    async with buyer.socket() as ours, seller.socket() as theirs:
        made = await ours.call("offer:create", **offer_to(seller))
        received = await theirs.expect("offer:received")
        created = await ours.expect("offer:created")
        answer = await theirs.call(
            "offer:respond", offerId=made["offer"]["id"], action="accept", message="Deal accepted!"
        )
        response = await ours.expect("offer:response")
        responded = await theirs.expect("offer:responded")

    assert made["offer"]["status"] == "pending"
    assert received["conversationId"] == created["conversationId"] == made["conversationId"]
    assert (received["offer"]["allowedActions"], created["offer"]["allowedActions"]) == (
        ["accept", "reject", "counter"], ["withdraw"],
    )  # fmt: skip
    assert (answer["offer"]["status"], answer["order"]["settlement"]) == ("accepted", "prepaid")
    assert (response["action"], response["responder"]["id"]) == ("accept", seller.id)
    assert responded["offer"]["orderId"] == answer["order"]["id"]


async def test_an_incomplete_offer_names_what_is_missing(server: Server) -> None:
    buyer, seller = trader(server, "Buyer"), trader(server, "Seller")
    async with buyer.socket() as socket:
        with pytest.raises(Refused) as caught:
            await socket.call("offer:create", seller=seller.id, title="Bulk Order")

    assert caught.value.code == "VALIDATION_FAILED"
    assert [one["path"] for one in caught.value.error["details"]] == [
        "description", "product", "pricing", "quantity", "validity",
    ]  # fmt: skip


async def test_the_same_key_makes_one_offer(server: Server) -> None:
    buyer, seller = trader(server, "Buyer"), trader(server, "Seller")
    body = offer_to(seller) | {"idempotencyKey": "once"}
    async with buyer.socket() as socket, buyer.socket() as other:
        first = await socket.call("offer:create", **body)
        again = await other.call("offer:create", **body)
        code = await other.refused("offer:create", **body | {"title": "Another"})
        own = await socket.refused("offer:respond", offerId=first["offer"]["id"], action="accept", idempotencyKey="two")
        repeated = await other.refused(
            "offer:respond", offerId=first["offer"]["id"], action="accept", idempotencyKey="two"
        )

    assert (first, code) == (again, "IDEMPOTENCY_KEY_REUSED")
    assert own == repeated == "NOT_YOUR_TURN"


async def test_an_outsider_finds_no_offer(server: Server) -> None:
    buyer, seller, outsider = (trader(server, name) for name in ("Buyer", "Seller", "Outsider"))
    async with buyer.socket() as socket, outsider.socket() as other:
        made = await socket.call("offer:create", **offer_to(seller))
        assert await other.refused("offer:respond", offerId=made["offer"]["id"], action="accept") == "OFFER_NOT_FOUND"


async def test_an_offer_over_rest_reaches_sockets_and_its_card_the_conversation(server: Server) -> None:
    buyer, seller = trader(server, "Buyer"), trader(server, "Seller")
    async with seller.socket() as socket:
        made = buyer.request("POST", "/api/offers", offer_to(seller)).json()
        await socket.expect("offer:received")
        joined = await socket.call("chat:join", conversationId=made["conversationId"], lastSeq=0)
        card = joined["events"][0]["data"]["message"]
        assert (card["messageType"], card["offer"]["status"], card["offer"]["unitPrice"]) == ("offer", "pending", 85)
        seller.request("PUT", f"/api/offers/{made['offer']['id']}/respond", {"action": "reject"})
        update = await socket.expect("chat:updated")

    assert update["message"]["offer"]["status"] == "rejected"
