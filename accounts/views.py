"""REST: decode, one service or selector call, encode."""

from http import HTTPStatus

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.authentication import caller
from accounts.models import Membership, Session
from accounts.serializers import businesses as business_shapes, people as shapes
from accounts.services import Device
from wholexale.common.api import PageQuery, endpoint, paginate
from wholexale.common.errors import Unauthenticated
from wholexale.common.ids import id_from_path
from wholexale.common.limits import client_address


class PublicView(APIView):
    """Needs no token, and looks at none."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


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
            registration=body.registration(), password=body.password, device=_device(request)
        )
        return shapes.signed_in(session, "The account was created.", [*warnings, *body.ignored()])


class LoginView(PublicView):
    """`auth/login`."""

    @endpoint(
        body=shapes.LoginBody,
        returns=shapes.SignedIn,
        errors={401: "INVALID_CREDENTIALS, ACCOUNT_DEACTIVATED", 429: "RATE_LIMITED"},
    )
    def post(self, request: Request, body: shapes.LoginBody) -> shapes.SignedIn:
        """Sign in."""
        session = services.login(email=body.email, password=body.password, device=_device(request))
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
        services.log_out(actor=caller(request), session_id=_session(request).id)
        return shapes.Confirmation(message="Signed out.")


class LogoutAllView(APIView):
    """`auth/logout-all`."""

    @endpoint(returns=shapes.Confirmation)
    def post(self, request: Request) -> shapes.Confirmation:
        """Sign out on every device."""
        services.log_out_everywhere(actor=caller(request))
        return shapes.Confirmation(message="Signed out everywhere.")


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
        errors={400: "VALIDATION_FAILED, INVALID_CURRENT_PASSWORD", 429: "RATE_LIMITED"},
    )
    def post(self, request: Request, body: shapes.ChangePasswordBody) -> shapes.Confirmation:
        """Change the password; every other session ends."""
        services.change_password(
            actor=caller(request),
            session_id=_session(request).id,
            current=body.current_password,
            new=body.new_password,
        )
        return shapes.Confirmation(message="The password was changed; other devices are signed out.")


class SessionsView(APIView):
    """`auth/sessions`."""

    @endpoint(returns=shapes.Sessions)
    def get(self, request: Request) -> shapes.Sessions:
        """List where the caller is signed in."""
        sessions, current = selectors.sessions_of(caller(request)), _session(request)
        return shapes.Sessions(sessions=[shapes.session_info(item, current=current) for item in sessions])


class SessionView(APIView):
    """`auth/sessions/{id}`."""

    @endpoint(returns=shapes.Confirmation, errors={404: "SESSION_NOT_FOUND"})
    def delete(self, request: Request, session_id: str) -> shapes.Confirmation:
        """Sign out on one device."""
        known_id = id_from_path(session_id, missing=selectors.session_not_found())
        services.end_session(actor=caller(request), session_id=known_id)
        return shapes.Confirmation(message="The session has ended.")


class BusinessesView(APIView):
    """`businesses`."""

    @endpoint(query=business_shapes.DirectoryQuery, returns=business_shapes.BusinessPage)
    def get(self, request: Request, query: business_shapes.DirectoryQuery) -> business_shapes.BusinessPage:
        """List the directory by name."""
        rows = selectors.directory(name=query.q.strip(), business_type=query.type)
        cards, pagination = paginate(rows, query, business_shapes.business_cards)
        return business_shapes.BusinessPage(businesses=cards, pagination=pagination)


class BusinessView(APIView):
    """`businesses/{id}`."""

    @endpoint(returns=business_shapes.BusinessFound, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request, business_id: str) -> business_shapes.BusinessFound:
        """Return one business of the directory."""
        known_id = id_from_path(business_id, missing=selectors.business_not_found())
        business = selectors.access_business(actor=caller(request), business_id=known_id)
        return business_shapes.BusinessFound(business=business_shapes.business_card(business))


class OwnBusinessView(APIView):
    """`businesses/me`."""

    @endpoint(returns=business_shapes.OwnBusinessFound, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request) -> business_shapes.OwnBusinessFound:
        """Return the caller's business."""
        membership = selectors.access_own_business(actor=caller(request))
        return business_shapes.OwnBusinessFound(business=business_shapes.own_business(membership))

    @endpoint(
        body=business_shapes.BusinessBody,
        returns=business_shapes.OwnBusinessSaved,
        errors={400: "VALIDATION_FAILED", 403: "FORBIDDEN", 404: "BUSINESS_NOT_FOUND"},
    )
    def patch(self, request: Request, body: business_shapes.BusinessBody) -> business_shapes.OwnBusinessSaved:
        """Change the caller's business; for its owner and admins."""
        membership = services.update_business(actor=caller(request), details=body.details())
        return business_shapes.OwnBusinessSaved(
            message="The business was saved.", business=business_shapes.own_business(membership)
        )


class MembersView(APIView):
    """`businesses/me/members`."""

    @endpoint(query=PageQuery, returns=business_shapes.MemberPage, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request, query: PageQuery) -> business_shapes.MemberPage:
        """List who works for the caller's business."""
        rows = selectors.members(actor=caller(request))
        members, pagination = paginate(rows, query, business_shapes.member_list)
        return business_shapes.MemberPage(members=members, pagination=pagination)


class MemberView(APIView):
    """`businesses/me/members/{id}`."""

    @endpoint(
        body=business_shapes.RoleBody,
        returns=business_shapes.MemberSaved,
        errors={403: "FORBIDDEN", 404: "BUSINESS_NOT_FOUND, MEMBER_NOT_FOUND", 409: "LAST_OWNER"},
    )
    def patch(
        self, request: Request, membership_id: str, body: business_shapes.RoleBody
    ) -> business_shapes.MemberSaved:
        """Give somebody another role; for owners and admins, who leave owners alone and raise nobody above them."""
        known_id = id_from_path(membership_id, missing=selectors.member_not_found())
        role = Membership.Role(body.role)
        membership = services.set_member_role(actor=caller(request), membership_id=known_id, role=role)
        return business_shapes.MemberSaved(
            message="The role was changed.", member=business_shapes.member_shape(membership)
        )


def _session(request: Request) -> Session:
    if isinstance(request.auth, Session):
        return request.auth
    raise Unauthenticated


def _device(request: Request) -> Device:
    agent = request.headers.get("User-Agent", "")
    return Device(address=client_address(request._request), user_agent=agent)  # noqa: SLF001 - DRF wraps it
