"""Who a person is to others."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from accounts.models import Membership, User
from wholexale.common.errors import NotFound
from wholexale.common.wire import Resource

ACTIVE = (User.Status.ACTIVE, User.Status.PENDING_VERIFICATION)


class UserRef(Resource, kw_only=True):
    """A person as others see them."""

    first_name: str
    last_name: str
    full_name: str
    business_name: str | msgspec.UnsetType = msgspec.UNSET
    avatar: str | None


def user_ref(user: User) -> UserRef:
    """Return the public shape of a user loaded with `select_related("membership__business")`."""
    membership = membership_of(user)
    return person_ref(user, membership.business.name if membership else msgspec.UNSET)


def person_ref(user: User, business_name: str | msgspec.UnsetType) -> UserRef:
    """Return the public shape of a user whose business is known."""
    return UserRef(
        id=str(user.id),
        first_name=user.first_name,
        last_name=user.last_name,
        full_name=user.full_name,
        business_name=business_name,
        avatar=user.avatar or None,
    )


def membership_of(user: User) -> Membership | None:
    """Return the user's membership, without a query where it was loaded with the user."""
    return getattr(user, "membership", None)


def people(user_ids: Collection[UUID]) -> dict[UUID, User]:
    """Return users with their businesses by id, ready for `user_ref`, in one query; unknown ids are left out."""
    users = User.objects.select_related("membership__business").filter(id__in=user_ids)
    return {user.id: user for user in users}


def person(user_id: UUID) -> User:
    """Return one user with the business they work for.

    Raises:
        NotFound: `USER_NOT_FOUND`.
    """
    if user := people([user_id]).get(user_id):
        return user
    raise NotFound("USER_NOT_FOUND", "There is no such user.")


def users_changed_since(moment: datetime) -> list[str]:
    """Return the ids of users whose account, name or privacy may have changed at or after a moment."""
    return list(map(str, User.objects.filter(updated_at__gte=moment).values_list("id", flat=True)))
