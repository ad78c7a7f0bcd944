"""The catalogue, and an index for the words of products, where the database has one."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import wholexale.common.ids

WORDS = "to_tsvector('simple', name || ' ' || brand || ' ' || sku || ' ' || description)"
"""The document of `offers/sql/search.py`, by PostgreSQL's own full text: no extension."""


def create_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX offers_product_words ON offers_product USING gin (({WORDS}))")


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS offers_product_words")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_business_time_zone"),
        ("offers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("slug", models.SlugField(max_length=120, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="offers.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                ("description", models.CharField(blank=True, max_length=5000)),
                ("sku", models.CharField(blank=True, max_length=64)),
                ("brand", models.CharField(blank=True, max_length=100)),
                ("unit", models.CharField(max_length=12)),
                ("currency", models.CharField(max_length=3)),
                ("moq", models.BigIntegerField(help_text="The smallest quantity of an order, in thousandths.")),
                ("multiple", models.BigIntegerField(help_text="Orders are multiples of it, in thousandths.")),
                ("tax_code", models.CharField(blank=True, help_text="HSN of goods, SAC of services.", max_length=8)),
                ("tax_rate", models.PositiveIntegerField(default=0, help_text="In hundredths of a percent.")),
                ("images", models.JSONField(blank=True, default=list, help_text="Addresses.")),
                ("specifications", models.JSONField(blank=True, default=list, help_text="name and value, in order.")),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("archived", "Archived")], default="active", max_length=8
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="offers.category",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.business"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceTier",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("from_quantity", models.BigIntegerField(help_text="In thousandths.")),
                ("unit_price", models.BigIntegerField(help_text="In millionths of a whole unit of the currency.")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tiers", to="offers.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceBand",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent"), ("price", "Price")], default="percent", max_length=7
                    ),
                ),
                ("accept_at", models.BigIntegerField(blank=True, null=True)),
                ("decline_below", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="offers.category",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.business"
                    ),
                ),
                (
                    "product",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="band",
                        to="offers.product",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent", models.F("id")), _negated=True), name="offers_category_not_in_itself"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["seller", "-id"], name="offers_product_seller"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["category", "-id"], name="offers_product_category"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["name", "id"], name="offers_product_name"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "active"), models.Q(("sku", ""), _negated=True)),
                fields=("seller", "sku"),
                name="offers_product_sku",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("moq__gte", models.F("multiple")), ("multiple__gte", 1)), name="offers_product_moq"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax_rate__lte", 10000)), name="offers_product_tax_rate"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricetier",
            constraint=models.UniqueConstraint(fields=("product", "from_quantity"), name="offers_pricetier_once"),
        ),
        migrations.AddConstraint(
            model_name="pricetier",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_quantity__gte", 1), ("unit_price__gte", 1)), name="offers_pricetier_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceband",
            constraint=models.UniqueConstraint(fields=("seller", "category"), name="offers_priceband_category"),
        ),
        migrations.AddConstraint(
            model_name="priceband",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", None), ("product__isnull", False)),
                    models.Q(("category__isnull", False), ("kind", "percent"), ("product", None)),
                    _connector="OR",
                ),
                name="offers_priceband_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceband",
            constraint=models.CheckConstraint(
                condition=models.Q(("accept_at__isnull", False), ("decline_below__isnull", False), _connector="OR"),
                name="offers_priceband_says_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceband",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accept_at", None), ("accept_at__gte", 1), _connector="OR"),
                    models.Q(("decline_below", None), ("decline_below__gte", 1), _connector="OR"),
                    models.Q(
                        ("accept_at", None),
                        ("decline_below", None),
                        ("decline_below__lt", models.F("accept_at")),
                        _connector="OR",
                    ),
                ),
                name="offers_priceband_borders",
            ),
        ),
        migrations.RunPython(create_index, drop_index),
    ]
