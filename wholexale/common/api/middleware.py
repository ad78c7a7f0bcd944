"""Request ids, security headers, limit headers, optional trailing slashes and JSON errors for every API path."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from wholexale.common.api.errors import by_status, error_response, set_limit_headers
from wholexale.common.ids import new_id
from wholexale.common.logging import request_id

Handler = Callable[[HttpRequest], HttpResponse]

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_JSON_PATHS = ("/api/", "/health")
_HTML_PATHS = ("/api/docs",)

# The rest of Helmet's set; Django's SecurityMiddleware sends the others.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; "
        "frame-ancestors 'self'; img-src 'self' data: https:; object-src 'none'; script-src 'self'; "
        "script-src-attr 'none'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
}


class RequestIdMiddleware:
    """Give every request an id that answers and log lines carry; a well-formed incoming one is kept."""

    def __init__(self, get_response: Handler) -> None:
        """Wrap the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the id around the request."""
        given = request.headers.get("X-Request-Id", "")
        value = given if _ACCEPTED_ID.fullmatch(given) else str(new_id())
        request.request_id = value  # type: ignore[attr-defined] # Django's request takes attributes of middleware
        token = request_id.set(value)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = value
        return response


class SecurityHeadersMiddleware:
    """Send the headers that Helmet sent on the old backend."""

    def __init__(self, get_response: Handler) -> None:
        """Wrap the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add each header that the view did not set itself."""
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
            response["Referrer-Policy"] = "no-referrer"
        return response


class ApiPathsMiddleware:
    """Accept a trailing slash on API paths, say what is left of the limits, and never answer them with a page."""

    def __init__(self, get_response: Handler) -> None:
        """Wrap the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Trim the path on the way in; replace HTML errors on the way out."""
        if not request.path_info.startswith(_JSON_PATHS):
            return self.get_response(request)
        request.path_info = request.path_info.rstrip("/")
        response = self.get_response(request)
        if (usage := getattr(request, "rate_limit_usage", None)) is not None and "RateLimit-Limit" not in response:
            set_limit_headers(response, usage)
        is_error = response.status_code >= 400  # noqa: PLR2004 - HTTP's own border
        if is_error and "json" not in response.get("Content-Type", "") and not request.path.startswith(_HTML_PATHS):
            return error_response(by_status(response.status_code), request)
        return response
