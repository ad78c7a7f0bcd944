"""Who asks."""

from uuid import UUID

from rest_framework.request import Request

from accounts import selectors as accounts_selectors
from accounts.models import User
from wholexale.common.errors import Unauthenticated


def caller(request: Request) -> User:
    """Return the user who sends a request."""
    if isinstance(request.user, User):
        return request.user
    raise Unauthenticated


def business_id(request: Request) -> UUID | None:
    """Return the business that the user works for who sends a request; None for who works for none."""
    membership = accounts_selectors.membership_of(caller(request))
    return membership.business_id if membership else None
