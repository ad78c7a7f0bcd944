"""Who sends a REST request: the bearer of an access token whose session is alive."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import selectors, tokens
from accounts.models import Session, User

SCHEME = "bearer"


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
