"""Who may do what for a business."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership, Permission
from accounts.selectors.businesses import business_not_found
from accounts.selectors.users import ACTIVE
from wholexale.common.errors import Forbidden
from wholexale.common.prepared import Prepared, read
from wholexale.common.realtime import Actor


class Colleague(NamedTuple):
    """Somebody who works for a business."""

    user_id: UUID
    role: str


_remembered: ContextVar[dict[UUID, list[Colleague]] | None] = ContextVar("remembered", default=None)


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
    """Return the ids of the people of several businesses as `users_allowed` does, by business, in one query at most."""
    known = _remembered.get()
    unknown = sorted(set(business_ids) - known.keys()) if known is not None else sorted(set(business_ids))
    (people,) = read(_people_of(len(unknown))(*unknown)) if unknown else ([],)
    staffs = (known or {}) | staff_by_business(people, unknown)
    return {business_id: allowed(staffs[business_id], permission) for business_id in business_ids}


def allowed(people: Iterable[Colleague], permission: Permission) -> list[UUID]:
    """Return the ids of those who have a permission."""
    return [one.user_id for one in people if one.role in permission.roles]


def staff_by_business(
    people: Iterable[tuple[UUID, UUID, str]], business_ids: Collection[UUID]
) -> dict[UUID, list[Colleague]]:
    """Return the people of `colleagues` by business; none for a business that has nobody there."""
    found: dict[UUID, list[Colleague]] = {business_id: [] for business_id in business_ids}
    for business_id, user_id, role in people:
        found[business_id].append(Colleague(user_id, role))
    if (known := _remembered.get()) is not None:
        known.update(found)
    return found


def colleagues() -> "QuerySet[Membership, tuple[UUID, UUID, str]]":
    """Return (business, user, role) of the people whose account works."""
    working = Membership.objects.filter(user__status__in=ACTIVE)
    return working.order_by("id").values_list("business_id", "user_id", "role")


@contextmanager
def people_remembered() -> Iterator[None]:
    """Ask for the people of a business once while this lasts: for a transaction that tells them several things."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


@cache
def _people_of(count: int) -> "Prepared[tuple[UUID, UUID, str]]":
    """Return the query of who works for so many businesses."""
    return Prepared(lambda *business_ids: colleagues().filter(business_id__in=business_ids), *[UUID] * count)


def insufficient_permissions(membership: Membership, permission: Permission) -> Forbidden:
    """Build the refusal of somebody whose role does not give a permission."""
    return Forbidden(
        "INSUFFICIENT_PERMISSIONS",
        "Your role in the business does not allow this.",
        required=[str(role) for role in permission.roles],
        current=membership.role,
    )
