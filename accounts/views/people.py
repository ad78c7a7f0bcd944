"""The caller: who they are, their profile and their password."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.authentication import caller
from accounts.serializers import people as shapes
from accounts.views.caller import session_of
from wholexale.common.api import endpoint


class MeView(APIView):
    """`auth/me`."""

    @endpoint(returns=shapes.Me)
    def get(self, request: Request) -> shapes.Me:
        """Return the caller."""
        return shapes.Me(user=shapes.user_info(selectors.person(caller(request).id)))


class ProfileView(APIView):
    """`auth/profile`."""

    @endpoint(
        body=shapes.ProfileBody,
        returns=shapes.ProfileSaved,
        errors={400: "VALIDATION_FAILED", 403: "FORBIDDEN", 404: "BUSINESS_NOT_FOUND"},
    )
    def put(self, request: Request, body: shapes.ProfileBody) -> shapes.ProfileSaved:
        """Change what is sent and leave the rest; preferences are merged."""
        user = services.update_profile(
            actor=caller(request),
            person=body.person(),
            preferences=body.changed_preferences(),
            business=body.business(),
        )
        return shapes.ProfileSaved(message="The profile was saved.", user=shapes.user_info(user))


class ChangePasswordView(APIView):
    """`auth/change-password`."""

    @endpoint(
        body=shapes.ChangePasswordBody,
        returns=shapes.Confirmation,
        errors={400: "VALIDATION_FAILED, INVALID_CURRENT_PASSWORD", 423: "ACCOUNT_LOCKED"},
    )
    def post(self, request: Request, body: shapes.ChangePasswordBody) -> shapes.Confirmation:
        """Change the password; every other session ends."""
        services.change_password(
            actor=caller(request),
            session_id=session_of(request).id,
            current=body.current_password,
            new=body.new_password,
        )
        return shapes.Confirmation(message="The password was changed; other devices are signed out.")
