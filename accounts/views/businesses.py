"""The directory, and the caller's own business with its members."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.authentication import caller
from accounts.models import Membership
from accounts.serializers import businesses as shapes
from wholexale.common.api import PageQuery, endpoint, paginate
from wholexale.common.ids import id_from_path


class BusinessesView(APIView):
    """`businesses`."""

    @endpoint(query=shapes.DirectoryQuery, returns=shapes.BusinessPage)
    def get(self, request: Request, query: shapes.DirectoryQuery) -> shapes.BusinessPage:
        """List the directory by name."""
        rows = selectors.directory(name=query.q.strip(), business_type=query.type)
        cards, pagination = paginate(rows, query, shapes.business_cards)
        return shapes.BusinessPage(businesses=cards, pagination=pagination)


class BusinessView(APIView):
    """`businesses/{id}`."""

    @endpoint(returns=shapes.BusinessFound, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request, business_id: str) -> shapes.BusinessFound:
        """Return one business of the directory."""
        known_id = id_from_path(business_id, missing=selectors.business_not_found())
        business = selectors.access_business(actor=caller(request), business_id=known_id)
        return shapes.BusinessFound(business=shapes.business_card(business))


class OwnBusinessView(APIView):
    """`businesses/me`."""

    @endpoint(returns=shapes.OwnBusinessFound, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request) -> shapes.OwnBusinessFound:
        """Return the caller's business."""
        membership = selectors.access_own_business(actor=caller(request))
        return shapes.OwnBusinessFound(business=shapes.own_business(membership))

    @endpoint(
        body=shapes.BusinessBody,
        returns=shapes.OwnBusinessSaved,
        errors={400: "VALIDATION_FAILED", 403: "FORBIDDEN", 404: "BUSINESS_NOT_FOUND"},
    )
    def patch(self, request: Request, body: shapes.BusinessBody) -> shapes.OwnBusinessSaved:
        """Change the caller's business; for its owner and admins."""
        membership = services.update_business(actor=caller(request), details=body.details())
        return shapes.OwnBusinessSaved(message="The business was saved.", business=shapes.own_business(membership))


class MembersView(APIView):
    """`businesses/me/members`."""

    @endpoint(query=PageQuery, returns=shapes.MemberPage, errors={404: "BUSINESS_NOT_FOUND"})
    def get(self, request: Request, query: PageQuery) -> shapes.MemberPage:
        """List who works for the caller's business."""
        rows = selectors.members(actor=caller(request))
        members, pagination = paginate(rows, query, shapes.member_list)
        return shapes.MemberPage(members=members, pagination=pagination)


class MemberView(APIView):
    """`businesses/me/members/{id}`."""

    @endpoint(
        body=shapes.RoleBody,
        returns=shapes.MemberSaved,
        errors={403: "FORBIDDEN", 404: "BUSINESS_NOT_FOUND, MEMBER_NOT_FOUND", 409: "LAST_OWNER"},
    )
    def patch(self, request: Request, membership_id: str, body: shapes.RoleBody) -> shapes.MemberSaved:
        """Give somebody another role; for owners and admins, who leave owners alone and raise nobody above them."""
        known_id = id_from_path(membership_id, missing=selectors.member_not_found())
        role = Membership.Role(body.role)
        membership = services.set_member_role(actor=caller(request), membership_id=known_id, role=role)
        return shapes.MemberSaved(message="The role was changed.", member=shapes.member_shape(membership))
