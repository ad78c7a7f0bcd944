"""Two people of a business and one offer, order, product or rule: who has not seen the last change changes nothing."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from finance.models import CreditLine
from offers import services
from offers.models import Category, Offer, Order, PriceBand
from offers.tests.staging import accepted, countered, every_row, expired, fresh, later, offer_body, respond, stocked
from wholexale.common.errors import DomainError, PreconditionFailed
from wholexale.common.testing import Api, Reply, at_once

pytestmark = pytest.mark.django_db

STALE = '"999"'


@pytest.fixture
def draft(api: Api, buyer: User, seller: User, line: CreditLine) -> Any:
    return api.as_(buyer).post("offers", offer_body(seller, draft=True)).body["offer"]


@pytest.fixture
def order(seller: User, offer: Offer) -> Order:
    return accepted(seller, offer)


def seeing(tag: str, api: Api, who: User) -> Api:
    return api.with_headers(If_Match=tag).as_(who)


def stands(reply: Reply, code: str = "PRECONDITION_FAILED") -> dict[str, Any]:
    """Check a refusal, and return how it says that things stand."""
    assert (reply.status, reply.code) == (412, code), reply.body
    (name,) = set(reply.body) & {"offer", "order", "product", "band"}
    said: dict[str, Any] = reply.body[name]
    return said


def test_an_offer_is_read_with_its_version_as_a_tag(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    assert api.as_(buyer).get(f"offers/{offer.id}").headers["ETag"] == f'"{fresh(offer).version}"' == '"1"'
    assert api.as_(seller).get(f"offers/{offer.id}").headers["ETag"] == '"1"', "a first look is no change"
    assert respond(api, seller, offer, "counter", changes={"price": 90}).headers["ETag"] == '"2"'


@pytest.mark.parametrize(
    "answer",
    [{"action": "accept"}, {"action": "reject"}, {"action": "counter", "changes": {"price": 95}}],
    ids=lambda answer: answer["action"],
)
def test_an_answer_to_an_offer_that_was_changed_is_refused_and_says_how_it_stands(
    api: Api, buyer: User, seller: User, offer: Offer, answer: dict[str, Any]
) -> None:
    countered(seller, offer)
    before = every_row()
    reply = seeing('"1"', api, buyer).put(f"offers/{offer.id}/respond", answer)

    assert stands(reply) == {"id": str(offer.id), "status": "countered", "revision": 2, "version": 2}
    assert {name: rows for name, rows in every_row().items() if rows != before[name]} == {}
    assert "ETag" not in reply.headers
    assert seeing('"2"', api, buyer).put(f"offers/{offer.id}/respond", answer).status == 200


@pytest.mark.parametrize("tag", ['"1"', '"7", "1"', "*", '"1-gzip"', None])
def test_the_version_that_was_seen_a_list_with_it_and_a_star_match(
    api: Api, seller: User, offer: Offer, tag: str | None
) -> None:
    client = api if tag is None else api.with_headers(If_Match=tag)
    assert respond(client, seller, offer, "reject").status == 200


@pytest.mark.parametrize("tag", ['W/"1"', '"2"', '"11"', '"1.0"', '""', '"*"'])
def test_other_versions_and_weak_tags_do_not(api: Api, seller: User, offer: Offer, tag: str) -> None:
    assert stands(respond(api.with_headers(If_Match=tag), seller, offer, "reject"))["version"] == 1
    assert fresh(offer).status == "pending"


def test_a_tag_without_quotes_is_malformed(api: Api, seller: User, offer: Offer) -> None:
    reply = respond(api.with_headers(If_Match="1"), seller, offer, "reject")
    assert (reply.status, reply.code, reply.fields) == (400, "VALIDATION_FAILED", ["If-Match"])


def test_what_is_not_there_for_the_caller_is_not_there_whatever_was_seen(
    api: Api, outsider: User, offer: Offer
) -> None:
    assert seeing("*", api, outsider).put(f"offers/{offer.id}/withdraw", {}).code == "OFFER_NOT_FOUND"
    assert seeing(STALE, api, outsider).put(f"offers/{offer.id}/withdraw", {}).code == "OFFER_NOT_FOUND"


def test_who_has_accepted_gets_the_order_again_whatever_was_seen(api: Api, seller: User, offer: Offer) -> None:
    client = api.with_headers(If_Match='"1"')
    first, again = (respond(client, seller, offer, "accept").body["order"]["id"] for _ in range(2))
    assert first == again


def test_the_same_key_gets_the_same_refusal(api: Api, buyer: User, seller: User, offer: Offer) -> None:
    countered(seller, offer)
    client = api.with_headers(If_Match='"1"', Idempotency_Key="6f1c")
    first, again = (respond(client, buyer, offer, "accept") for _ in range(2))
    assert stands(first)["version"] == 2
    assert (again.raw, again.headers["Idempotent-Replayed"]) == (first.raw, "true")


def test_a_draft_is_edited_sent_and_given_up_as_it_was_seen(api: Api, buyer: User, seller: User, draft: Any) -> None:
    path, body = f"offers/{draft['id']}", offer_body(seller, title="A better title")
    edited = seeing('"1"', api, buyer).patch(path, body)
    assert (edited.status, edited.headers["ETag"]) == (200, '"2"')

    assert stands(seeing('"1"', api, buyer).patch(path, body))["status"] == "draft"
    assert stands(seeing('"1"', api, buyer).post(f"{path}/send"))["version"] == 2
    assert stands(seeing('"1"', api, buyer).delete(path))["version"] == 2
    assert seeing('"2"', api, buyer).post(f"{path}/send").headers["ETag"] == '"3"'


def test_an_offer_is_withdrawn_and_renewed_as_it_was_seen(api: Api, buyer: User, offer: Offer) -> None:
    end = fresh(offer).expires_at.isoformat()
    assert stands(seeing(STALE, api, buyer).put(f"offers/{offer.id}/withdraw", {}))["status"] == "pending"
    expired(offer)
    changes = {"changes": {"validUntil": end}}
    assert stands(seeing('"1"', api, buyer).post(f"offers/{offer.id}/revise", changes))["status"] == "expired"
    assert seeing('"2"', api, buyer).post(f"offers/{offer.id}/revise", changes).headers["ETag"] == '"3"'


def test_what_was_seen_is_judged_before_how_it_stands(api: Api, seller: User, offer: Offer) -> None:
    with later(offer):
        assert stands(respond(api.with_headers(If_Match=STALE), seller, offer, "accept"))["status"] == "expired"
        assert respond(api.with_headers(If_Match='"1"'), seller, offer, "accept").code == "OFFER_EXPIRED"


def test_an_order_is_changed_as_it_was_seen(api: Api, buyer: User, seller: User, order: Order) -> None:
    path = f"orders/{order.id}"
    assert api.as_(seller).get(path).headers["ETag"] == '"1"'
    assert stands(seeing(STALE, api, seller).post(f"{path}/confirm", {})) == {
        "id": str(order.id), "status": "accepted", "version": 1,
    }  # fmt: skip
    assert stands(seeing(STALE, api, buyer).post(f"{path}/cancel", {"reason": "No"}))["version"] == 1
    assert seeing('"1"', api, seller).post(f"{path}/confirm", {}).headers["ETag"] == '"2"'
    assert stands(seeing('"1"', api, seller).post(f"{path}/fulfil", {}))["status"] == "confirmed"
    assert seeing('"2"', api, seller).post(f"{path}/fulfil", {}).status == 200
    assert stands(seeing('"2"', api, buyer).post(f"{path}/confirm-delivery", {}))["version"] == 3
    assert stands(seeing('"2"', api, seller).post(f"{path}/settle", {}))["version"] == 3
    settled = seeing('"3"', api, seller).post(f"{path}/settle", {})
    again = seeing('"3"', api, seller).post(f"{path}/settle", {})
    assert (settled.headers["ETag"], again.headers["ETag"]) == ('"4"', '"4"')


def test_a_product_is_changed_and_archived_as_it_was_seen(api: Api, seller: User) -> None:
    product = stocked(seller)
    path = f"products/{product.id}"
    assert api.as_(seller).get(path).headers["ETag"] == '"1"'
    assert seeing('"1"', api, seller).patch(path, {"name": "Bolts"}).headers["ETag"] == '"2"'
    assert stands(seeing('"1"', api, seller).patch(path, {"name": "Nuts"})) == {"id": str(product.id), "version": 2}
    assert stands(seeing('"1"', api, seller).delete(path))["version"] == 2
    assert seeing('"2"', api, seller).delete(path).headers["ETag"] == '"3"'
    assert seeing('"2"', api, seller).delete(path).status == 200, "it is out already"


@pytest.mark.parametrize("about", ["product", "category"])
def test_a_rule_is_changed_as_it_was_seen(api: Api, seller: User, about: str) -> None:
    shelf = Category.objects.create(name="Bolts", slug="bolts")
    path = f"products/{stocked(seller).id}/band" if about == "product" else f"categories/{shelf.slug}/band"
    assert "ETag" not in api.as_(seller).get(path).headers
    assert stands(seeing("*", api, seller).put(path, {"acceptAt": 95})) == {"version": None}

    tag = api.as_(seller).put(path, {"acceptAt": 95}).headers["ETag"]
    assert api.as_(seller).get(path).headers["ETag"] == tag
    newer = seeing(tag, api, seller).put(path, {"acceptAt": 90})
    assert newer.headers["ETag"] == f'"{newer.body["band"]["version"]}"' != tag
    assert stands(seeing(tag, api, seller).put(path, {"acceptAt": 1})) == {"version": newer.body["band"]["version"]}
    assert stands(seeing(tag, api, seller).delete(path))["version"] == newer.body["band"]["version"]
    assert PriceBand.objects.get().accept_at == 9_000

    gone = seeing(newer.headers["ETag"], api, seller).delete(path)
    assert (gone.status, gone.body["band"], "ETag" in gone.headers) == (200, None, False)
    assert seeing(tag, api, seller).delete(path).status == 200, "it is gone already"


@pytest.mark.django_db(transaction=True)
def test_of_colleagues_who_have_seen_the_same_one_alone_changes_it(buyer: User, seller: User) -> None:
    product, shelf = stocked(seller), Category.objects.create(name="Bolts", slug="bolts")
    services.set_category_band(actor=seller, slug="bolts", wish=services.BandWish(accept_at=Decimal(95)))
    band = PriceBand.objects.get()
    renames = [
        partial(
            services.change_product,
            actor=seller,
            product_id=product.id,
            details=services.ProductDetails(name=f"Bolts {number}"),
            seen=frozenset({"1"}),
        )
        for number in range(4)
    ]
    rules = [
        partial(
            services.set_category_band,
            actor=seller,
            slug=shelf.slug,
            wish=services.BandWish(accept_at=Decimal(number)),
            seen=frozenset({band.version}),
        )
        for number in range(1, 5)
    ]

    for calls in (renames, rules):
        results = at_once(calls)
        refusals = [one for one in results if isinstance(one, DomainError)]
        assert [type(one) for one in refusals] == [PreconditionFailed] * 3, results
