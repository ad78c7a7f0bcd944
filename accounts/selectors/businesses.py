"""The directory, and the caller's own business."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Business, Membership, User
from accounts.selectors.users import ACTIVE
from wholexale.common.errors import Forbidden, NotFound
from wholexale.common.realtime import Actor

MANAGERS = (Membership.Role.OWNER, Membership.Role.ADMIN)
_MANY = 50


def directory(*, name: str = "", business_type: str | None = None) -> "QuerySet[Business]":
    """Return the businesses that anyone signed in may see, by name, each with its owners for `contact_of`.

    Args:
        name: part of the name, in any letter case.
        business_type: one of `Business.Type`.
    """
    owned = Membership.objects.filter(business=OuterRef("pk"), role=Membership.Role.OWNER, user__status__in=ACTIVE)
    businesses = Business.objects.filter(Exists(owned)).order_by("name", "id")
    if name:
        businesses = businesses.filter(name__icontains=name)
    if business_type:
        businesses = businesses.filter(business_type=business_type)
    return businesses.prefetch_related(_owners())


def is_named(text: str, *sides: str) -> Q:
    """Return the condition that one of the sides of a row is a business with this in its name.

    Of very many such businesses the first few count.
    """
    named = Business.objects.filter(name__icontains=text).order_by("name").values_list("pk", flat=True)
    chosen, condition = list(named[:_MANY]), Q()
    for side in sides:
        condition |= Q(**{f"{side}__in": chosen})
    return condition


def access_business(*, actor: Actor, business_id: UUID) -> Business:
    """Return a business of the directory.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
    """
    if business := directory().filter(id=business_id).first():
        return business
    raise business_not_found()


def access_own_business(*, actor: Actor, manage: bool = False) -> Membership:
    """Return the actor's membership with its business; with `manage`, only where they may change the business.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where they work for none.
        Forbidden: where they may not change it.
    """
    memberships = Membership.objects.select_related("business").prefetch_related(_owners("business__"))
    membership = memberships.filter(user_id=actor.id).first()
    if membership is None:
        raise business_not_found()
    if manage and membership.role not in MANAGERS:
        raise Forbidden(detail="Only an owner or an admin of the business may change it.")
    return membership


def members(*, actor: Actor) -> "QuerySet[Membership]":
    """Return who works for the actor's business, in the order they came.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where they work for none.
    """
    business_id = access_own_business(actor=actor).business_id
    colleagues = Membership.objects.select_related("user", "business").filter(business_id=business_id)
    return colleagues.order_by("created_at", "id")


def access_member(*, actor: Actor, membership_id: UUID) -> Membership:
    """Return somebody who works for the actor's business, with the person.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none; `MEMBER_NOT_FOUND`.
    """
    if membership := members(actor=actor).filter(id=membership_id).first():
        return membership
    raise member_not_found()


def other_owners(membership: Membership) -> "QuerySet[Membership]":
    """Return the owners of a business, but for this one, whose accounts work."""
    owners = Membership.objects.filter(role=Membership.Role.OWNER, user__status__in=ACTIVE)
    return owners.filter(business_id=membership.business_id).exclude(id=membership.id)


def contact_of(business: Business) -> User | None:
    """Return the active owner of a business that came from `directory` or with a membership."""
    owners: list[Membership] = getattr(business, "owners", [])
    return owners[0].user if owners else None


def business_not_found() -> NotFound:
    """Build the refusal of a business that is not there."""
    return NotFound("BUSINESS_NOT_FOUND", "There is no such business.")


def member_not_found() -> NotFound:
    """Build the refusal of somebody who does not work for the caller's business."""
    return NotFound("MEMBER_NOT_FOUND", "There is no such member of your business.")


def _owners(lead: str = "") -> "Prefetch[str, QuerySet[Membership], str]":
    active = Membership.objects.filter(role=Membership.Role.OWNER, user__status__in=ACTIVE)
    owners = active.select_related("user").order_by("created_at", "id")
    return Prefetch(f"{lead}memberships", queryset=owners, to_attr="owners")
