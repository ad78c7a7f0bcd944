"""The catalogue for staff: what is sold, for how much, and how it is answered; the shelves are theirs to put up."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.selectors import is_named
from offers import services
from offers.admin.showing import DealAdmin, DealInline, DealList
from offers.models import Category, PriceBand, PriceTier, Product
from offers.selectors import products
from offers.services.catalogue import free_slug
from offers.sql.search import holds_words
from wholexale.common.admin import (
    CurrencyFilter,
    has_id,
    link,
    list_link,
    say_number,
    say_when,
    show_list,
    show_two,
)
from wholexale.common.errors import ValidationFailed
from wholexale.common.measures import from_micro, from_milli


class CategoryForm(forms.ModelForm[Category]):
    """Asks for a name and, of a new category, its shelf."""

    def clean(self) -> dict[str, Any] | None:
        """Say what the service would refuse, where it was typed."""
        said = super().clean() or self.cleaned_data
        try:
            free_slug(name=said.get("name", ""), parent=said.get("parent", self.instance.parent), of=self.instance)
        except ValidationFailed as refusal:
            for detail in refusal.details:
                self.add_error(detail.path, detail.msg)
        return said


@admin.register(Category)
class CategoryAdmin(DealList):
    """Categories: put up and renamed by whoever may; goods and rules stand on them, so they stay."""

    form = CategoryForm
    list_display = ("name", "parent", "slug", "sold")
    list_filter = (("parent", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    ordering = ("slug",)

    def get_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """Ask for what a new one needs, and no more."""
        return ("name", "parent", "slug", "sold", "created_at") if obj else ("name", "parent")

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """Leave a category on its shelf: clients hold its slug."""
        return ("slug", "sold", "created_at", *(("parent",) if obj else ()))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the upper level alone."""
        return super().formfield_for_foreignkey(
            db_field, request, **kwargs, queryset=Category.objects.filter(parent=None).order_by("name")
        )

    def save_model(self, request: HttpRequest, obj: Category, form: "ModelForm[Category]", change: bool) -> None:  # noqa: FBT001 - Django calls it so
        """Let the services write."""
        if change:
            services.rename_category(category_id=obj.id, name=obj.name)
        else:
            obj.id = services.add_category(name=obj.name, parent=obj.parent).id

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """They stay."""
        return False

    @admin.display(description="products")
    def sold(self, category: Category) -> SafeString:
        """Link to what is on it."""
        return list_link(Product, "Show", category__id__exact=str(category.id))


class TiersInline(DealInline):
    """What a unit costs, from which quantity on."""

    model = PriceTier
    verbose_name_plural = "prices"
    ordering = ("from_quantity",)
    fields = ("begins", "costs")
    related = ("product",)

    @admin.display(description="from")
    def begins(self, tier: PriceTier) -> str:
        """Return from which quantity on it holds."""
        return f"{from_milli(tier.from_quantity):,f} {tier.product.unit}"

    @admin.display(description="unit price")
    def costs(self, tier: PriceTier) -> str:
        """Return what one unit costs."""
        return _price(tier.unit_price, tier.product)


