"""REST: decode, one service or selector call, encode."""

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
    "ConfirmDeliveryView",
    "ConfirmOrderView",
    "FulfilOrderView",
    "HistoryView",
    "OfferView",
    "OffersView",
    "OrderView",
    "OrdersView",
    "PayOrderView",
    "RespondView",
    "ReviseView",
    "SendView",
    "SettleOrderView",
    "SummaryView",
    "WithdrawView",
]
