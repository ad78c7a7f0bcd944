"""Registering, signing in and out, and where somebody is signed in."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.authentication import caller
from accounts.serializers import people as shapes
from accounts.views.caller import PublicView, device_of, session_of
from wholexale.common.api import endpoint
from wholexale.common.errors import Unauthenticated
from wholexale.common.ids import id_from_path


class RegisterView(PublicView):
    """`auth/register`."""

    @endpoint(
        body=shapes.RegisterBody,
        returns=shapes.SignedIn,
        status=HTTPStatus.CREATED,
        errors={400: "VALIDATION_FAILED, EMAIL_EXISTS", 429: "RATE_LIMITED"},
    )
    def post(self, request: Request, body: shapes.RegisterBody) -> shapes.SignedIn:
        """Create an account, with its business where one is named, and sign it in."""
        session, warnings = services.register(
            registration=body.registration(), password=body.password, device=device_of(request)
        )
        return shapes.signed_in(session, "The account was created.", [*warnings, *body.ignored()])


class LoginView(PublicView):
    """`auth/login`."""

    @endpoint(
        body=shapes.LoginBody,
        returns=shapes.SignedIn,
        errors={401: "INVALID_CREDENTIALS, ACCOUNT_DEACTIVATED", 423: "ACCOUNT_LOCKED", 429: "RATE_LIMITED"},
    )
    def post(self, request: Request, body: shapes.LoginBody) -> shapes.SignedIn:
        """Sign in."""
        session = services.login(email=body.email, password=body.password, device=device_of(request))
        return shapes.signed_in(session, "Signed in.")


class RefreshView(PublicView):
    """`auth/refresh`."""

    @endpoint(
        body=shapes.RefreshBody,
        returns=shapes.Refreshed,
        errors={401: "NO_REFRESH_TOKEN, INVALID_REFRESH_TOKEN, ACCOUNT_DEACTIVATED"},
    )
    def post(self, request: Request, body: shapes.RefreshBody) -> shapes.Refreshed:
        """Take the next tokens of a session; the same request repeated within 10 seconds gets the same answer."""
        if not body.refresh_token:
            raise Unauthenticated("NO_REFRESH_TOKEN", "Send the refreshToken.")
        return shapes.refreshed(services.refresh(refresh_token=body.refresh_token))


class LogoutView(APIView):
    """`auth/logout`."""

    @endpoint(returns=shapes.Confirmation)
    def post(self, request: Request) -> shapes.Confirmation:
        """Sign out on this device."""
        services.log_out(actor=caller(request), session_id=session_of(request).id)
        return shapes.Confirmation(message="Signed out.")


class LogoutAllView(APIView):
    """`auth/logout-all`."""

    @endpoint(returns=shapes.Confirmation)
    def post(self, request: Request) -> shapes.Confirmation:
        """Sign out on every device."""
        services.log_out_everywhere(actor=caller(request))
        return shapes.Confirmation(message="Signed out everywhere.")


class SessionsView(APIView):
    """`auth/sessions`."""

    @endpoint(returns=shapes.Sessions)
    def get(self, request: Request) -> shapes.Sessions:
        """List where the caller is signed in."""
        sessions, current = selectors.sessions_of(caller(request)), session_of(request)
        return shapes.Sessions(sessions=[shapes.session_info(item, current=current) for item in sessions])


class SessionView(APIView):
    """`auth/sessions/{id}`."""

    @endpoint(returns=shapes.Confirmation, errors={404: "SESSION_NOT_FOUND"})
    def delete(self, request: Request, session_id: str) -> shapes.Confirmation:
        """Sign out on one device."""
        known_id = id_from_path(session_id, missing=selectors.session_not_found())
        services.end_session(actor=caller(request), session_id=known_id)
        return shapes.Confirmation(message="The session has ended.")
