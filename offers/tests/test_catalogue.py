"""`/api/products` and `/api/categories`: who may write and read what, search, and bad input that is named."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Business, Membership, User
from offers import services
from offers.models import Category, PriceTier, Product
from offers.sql.search import holds_words
from offers.tests.audit import faults
from offers.tests.staging import business_of, stocked
from wholexale.common.errors import ValidationFailed
from wholexale.common.testing import Api, make_person

pytestmark = pytest.mark.django_db

BOLTS: dict[str, Any] = {
    "name": "Hex bolts M8",
    "description": "Zinc plated",
    "sku": "HB-8",
    "brand": "Forge",
    "unit": "pieces",
    "currency": "INR",
    "moq": 12,
    "multiple": 6,
    "tiers": [{"fromQuantity": 120, "unitPrice": 9.4}, {"fromQuantity": 12, "unitPrice": 10}],
    "taxCode": "7318",
    "taxRate": 18,
    "images": ["https://example.com/bolt.jpg"],
    "specifications": [{"name": "Thread", "value": "M8"}],
}


def listed(api: Api, who: User, **query: Any) -> list[str]:
    return [one["name"] for one in api.as_(who).get("products", **query).body["products"]]


@pytest.fixture(name="shelves")
def two_levels(db: None) -> tuple[Category, Category]:
    upper = services.add_category(name="Hardware")
    return upper, services.add_category(name="Bolts", parent=upper)


def test_a_seller_adds_a_product_and_everybody_signed_in_sees_it(
    api: Api, buyer: User, seller: User, shelves: tuple[Category, Category]
) -> None:
    made = api.as_(seller).post("products", BOLTS | {"category": "hardware-bolts"})
    assert made.status == 201, made.body
    shown = api.as_(buyer).get(f"products/{made.body['product']['id']}").body["product"]

    assert shown == made.body["product"]
    assert shown["tiers"] == [{"fromQuantity": 12, "unitPrice": 10}, {"fromQuantity": 120, "unitPrice": 9.4}]
    assert (shown["moq"], shown["multiple"], shown["taxRate"], shown["taxCode"]) == (12, 6, 18, "7318")
    assert (shown["category"]["name"], shown["seller"]["businessName"]) == ("Bolts", "Cotton Mill")
    assert (shown["status"], shown["version"], shown["_id"]) == ("active", 1, shown["id"])
    assert listed(api, buyer) == listed(api, seller) == ["Hex bolts M8"]
    assert faults() == []


def test_a_product_without_rules_is_sold_in_any_quantity_of_its_unit(api: Api, seller: User) -> None:
    whole = {"name": "Rope", "unit": "meters", "tiers": [{"fromQuantity": 0.001, "unitPrice": 40}]}
    rope = api.as_(seller).post("products", whole).body["product"]
    sets = (
        api.as_(seller)
        .post("products", whole | {"unit": "sets", "tiers": [{"fromQuantity": 1, "unitPrice": 40}]})
        .body["product"]
    )

    assert (rope["moq"], rope["multiple"], sets["moq"], sets["multiple"]) == (0.001, 0.001, 1, 1)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": " "}, ["name"]),
        ({"unit": "bushels"}, ["unit"]),
        ({"currency": "XXX"}, ["currency"]),
        ({"moq": 10}, ["moq"]),
        ({"moq": 0}, ["moq"]),
        ({"multiple": 0}, ["multiple"]),
        ({"multiple": 1.5}, ["multiple"]),
        ({"moq": "12"}, ["moq"]),
        ({"tiers": []}, ["tiers"]),
        ({"tiers": [{"fromQuantity": 18, "unitPrice": 10}]}, ["tiers"]),
        ({"tiers": [{"fromQuantity": 1, "unitPrice": 9}] * 2}, ["tiers[1].fromQuantity"]),
        ({"tiers": [{"fromQuantity": 0.5, "unitPrice": 10}]}, ["tiers[0].fromQuantity"]),
        ({"tiers": [{"fromQuantity": 1, "unitPrice": 0}]}, ["tiers[0].unitPrice"]),
        ({"tiers": [{"fromQuantity": 1, "unitPrice": 0.0000001}]}, ["tiers[0].unitPrice"]),
        ({"taxRate": 101}, ["taxRate"]),
        ({"taxRate": 5.125}, ["taxRate"]),
        ({"taxRate": -1}, ["taxRate"]),
        ({"taxCode": "HSN 7318"}, ["taxCode"]),
        ({"category": "nowhere"}, ["category"]),
        ({"images": ["javascript:alert(1)"]}, ["images[0]"]),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(api: Api, seller: User, changes: dict[str, Any], fields: list[str]) -> None:
    reply = api.as_(seller).post("products", BOLTS | changes)

    assert (reply.status, reply.fields) == (400, fields), reply.body
    assert not Product.objects.exists()


def test_a_product_changes_as_a_whole_or_not_at_all(api: Api, seller: User) -> None:
    made = api.as_(seller).post("products", BOLTS).body["product"]
    path = f"products/{made['id']}"
    changed = (
        api.as_(seller)
        .patch(
            path,
            {"name": "Hex bolts", "tiers": [{"fromQuantity": 6, "unitPrice": 11}], "moq": 6, "brand": "", "version": 1},
        )
        .body["product"]
    )

    assert (changed["name"], changed["moq"], changed["version"], "brand" in changed) == ("Hex bolts", 6, 2, False)
    assert changed["tiers"] == [{"fromQuantity": 6, "unitPrice": 11}]
    assert (changed["sku"], changed["unit"]) == ("HB-8", "pieces")

    refused = api.as_(seller).patch(path, {"name": "Other", "multiple": 5})
    assert (refused.status, refused.fields) == (400, ["moq"])
    assert api.as_(seller).patch(path, {"moq": 0}).fields == ["moq"]
    stale = api.as_(seller).patch(path, {"name": "Other", "version": 1})
    assert (stale.status, stale.code, stale.body["version"]) == (409, "PRODUCT_CHANGED", 2)
    assert api.as_(seller).get(path).body["product"] == changed
    assert faults() == []


def test_a_smallest_quantity_below_the_first_tier_is_refused(api: Api, seller: User) -> None:
    made = api.as_(seller).post("products", BOLTS).body["product"]
    assert api.as_(seller).patch(f"products/{made['id']}", {"moq": 6}).fields == ["moq"]


def test_an_sku_is_taken_once_by_a_seller_until_its_product_is_archived(api: Api, seller: User, outsider: User) -> None:
    first = api.as_(seller).post("products", BOLTS).body["product"]
    again = api.as_(seller).post("products", BOLTS)
    assert (again.status, again.code) == (409, "SKU_TAKEN")
    assert api.as_(outsider).post("products", BOLTS).status == 201

    api.as_(seller).delete(f"products/{first['id']}")
    assert api.as_(seller).post("products", BOLTS).status == 201
    back = api.as_(seller).patch(f"products/{first['id']}", {"status": "active"})
    assert (back.status, back.code) == (409, "SKU_TAKEN")


def test_an_archived_product_is_there_for_its_own_side_only(
    api: Api, buyer: User, seller: User, colleague: User
) -> None:
    product = stocked(seller)
    path = f"products/{product.id}"
    gone = api.as_(seller).delete(path)
    again = api.as_(seller).delete(path)

    assert (gone.body["product"]["status"], gone.body["product"]["version"]) == ("archived", 2)
    assert again.body["product"] == gone.body["product"]
    assert api.as_(buyer).get(path).code == "PRODUCT_NOT_FOUND"
    assert api.as_(colleague).get(path).status == 200
    assert listed(api, buyer) == listed(api, seller) == listed(api, buyer, mine=True) == []
    assert listed(api, seller, mine=True) == listed(api, colleague, mine=True) == ["Hex bolts"]

    api.as_(seller).patch(path, {"status": "active"})
    assert api.as_(buyer).get(path).status == 200


def test_nobody_writes_the_products_of_others(api: Api, buyer: User, seller: User, outsider: User) -> None:
    path = f"products/{stocked(seller).id}"
    for who in (buyer, outsider, make_person("loner")):
        for reply in (
            api.as_(who).patch(path, {"name": "Mine now"}),
            api.as_(who).delete(path),
            api.as_(who).get(f"{path}/band"),
            api.as_(who).put(f"{path}/band", {"acceptAt": 90}),
            api.as_(who).delete(f"{path}/band"),
        ):
            assert (reply.status, reply.code) == (404, "PRODUCT_NOT_FOUND")
    assert api.as_(make_person("idle")).post("products", BOLTS).code == "BUSINESS_NOT_FOUND"
    assert api.get("products").status == api.get("categories").status == 401
    assert api.as_(buyer).get("products/not-an-id").code == "PRODUCT_NOT_FOUND"


@pytest.mark.parametrize(("role", "status"), [("owner", 201), ("admin", 201), ("member", 403), ("finance", 403)])
def test_the_role_says_who_keeps_the_catalogue(api: Api, seller: User, role: str, status: int) -> None:
    person = make_person("keeper", works_for=business_of(seller))
    Membership.objects.filter(user=person).update(role=role)
    keeper = api.as_(person)
    made = keeper.post("products", BOLTS)
    path = f"products/{stocked(seller).id}"

    assert made.status == status
    changed = 200 if status == 201 else 403
    assert keeper.patch(path, {"name": "Other"}).status == changed
    assert keeper.put(f"{path}/band", {"acceptAt": 90}).status == changed
    assert keeper.get(f"{path}/band").status == changed
    assert keeper.delete(f"{path}/band").status == changed
    assert keeper.delete(path).status == changed


def test_the_same_key_adds_a_product_once(api: Api, seller: User) -> None:
    with_key = api.as_(seller).with_headers(Idempotency_Key="bolts-1")
    first, again = with_key.post("products", BOLTS), with_key.post("products", BOLTS)

    assert (first.status, again.raw) == (201, first.raw)
    assert Product.objects.count() == 1


def test_products_are_searched_by_words_category_and_seller(
    api: Api, buyer: User, seller: User, outsider: User, shelves: tuple[Category, Category]
) -> None:
    upper, lower = shelves
    stocked(seller, "Hex bolts", brand="Forge", sku="HB-8", category=lower.slug)
    stocked(seller, "Hammer", description="Steel, for hex keys", category=upper.slug)
    stocked(outsider, "Cotton kurta")

    assert listed(api, buyer) == ["Cotton kurta", "Hammer", "Hex bolts"]
    assert listed(api, buyer, sort="name") == ["Cotton kurta", "Hammer", "Hex bolts"]
    assert listed(api, buyer, sort="oldest") == ["Hex bolts", "Hammer", "Cotton kurta"]
    assert listed(api, buyer, q="HEX") == ["Hammer", "Hex bolts"]
    assert listed(api, buyer, q="hex bol") == listed(api, buyer, q="forge") == ["Hex bolts"]
    assert listed(api, buyer, q="hex nothing") == []
    assert listed(api, buyer, q=" ") == ["Cotton kurta", "Hammer", "Hex bolts"]
    for odd in ("'", "\\", "a' & b:*", "%", "!!", "100%"):
        assert listed(api, buyer, q=odd) == [], odd
    assert listed(api, buyer, category="hardware") == ["Hammer", "Hex bolts"]
    assert listed(api, buyer, category="hardware-bolts") == ["Hex bolts"]
    assert listed(api, buyer, category="nowhere") == []
    assert listed(api, buyer, seller=str(business_of(outsider).id)) == ["Cotton kurta"]
    assert listed(api, outsider, mine=True) == ["Cotton kurta"]
    assert api.as_(buyer).get("products", sort="price").fields == ["sort"]
    page = api.as_(buyer).get("products", page=2, limit=2).body
    assert ([one["name"] for one in page["products"]], page["pagination"]["total"]) == (["Hex bolts"], 3)


def test_who_has_nobody_left_to_sell_is_not_listed(api: Api, buyer: User, seller: User) -> None:
    product = stocked(seller)
    User.objects.filter(id=seller.id).update(status=User.Status.SUSPENDED)

    assert listed(api, buyer) == []
    assert api.as_(buyer).get(f"products/{product.id}").code == "PRODUCT_NOT_FOUND"


def test_a_list_of_products_costs_the_same_however_long(
    api: Api, buyer: User, seller: User, shelves: tuple[Category, Category]
) -> None:
    reader = api.as_(buyer)
    stocked(seller, "Item", category=shelves[1].slug)
    with CaptureQueriesContext(connection) as few:
        reader.get("products", q="i", category="hardware")
    for number in range(5):
        stocked(seller, f"Item {number}", category=shelves[1].slug)
    with CaptureQueriesContext(connection) as many:
        assert len(reader.get("products", q="i", category="hardware").body["products"]) == 6

    assert len(many) == len(few)


def test_postgresql_searches_through_the_index(seller: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the index is PostgreSQL's")
    stocked(seller)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "offers_product_words" in Product.objects.filter(holds_words(["hex", "bol"])).explain()


def test_categories_are_read_as_a_tree(api: Api, buyer: User, shelves: tuple[Category, Category]) -> None:
    services.add_category(name="Anvils", parent=shelves[0])
    services.add_category(name="Apparel")
    reader = api.as_(buyer)
    with CaptureQueriesContext(connection) as queries:
        tree = reader.get("categories").body["categories"]

    assert [(one["name"], [child["slug"] for child in one["children"]]) for one in tree] == [
        ("Apparel", []), ("Hardware", ["hardware-anvils", "hardware-bolts"]),
    ]  # fmt: skip
    assert sum("offers_category" in one["sql"] for one in queries) == 1


def test_categories_have_two_levels_and_names_of_their_own(shelves: tuple[Category, Category]) -> None:
    for name, parent in (("Third", shelves[1]), ("Hardware", None), ("!", None)):
        with pytest.raises(ValidationFailed):
            services.add_category(name=name, parent=parent)


def test_the_database_keeps_what_no_service_would_write(seller: User) -> None:
    product = stocked(seller, sku="HB-8")
    business = Business.objects.get(id=product.seller_id)
    plain = {"seller": business, "unit": "pieces", "currency": "INR", "name": "Twin"}
    broken: list[Product | PriceTier] = [
        Product(**plain, sku="HB-8", moq=1000, multiple=1000),
        Product(**plain, moq=0, multiple=1000),
        Product(**plain, moq=1000, multiple=0),
        Product(**plain, moq=1000, multiple=1000, tax_rate=10_001),
        PriceTier(product=product, from_quantity=1000, unit_price=1),
        PriceTier(product=product, from_quantity=0, unit_price=1),
        PriceTier(product=product, from_quantity=5000, unit_price=0),
    ]
    for row in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
