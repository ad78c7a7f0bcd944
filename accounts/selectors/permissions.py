"""Who may do what for a business."""

from collections.abc import Collection, Iterable
from functools import cache
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership, Permission
from accounts.selectors.businesses import business_not_found
from accounts.selectors.users import ACTIVE
from wholexale.common.errors import Forbidden
from wholexale.common.prepared import Prepared, read
from wholexale.common.realtime import Actor


def access_membership(*, actor: Actor, permission: Permission | None = None) -> Membership:
    """Return the actor's membership with its business, in one query; with a permission, only where it gives that.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where they work for none.
        Forbidden: `INSUFFICIENT_PERMISSIONS`, with the roles that would do and the one they have.
    """
    membership = Membership.objects.select_related("business").filter(user_id=actor.id).first()
    if membership is None:
        raise business_not_found()
    if permission is not None and not membership.may(permission):
        raise insufficient_permissions(membership, permission)
    return membership


def users_allowed(*, business_id: UUID, permission: Permission) -> list[UUID]:
    """Return the ids of the people of a business who have a permission and whose account works."""
    return people_allowed(business_ids=[business_id], permission=permission)[business_id]


def people_allowed(*, business_ids: Collection[UUID], permission: Permission) -> dict[UUID, list[UUID]]:
    """Return the ids of the people of several businesses as `users_allowed` does, by business, in one query."""
    wanted = sorted(set(business_ids))
    (people,) = read(_people_of(permission, len(wanted))(*wanted))
    return by_business(people, wanted)


@cache
def _people_of(permission: Permission, count: int) -> Prepared[tuple[UUID, UUID]]:
    """Return the query of who has a permission in so many businesses."""
    return Prepared(
        lambda *business_ids: with_permission(permission).filter(business_id__in=business_ids), *[UUID] * count
    )


def by_business(people: Iterable[tuple[UUID, UUID]], business_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return the users of `with_permission` by business; none for a business that has nobody there."""
    found: dict[UUID, list[UUID]] = {business_id: [] for business_id in business_ids}
    for business_id, user_id in people:
        found[business_id].append(user_id)
    return found


def with_permission(permission: Permission) -> "QuerySet[Membership, tuple[UUID, UUID]]":
    """Return (business, user) of the people who have a permission in their business and whose account works."""
    allowed = Membership.objects.filter(role__in=permission.roles, user__status__in=ACTIVE)
    return allowed.order_by("id").values_list("business_id", "user_id")


def insufficient_permissions(membership: Membership, permission: Permission) -> Forbidden:
    """Build the refusal of somebody whose role does not give a permission."""
    return Forbidden(
        "INSUFFICIENT_PERMISSIONS",
        "Your role in the business does not allow this.",
        required=[str(role) for role in permission.roles],
        current=membership.role,
    )
