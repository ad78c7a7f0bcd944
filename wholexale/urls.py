"""Every route of the server."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from finance.views.dev import pay_page
from notifications.urls import dev_urlpatterns
from wholexale.common.api.errors import not_found
from wholexale.health import health, ready

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    path("health", health, name="health"),
    path("health/ready", ready, name="ready"),
    path("admin/", admin.site.urls),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/", include("accounts.urls")),
    path("api/", include("chat.urls")),
    path("api/", include("finance.urls")),
    path("api/", include("offers.urls")),
    path("api/", include("notifications.urls")),
    re_path(r"^api/(?P<path>.*)$", not_found),
]
if "fake" in settings.PAYMENT_PROVIDERS:
    urlpatterns.append(path("dev/pay/<str:reference>", pay_page, name="pay"))
if settings.HAS_OUTBOX:
    urlpatterns.append(path("dev/", include(dev_urlpatterns)))
