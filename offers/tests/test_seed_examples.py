"""The examples of the owner's document, sent literally."""

import pytest

from accounts.models import User
from finance.models import CreditLine
from offers.models import Offer, Order
from offers.tests.staging import offer_body, respond
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


def test_create_offer(api: Api, buyer: User, seller: User, line: CreditLine) -> None:
    reply = api.as_(buyer).post("offers", offer_body(seller))

    assert reply.status == 201
    offer = reply.body["offer"]
    assert offer["status"] == "pending"
    assert offer["id"] == offer["_id"]
    assert offer["offerId"].startswith("OFF-")
    assert offer["buyer"]["businessName"] == "Corner Shop"
    assert offer["seller"]["id"] == str(seller.id)
    assert offer["product"] == {
        "productId": "product_id", "name": "Product Name", "specifications": [], "images": [],
    }  # fmt: skip
    assert offer["pricing"] == {
        "originalPrice": 100, "offerPrice": 85, "currency": "INR", "total": 8500, "totalMinor": 850_000,
        "discount": {"percentage": 15, "amount": 15},
    }  # fmt: skip
    assert offer["quantity"] == {"requested": 100, "unit": "pieces"}
    assert offer["terms"]["paymentTerms"] == "net_30"
    assert offer["allowedActions"] == ["withdraw"]
    assert reply.body["conversationId"] == offer["conversationId"]


def test_respond_to_offer(api: Api, seller: User, offer: Offer, sound: None) -> None:
    reply = respond(api, seller, offer, "accept", message="Deal accepted!")

    assert reply.status == 200, reply.body
    assert reply.body["offer"]["status"] == "accepted"
    assert reply.body["offer"]["negotiations"][-1]["message"] == "Deal accepted!"
    order = Order.objects.get()
    assert reply.body["order"]["id"] == str(order.id)
    assert order.hold is not None
    assert (order.total, order.hold.amount) == (850_000, 850_000)


def test_nothing_of_a_user_but_the_public_card_leaves_the_server(api: Api, seller: User, offer: Offer) -> None:
    reply = respond(api, seller, offer, "counter", changes={"price": 90})

    allowed = {"id", "_id", "firstName", "lastName", "fullName", "businessName", "avatar", "businessId"}
    assert set(reply.body["offer"]["buyer"]) == allowed
    assert set(reply.body["offer"]["negotiations"][0]["fromUser"]) == allowed - {"businessId"}
