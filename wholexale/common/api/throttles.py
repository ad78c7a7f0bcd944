"""The default request limits: per member where signed in, else per address; and that of webhooks."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from wholexale.common.limits import Limit, address_key, client_address, hit

ANONYMOUS = Limit("RATE_LIMIT_ANONYMOUS")
MEMBER = Limit("RATE_LIMIT_MEMBER")
WEBHOOKS = Limit("RATE_LIMIT_WEBHOOKS")


class RequestThrottle(BaseThrottle):
    """Count the request; above the limit the refusal is raised with the seconds to wait."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Count one request of this member or address; leave the usage for the `RateLimit-*` headers."""
        user_id = getattr(request.user, "id", None)
        key = str(user_id) if user_id else address_key(client_address(request._request))  # noqa: SLF001
        if key is not None:
            usage = hit(MEMBER if user_id else ANONYMOUS, key)
            request._request.rate_limit_usage = usage  # type: ignore[attr-defined] # noqa: SLF001 - for the headers
        return True


class WebhookThrottle(BaseThrottle):
    """Counts webhooks by the address they come from: a stranger uses up nothing of what a provider may send."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Count one."""
        if (key := address_key(client_address(request._request))) is not None:  # noqa: SLF001
            hit(WEBHOOKS, key)
        return True
