"""Routes of the app, below `/api/`."""

from django.urls import path

from offers import views

urlpatterns = [
    path("offers", views.OffersView.as_view()),
    path("offers/analytics/summary", views.SummaryView.as_view()),
    path("offers/analytics/funnel", views.FunnelView.as_view()),
    path("offers/analytics/outcomes", views.OutcomesView.as_view()),
    path("offers/analytics/response-time", views.ResponseTimesView.as_view()),
    path("offers/analytics/rounds", views.RoundsView.as_view()),
    path("offers/analytics/gmv", views.GmvView.as_view()),
    path("offers/analytics/top", views.TopView.as_view()),
    path("offers/<str:offer>", views.OfferView.as_view()),
    path("offers/<str:offer>/send", views.SendView.as_view()),
    path("offers/<str:offer>/respond", views.RespondView.as_view()),
    path("offers/<str:offer>/withdraw", views.WithdrawView.as_view()),
    path("offers/<str:offer>/revise", views.ReviseView.as_view()),
    path("offers/<str:offer>/history", views.HistoryView.as_view()),
    path("offers/<str:offer>/document", views.DocumentView.as_view()),
    path("offers/<str:offer>/approvals", views.OfferApprovalsView.as_view()),
    path("approval-policies", views.PoliciesView.as_view()),
    path("approval-policies/<str:policy>", views.PolicyView.as_view()),
    path("approvals", views.ApprovalsView.as_view()),
    path("approvals/<str:approval>", views.ApprovalView.as_view()),
    path("approvals/<str:approval>/decide", views.DecideView.as_view()),
    path("categories", views.CategoriesView.as_view()),
    path("categories/<str:category>/band", views.CategoryBandView.as_view()),
    path("products", views.ProductsView.as_view()),
    path("products/<str:product>", views.ProductView.as_view()),
    path("products/<str:product>/band", views.ProductBandView.as_view()),
    path("orders", views.OrdersView.as_view()),
    path("orders/<str:order>", views.OrderView.as_view()),
    path("orders/<str:order>/confirm", views.ConfirmOrderView.as_view()),
    path("orders/<str:order>/fulfil", views.FulfilOrderView.as_view()),
    path("orders/<str:order>/confirm-delivery", views.ConfirmDeliveryView.as_view()),
    path("orders/<str:order>/settle", views.SettleOrderView.as_view()),
    path("orders/<str:order>/cancel", views.CancelOrderView.as_view()),
    path("orders/<str:order>/payments", views.PayOrderView.as_view()),
]
