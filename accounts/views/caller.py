"""Who asks, in which session, and from where."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Session
from accounts.services import Device
from wholexale.common.errors import Unauthenticated
from wholexale.common.limits import client_address


class PublicView(APIView):
    """Needs no token, and looks at none."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def session_of(request: Request) -> Session:
    """Return the session that a request speaks through."""
    if isinstance(request.auth, Session):
        return request.auth
    raise Unauthenticated


def device_of(request: Request) -> Device:
    """Return where a request comes from."""
    agent = request.headers.get("User-Agent", "")
    return Device(address=client_address(request._request), user_agent=agent)  # noqa: SLF001 - DRF wraps it
