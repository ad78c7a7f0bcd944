"""Who asks."""

from rest_framework.request import Request

from accounts.models import User
from wholexale.common.errors import Unauthenticated


def caller(request: Request) -> User:
    """Return the user who sends a request."""
    if isinstance(request.user, User):
        return request.user
    raise Unauthenticated
