"""The catalogue: what sellers have, for how much, and how they answer offers for it without looking.

A line of an offer copies what it is about, so nothing here reaches what was written before. Quantities are in
thousandths, unit prices in millionths of a whole unit of the currency, rates in hundredths of a percent.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business
from wholexale.common.ids import new_id


class Category(models.Model):
    """One shelf of the marketplace; those without a parent hold others, and there are two levels."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Never its own parent."""

        verbose_name_plural = "categories"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="offers_category_not_in_itself")
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Product(models.Model):
    """What one business sells. Its unit and currency stay as they are: prices and rules are said in them.

    An archived one is no longer offered for; it gives its SKU free. `version` counts its changes.
    """

    class Status(models.TextChoices):
        """Whether it can be bought."""

        ACTIVE = "active"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    description = models.CharField(max_length=5000, blank=True)
    sku = models.CharField(max_length=64, blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    brand = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    moq = models.BigIntegerField(help_text="The smallest quantity of an order, in thousandths.")
    multiple = models.BigIntegerField(help_text="Orders are multiples of it, in thousandths.")
    tax_code = models.CharField(max_length=8, blank=True, help_text="HSN of goods, SAC of services.")
    tax_rate = models.PositiveIntegerField(default=0, help_text="In hundredths of a percent.")
    images = models.JSONField(default=list, blank=True, help_text="Addresses.")
    specifications = models.JSONField(default=list, blank=True, help_text="name and value, in order.")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Listed by seller, by category, and all of them; migration 0002 adds the index of words on PostgreSQL."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["seller", "-id"], name="offers_product_seller"),
            models.Index(fields=["category", "-id"], name="offers_product_category"),
            models.Index(fields=["name", "id"], name="offers_product_name"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["seller", "sku"], condition=Q(status="active") & ~Q(sku=""), name="offers_product_sku"
            ),
            models.CheckConstraint(condition=Q(moq__gte=F("multiple"), multiple__gte=1), name="offers_product_moq"),
            models.CheckConstraint(condition=Q(tax_rate__lte=10_000), name="offers_product_tax_rate"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class PriceTier(models.Model):
    """What a unit costs from a quantity on, until the next tier begins: bands can neither gap nor overlap.

    Every product has one that begins at or below its smallest quantity.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tiers")
    from_quantity = models.BigIntegerField(help_text="In thousandths.")
    unit_price = models.BigIntegerField(help_text="In millionths of a whole unit of the currency.")

    class Meta:
        """One for each quantity."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["product", "from_quantity"], name="offers_pricetier_once"),
            models.CheckConstraint(
                condition=Q(from_quantity__gte=1, unit_price__gte=1), name="offers_pricetier_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return from which quantity it holds."""
        return f"from {self.from_quantity} of {self.product_id}"


class PriceBand(models.Model):
    """How a seller answers new offers for a product, or a category, without looking: only the seller may know.

    At `accept_at` and above an offer is accepted, below `decline_below` rejected; None does neither.
    """

    class Kind(models.TextChoices):
        """What the two borders are: hundredths of a percent of the tier's price, or a unit price in millionths."""

        PERCENT = "percent"
        PRICE = "price"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="+")
    product = models.OneToOneField(Product, null=True, blank=True, on_delete=models.CASCADE, related_name="band")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.PERCENT)
    accept_at = models.BigIntegerField(null=True, blank=True)
    decline_below = models.BigIntegerField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """About one thing; goods of a category have no price in common."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["seller", "category"], name="offers_priceband_category"),
            models.CheckConstraint(
                condition=Q(product__isnull=False, category=None)
                | Q(product=None, category__isnull=False, kind="percent"),
                name="offers_priceband_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(accept_at__isnull=False) | Q(decline_below__isnull=False), name="offers_priceband_says_one"
            ),
            models.CheckConstraint(
                condition=(Q(accept_at=None) | Q(accept_at__gte=1))
                & (Q(decline_below=None) | Q(decline_below__gte=1))
                & (Q(accept_at=None) | Q(decline_below=None) | Q(decline_below__lt=F("accept_at"))),
                name="offers_priceband_borders",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"band of {self.product_id or self.category_id}"

    @property
    def version(self) -> str:
        """Return what tells it apart from what it was before a change: what it says."""
        return f"{self.kind}.{self.accept_at}.{self.decline_below}"
