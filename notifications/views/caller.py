"""Who asks, and about which notification."""

from uuid import UUID

from rest_framework.request import Request

from accounts.models import User
from notifications.selectors import notification_not_found
from wholexale.common.errors import Unauthenticated
from wholexale.common.ids import id_from_path


def caller(request: Request) -> User:
    """Return the user who sends a request."""
    if isinstance(request.user, User):
        return request.user
    raise Unauthenticated


def chosen(notification: str) -> UUID:
    """Return the id that a path names.

    Raises:
        NotFound: `NOTIFICATION_NOT_FOUND`, for what is no id.
    """
    return id_from_path(notification, missing=notification_not_found())
