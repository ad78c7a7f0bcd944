"""The default request limits: per member where signed in, else per address."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from wholexale.common.limits import Limit, address_key, client_address, hit

ANONYMOUS = Limit("RATE_LIMIT_ANONYMOUS")
MEMBER = Limit("RATE_LIMIT_MEMBER")


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
