"""The catalogue for staff: who sees and finds what, that goods are read, and that categories are put up and renamed."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from offers import services
from offers.models import Category, PriceBand, Product
from offers.services import BandWish
from offers.tests.admin_staging import Desk, clerk, numbers
from offers.tests.staging import business_of, every_row, stocked
from wholexale.common.admin import admin_url, list_url
from wholexale.common.testing import make_person

pytestmark = pytest.mark.django_db

BAND = BandWish(accept_at=Decimal(95), decline_below=Decimal("80.5"))


@pytest.fixture
def desk(staff: User) -> Desk:
    return Desk(staff)


@pytest.fixture
def shelf(db: None) -> Category:
    return services.add_category(name="Bolts", parent=services.add_category(name="Hardware"))


@pytest.fixture
def bolts(seller: User, shelf: Category) -> Product:
    return stocked(
        seller, category=shelf.slug, sku="HB-8", brand="Forge", tax_rate=Decimal(18), tax_code="7318",
        images=["https://example.com/bolt.jpg"], specifications=[{"name": "Thread", "value": "M8"}],
    )  # fmt: skip


def put_up(desk: Desk, name: str, parent: Category | None = None) -> Any:
    """Send the form of a new category, and follow."""
    typed = {"name": name, "parent": str(parent.id) if parent else ""}
    return desk.client.post(reverse("admin:offers_category_add"), typed, follow=True)


def refusals(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


# Reading


@pytest.mark.parametrize("model", [Category, Product, PriceBand])
def test_staff_see_what_their_permissions_say(seller: User, bolts: Product, model: type[Model]) -> None:
    services.set_product_band(actor=seller, product_id=bolts.id, wish=BAND)
    row, desk = model._default_manager.all()[0], Desk(clerk())
    assert [desk.rows(model).status_code, desk.row(row).status_code] == [403, 403]

    desk.user.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    assert [desk.rows(model).status_code, desk.row(row).status_code] == [200, 200]


def test_a_product_is_found_by_words_sku_seller_and_shelf(desk: Desk, seller: User, bolts: Product) -> None:
    lamp = stocked(make_person("other", owns="Lamp House"), "Brass lamp")
    for text in ("hex bolts", "HB-8", "cotton mill", str(bolts.id), "Forge"):
        assert numbers(desk.rows(Product, q=text)) == ["Hex bolts"], text
    for text in ("bolts lamp", "'", "%", "!"):
        assert numbers(desk.rows(Product, q=text)) == [], text
    assert numbers(desk.rows(Product, category__id__exact=str(bolts.category_id))) == ["Hex bolts"]
    services.archive_product(actor=seller, product_id=bolts.id)
    assert numbers(desk.rows(Product, status__exact="active", currency="INR")) == [lamp.name]


def test_the_page_of_a_product_shows_its_prices_pictures_and_rule(desk: Desk, seller: User, bolts: Product) -> None:
    band = services.set_product_band(actor=seller, product_id=bolts.id, wish=BAND)
    text = desk.row(bolts).content.decode()

    assert bolts.category is not None
    for expected in (
        "100 pieces", "90.00 INR", "1 pieces", "100.00 INR", "6 pieces", "18 % (7318)", "https://example.com/bolt.jpg",
        "Thread: M8", admin_url(band), admin_url(bolts.category), admin_url(business_of(seller)),
    ):  # fmt: skip
        assert expected in text, expected
    assert 'href="https://example.com/bolt.jpg"' not in text


def test_price_bands_say_their_borders_in_percent_and_in_prices(desk: Desk, seller: User, bolts: Product) -> None:
    services.set_category_band(actor=seller, slug="hardware-bolts", wish=BAND)
    price = BandWish(kind="price", accept_at=Decimal("90.5"))
    services.set_product_band(actor=seller, product_id=bolts.id, wish=price)
    text = desk.rows(PriceBand).content.decode()

    for expected in ("95 %", "80.5 %", "90.50 INR", "Hex bolts", "Bolts"):
        assert expected in text, expected
    for text, found in (("hex", 1), ("HB-8", 1), ("Bolts", 2), ("cotton", 2), ("corner", 0)):
        assert len(numbers(desk.rows(PriceBand, q=text))) == found, text


def test_what_people_have_written_is_text_and_never_markup(desk: Desk, seller: User) -> None:
    evil = "<script>alert(1)</script>"
    made = stocked(
        seller, evil, sku=evil, description=evil, images=[evil], specifications=[{"name": evil, "value": evil}]
    )
    for page in (desk.rows(Product), desk.row(made)):
        text = page.content.decode()
        assert evil not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("model", [Product, PriceBand])
def test_goods_and_rules_are_not_added_changed_or_deleted(
    desk: Desk, seller: User, bolts: Product, model: type[Model]
) -> None:
    services.set_product_band(actor=seller, product_id=bolts.id, wish=BAND)
    row, before = model._default_manager.all()[0], every_row()
    pages = {name: reverse(f"admin:offers_{model._meta.model_name}_{name}", args=args) for name, args in (
        ("add", []), ("change", [row.pk]), ("delete", [row.pk]),
    )}  # fmt: skip
    for url in pages.values():
        assert desk.client.post(url, {"name": "Mine", "post": "yes", "_save": "Save"}).status_code == 403
    desk.client.post(list_url(model), {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})

    assert every_row() == before


def test_lists_and_pages_take_few_queries(
    desk: Desk, seller: User, bolts: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        made = stocked(seller, f"Nuts {number}", category="hardware")
        services.set_product_band(actor=seller, product_id=made.id, wish=BAND)
    for model in (Category, Product, PriceBand):
        with django_assert_max_num_queries(7):
            assert desk.rows(model).status_code == 200
    for row in (bolts, PriceBand.objects.all()[0], Category.objects.all()[0]):
        with django_assert_max_num_queries(7):
            assert desk.row(row).status_code == 200


# Categories


def test_staff_put_up_a_category_and_one_below_it(desk: Desk) -> None:
    assert put_up(desk, "Garden").redirect_chain == [(list_url(Category), 302)]
    upper = Category.objects.get(slug="garden")
    put_up(desk, "Pots", upper)

    pots = Category.objects.get(slug="garden-pots")
    assert (pots.name, pots.parent) == ("Pots", upper)
    assert [entry.object_id for entry in LogEntry.objects.order_by("id")] == [str(upper.id), str(pots.id)]


def test_what_a_category_must_not_be_is_said_where_it_was_typed(desk: Desk, shelf: Category) -> None:
    assert refusals(put_up(desk, "Hardware")) == {"name": ["A name that no other category has or had"]}
    assert list(refusals(put_up(desk, "!?"))) == ["name"]
    assert list(refusals(put_up(desk, ""))) == ["name"]
    assert list(refusals(put_up(desk, "Small", shelf))) == ["parent"]
    assert Category.objects.count() == 2


def test_a_renamed_category_keeps_its_slug_and_its_shelf(desk: Desk, shelf: Category) -> None:
    other = services.add_category(name="Garden")
    desk.client.post(admin_url(shelf), {"name": "Screws", "parent": str(other.id), "slug": "mine"})
    shelf.refresh_from_db()

    assert (shelf.name, shelf.slug, shelf.parent) == ("Screws", "hardware-bolts", Category.objects.get(slug="hardware"))
    assert refusals(desk.client.post(admin_url(other), {"name": "Hardware"})) == {
        "name": ["A name that no other category has or had"]
    }
    assert desk.client.post(admin_url(shelf), {"name": "Bolts"}).status_code == 302


def test_only_who_may_puts_up_and_renames_categories(shelf: Category) -> None:
    desk = Desk(clerk("view_category"))
    assert put_up(desk, "Garden").status_code == 403
    assert desk.client.post(admin_url(shelf), {"name": "Screws"}).status_code == 403
    desk.user.user_permissions.set(Permission.objects.filter(codename__in=["view_category", "add_category"]))
    assert put_up(desk, "Garden").status_code == 200

    assert desk.client.post(admin_url(shelf), {"name": "Screws"}).status_code == 403
    assert sorted(Category.objects.values_list("name", flat=True)) == ["Bolts", "Garden", "Hardware"]


def test_a_category_stays(desk: Desk, shelf: Category) -> None:
    url = reverse("admin:offers_category_delete", args=[shelf.pk])
    assert desk.client.post(url, {"post": "yes"}).status_code == 403
    assert Category.objects.filter(pk=shelf.pk).exists()
