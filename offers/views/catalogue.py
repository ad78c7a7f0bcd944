"""`/api/products` and `/api/categories`."""

from http import HTTPStatus
from operator import attrgetter
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import caller
from offers import selectors, services
from offers.serializers import catalogue as shapes
from wholexale.common.api import endpoint, paginate
from wholexale.common.ids import id_from_path
from wholexale.common.versions import Seen

REFUSED = "INSUFFICIENT_PERMISSIONS"
UNSEEN = "PRODUCT_NOT_FOUND"
NO_SHELF = "CATEGORY_NOT_FOUND, BUSINESS_NOT_FOUND"
VERSION = attrgetter("product.version")
price_bands = extend_schema(tags=["price bands"])


class ProductsView(APIView):
    """`products`."""

    @endpoint(query=shapes.ProductQuery, returns=shapes.ProductPage, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: shapes.ProductQuery) -> shapes.ProductPage:
        """Search what is for sale; with `mine`, list what the caller's business has, archived products too."""
        rows = selectors.listed_products(actor=caller(request), wanted=query.wanted())
        products, pagination = paginate(rows, query, shapes.product_list)
        return shapes.ProductPage(products=products, pagination=pagination)

    @endpoint(
        body=shapes.NewProductBody,
        returns=shapes.ProductAnswer,
        status=HTTPStatus.CREATED,
        errors={
            400: "VALIDATION_FAILED, CURRENCY_NOT_SUPPORTED",
            403: REFUSED,
            404: "BUSINESS_NOT_FOUND",
            409: "SKU_TAKEN",
        },
        idempotent=True,
    )
    def post(self, request: Request, body: shapes.NewProductBody) -> shapes.ProductAnswer:
        """Put a product of the caller's business up for sale."""
        added = services.add_product(
            actor=caller(request), unit=body.unit, currency=body.currency, details=body.details()
        )
        return shapes.ProductAnswer(message="The product was added.", product=shapes.product(added))


class ProductView(APIView):
    """`products/:id`."""

    @endpoint(returns=shapes.ProductFound, errors={404: UNSEEN}, version=VERSION)
    def get(self, request: Request, product: str) -> shapes.ProductFound:
        """Read a product that is for sale, or any of the caller's business."""
        found = selectors.access_product(actor=caller(request), product_id=_chosen(product))
        return shapes.ProductFound(product=shapes.product(found))

    @endpoint(
        body=shapes.ProductChangesBody,
        returns=shapes.ProductAnswer,
        errors={400: "VALIDATION_FAILED", 403: REFUSED, 404: UNSEEN, 409: "SKU_TAKEN, PRODUCT_CHANGED"},
        version=VERSION,
    )
    def patch(
        self, request: Request, product: str, body: shapes.ProductChangesBody, seen: Seen
    ) -> shapes.ProductAnswer:
        """Change a product; offers and orders keep what they say."""
        changed = services.change_product(
            actor=caller(request), product_id=_chosen(product), details=body.details(), version=body.version, seen=seen
        )
        return shapes.ProductAnswer(message="The product was changed.", product=shapes.product(changed))

    @endpoint(returns=shapes.ProductAnswer, errors={403: REFUSED, 404: UNSEEN}, version=VERSION)
    def delete(self, request: Request, product: str, seen: Seen) -> shapes.ProductAnswer:
        """Archive a product: nobody can make offers for it any more."""
        gone = services.archive_product(actor=caller(request), product_id=_chosen(product), seen=seen)
        return shapes.ProductAnswer(message="The product was archived.", product=shapes.product(gone))


class CategoriesView(APIView):
    """`categories`."""

    @endpoint(returns=shapes.Categories)
    def get(self, request: Request) -> shapes.Categories:
        """Read the categories, on two levels."""
        return shapes.category_tree(selectors.categories())


@price_bands
class ProductBandView(APIView):
    """`products/:id/band`."""

    @endpoint(returns=shapes.BandFound, errors={403: REFUSED, 404: UNSEEN}, version=shapes.version_of_band)
    def get(self, request: Request, product: str) -> shapes.BandFound:
        """Read, as the seller, how new offers for a product are answered."""
        found = selectors.product_band(actor=caller(request), product_id=_chosen(product))
        return shapes.BandFound(band=shapes.band(found))

    @endpoint(
        body=shapes.BandBody,
        returns=shapes.BandAnswer,
        errors={400: "VALIDATION_FAILED", 403: REFUSED, 404: UNSEEN},
        version=shapes.version_of_band,
    )
    def put(self, request: Request, product: str, body: shapes.BandBody, seen: Seen) -> shapes.BandAnswer:
        """Have new offers for a product accepted or rejected by their price."""
        drawn = services.set_product_band(
            actor=caller(request), product_id=_chosen(product), wish=body.wish(), seen=seen
        )
        return shapes.BandAnswer(message="The rule was set.", band=shapes.band(drawn))

    @endpoint(returns=shapes.BandAnswer, errors={403: REFUSED, 404: UNSEEN}, version=shapes.version_of_band)
    def delete(self, request: Request, product: str, seen: Seen) -> shapes.BandAnswer:
        """Have people answer again."""
        services.clear_product_band(actor=caller(request), product_id=_chosen(product), seen=seen)
        return shapes.BandAnswer(message="The rule was taken away.", band=None)


@price_bands
class CategoryBandView(APIView):
    """`categories/:slug/band`."""

    @endpoint(returns=shapes.BandFound, errors={403: REFUSED, 404: NO_SHELF}, version=shapes.version_of_band)
    def get(self, request: Request, category: str) -> shapes.BandFound:
        """Read how new offers for the own products of a category are answered, where they have no rule of their own."""
        return shapes.BandFound(band=shapes.band(selectors.category_band(actor=caller(request), slug=category)))

    @endpoint(
        body=shapes.BandBody,
        returns=shapes.BandAnswer,
        errors={400: "VALIDATION_FAILED", 403: REFUSED, 404: NO_SHELF},
        version=shapes.version_of_band,
    )
    def put(self, request: Request, category: str, body: shapes.BandBody, seen: Seen) -> shapes.BandAnswer:
        """Have new offers for the own products of a category accepted or rejected by their price, in percent."""
        drawn = services.set_category_band(actor=caller(request), slug=category, wish=body.wish(), seen=seen)
        return shapes.BandAnswer(message="The rule was set.", band=shapes.band(drawn))

    @endpoint(returns=shapes.BandAnswer, errors={403: REFUSED, 404: NO_SHELF}, version=shapes.version_of_band)
    def delete(self, request: Request, category: str, seen: Seen) -> shapes.BandAnswer:
        """Have people answer again."""
        services.clear_category_band(actor=caller(request), slug=category, seen=seen)
        return shapes.BandAnswer(message="The rule was taken away.", band=None)


def _chosen(product: str) -> UUID:
    return id_from_path(product, missing=selectors.product_not_found())