@admin.register(Product)
class ProductAdmin(DealAdmin):
    """Products: found by words, SKU, id or seller; they are the seller's to change."""

    list_display = ("goods", "sold_by", "shelf", "prices", "status", "changed")
    list_display_links = None
    list_filter = ("status", CurrencyFilter, "category")
    search_help_text = "Words of a product, its SKU, its seller."
    inlines = (TiersInline,)
    fieldsets = (
        (None, {"fields": ("name", "sku", "brand", "sold_by", "shelf", "status", "description")}),
        ("Sold", {"fields": ("unit", "smallest", "steps", "currency", "taxed", "rule")}),
        ("Shown", {"fields": ("pictures", "details")}),
        ("Course", {"fields": ("created_at", "updated_at", "version")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Load the seller, the category, the prices and the rule along."""
        return products().select_related("band").order_by(*self.get_ordering(request))

    def find(self, text: str) -> Q:
        """Find by words, id or seller."""
        return has_id(text) | Q(holds_words(text.split())) | is_named(text, "seller")

    @admin.display(description="product, SKU", ordering="name")
    def goods(self, product: Product) -> SafeString:
        """Link to the product."""
        return show_two(link(product), product.sku)

    @admin.display(description="seller")
    def sold_by(self, product: Product) -> SafeString:
        """Link to the seller."""
        return link(product.seller)

    @admin.display(description="category")
    def shelf(self, product: Product) -> SafeString:
        """Link to the category."""
        return link(product.category)

    @admin.display(description="smallest order", ordering="moq")
    def smallest(self, product: Product) -> str:
        """Return how much must be bought."""
        return f"{from_milli(product.moq):,f} {product.unit}"

    @admin.display(description="in steps of")
    def steps(self, product: Product) -> str:
        """Return what orders are multiples of."""
        return f"{from_milli(product.multiple):,f} {product.unit}"

    @admin.display
    def prices(self, product: Product) -> SafeString:
        """Return the prices, from the smallest quantity on."""
        tiers: list[PriceTier] = getattr(product, "in_order", [])
        return show_list(f"from {from_milli(one.from_quantity):,f}: {_price(one.unit_price, product)}" for one in tiers)

    @admin.display(description="changed, UTC", ordering="updated_at")
    def changed(self, product: Product) -> str:
        """Return when it was last changed."""
        return say_when(product.updated_at)

    @admin.display(description="tax")
    def taxed(self, product: Product) -> str:
        """Return how it is taxed."""
        return f"{say_number(product.tax_rate, digits=2)} % {product.tax_code and f'({product.tax_code})'}"

    @admin.display(description="price band")
    def rule(self, product: Product) -> SafeString:
        """Link to the rule of its own by which offers are answered."""
        band: PriceBand | None = getattr(product, "band", None)
        return link(band, _borders(band) if band else None)

    @admin.display
    def pictures(self, product: Product) -> SafeString:
        """Return the addresses of pictures, as text: nobody vouches for them."""
        return show_list(product.images)

    @admin.display(description="specifications")
    def details(self, product: Product) -> SafeString:
        """Return what else is said of it."""
        return show_list(f"{one.get('name', '')}: {one.get('value', '')}" for one in product.specifications)


@admin.register(PriceBand)
class PriceBandAdmin(DealAdmin):
    """Price bands: which offers a seller has answered without looking. The other side must never learn of them."""

    list_display = ("goods", "sold_by", "accepts", "declines", "changed")
    list_display_links = None
    list_filter = ("kind",)
    search_help_text = "A seller, words of a product, a category."
    fields = ("about", "sold_by", "kind", "accepts", "declines", "author", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceBand]:
        """Load what they are about, and whose they are, along."""
        return super().get_queryset(request).select_related("seller", "product", "category", "author")

    def find(self, text: str) -> Q:
        """Find by id, seller, product or category."""
        about = Q(product__name__icontains=text) | Q(product__sku=text) | Q(category__name__icontains=text)
        return has_id(text) | about | is_named(text, "seller")

    @admin.display(description="about")
    def goods(self, band: PriceBand) -> SafeString:
        """Link to the rule, and say what it is about."""
        return show_two(link(band, band.product or band.category), "product" if band.product else "category")

    @admin.display
    def about(self, band: PriceBand) -> SafeString:
        """Link to the product or category."""
        return link(band.product or band.category)

    @admin.display(description="seller")
    def sold_by(self, band: PriceBand) -> SafeString:
        """Link to the seller."""
        return link(band.seller)

    @admin.display(description="accepts from")
    def accepts(self, band: PriceBand) -> str:
        """Return from which price on offers are accepted."""
        return _border(band, band.accept_at)

    @admin.display(description="rejects below")
    def declines(self, band: PriceBand) -> str:
        """Return below which price offers are rejected."""
        return _border(band, band.decline_below)

    @admin.display(description="changed, UTC", ordering="updated_at")
    def changed(self, band: PriceBand) -> str:
        """Return when it was last changed."""
        return say_when(band.updated_at)


def _price(micro: int, product: Product) -> str:
    return f"{from_micro(micro, product.currency):,f} {product.currency}"


def _borders(band: PriceBand) -> str:
    return f"accepts from {_border(band, band.accept_at)}, rejects below {_border(band, band.decline_below)}"


def _border(band: PriceBand, border: int | None) -> str:
    """Return a border in percent of the price, or as a price; a dash where there is none."""
    if border is None:
        return "-"
    if band.kind == PriceBand.Kind.PRICE and band.product:
        return _price(border, band.product)
    return f"{say_number(border, digits=2)} %"
