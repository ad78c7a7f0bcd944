"""REST: decode, one service or selector call, encode."""

from offers.views.analytics import FunnelView, GmvView, OutcomesView, ResponseTimesView, RoundsView, TopView
from offers.views.catalogue import (
    CategoriesView,
    CategoryBandView,
    ProductBandView,
    ProductsView,
    ProductView,
)
from offers.views.offers import (
    HistoryView,
    OffersView,
    OfferView,
    RespondView,
    ReviseView,
    SendView,
    SummaryView,
    WithdrawView,
)
from offers.views.orders import (
    CancelOrderView,
    ConfirmDeliveryView,
    ConfirmOrderView,
    FulfilOrderView,
    OrdersView,
    OrderView,
    PayOrderView,
    SettleOrderView,
)

__all__ = [
    "CancelOrderView",
    "CategoriesView",
    "CategoryBandView",
    "ConfirmDeliveryView",
    "ConfirmOrderView",
    "FulfilOrderView",
    "FunnelView",
    "GmvView",
    "HistoryView",
    "OfferView",
    "OffersView",
    "OrderView",
    "OrdersView",
    "OutcomesView",
    "PayOrderView",
    "ProductBandView",
    "ProductView",
    "ProductsView",
    "RespondView",
    "ResponseTimesView",
    "ReviseView",
    "RoundsView",
    "SendView",
    "SettleOrderView",
    "SummaryView",
    "TopView",
    "WithdrawView",
]
