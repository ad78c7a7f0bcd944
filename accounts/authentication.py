"""Who sends a request: the bearer of an access token whose session is alive, or staff behind the admin's login."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import selectors, tokens
from accounts.models import Session, User
from wholexale.common.errors import Unauthenticated

SCHEME = "bearer"


def caller(request: Request) -> User:
    """Return the user who sends a request.

    Raises:
        Unauthenticated: for nobody.
    """
    if isinstance(request.user, User):
        return request.user
    raise Unauthenticated


def business_id(request: Request) -> UUID | None:
    """Return the business that the user works for who sends a request; None for who works for none.

    Raises:
        Unauthenticated: for nobody.
    """
    membership = selectors.membership_of(caller(request))
    return membership.business_id if membership else None


def staff(request: HttpRequest) -> User:
    """Return who is asking, behind the admin's login.

    Raises:
        PermissionDenied: for nobody.
    """
    if isinstance(request.user, User):
        return request.user
    raise PermissionDenied


class BearerAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer <token>`, or the bare token that old clients send; costs one query."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Return the user and the session, or None where no token was sent."""
        header = request.META.get("HTTP_AUTHORIZATION", "").strip()
        scheme, _, rest = header.partition(" ")
        token = rest.strip() if scheme.lower() == SCHEME else header
        if not token:
            return None
        if " " in token:
            raise tokens.invalid_token()
        session = selectors.authenticate(token)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme for `WWW-Authenticate`."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself when defined
    """Describe the scheme in the OpenAPI document."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = SCHEME

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": SCHEME, "bearerFormat": "JWT"}
