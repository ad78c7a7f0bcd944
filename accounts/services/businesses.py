"""Businesses and who works for them."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import selectors
from accounts.events import MemberAdded
from accounts.models import Business, Membership, User
from wholexale.common.errors import Conflict, Forbidden
from wholexale.common.events import publish
from wholexale.common.realtime import Actor

_SLUG_LENGTH = 100


@dataclass(frozen=True, slots=True)
class BusinessDetails:
    """What is said about a business; None leaves a value as it is."""

    name: str | None = None
    business_type: str | None = None
    gst_number: str | None = None
    address: dict[str, Any] | None = None
    country: str | None = None
    time_zone: str | None = None

    def given(self) -> dict[str, Any]:
        """Return the values that were said, by field of the model."""
        fields = {
            "name": self.name,
            "business_type": self.business_type,
            "gst_number": self.gst_number,
            "address": self.address,
            "country": self.country,
            "time_zone": self.time_zone,
        }
        return {name: value for name, value in fields.items() if value is not None}


@transaction.atomic
def create_business(*, actor: User, details: BusinessDetails) -> Business:
    """Create a business that the actor owns. Equal names are fine: the slug tells them apart.

    Raises:
        Conflict: `MEMBERSHIP_EXISTS`, where the actor already works for a business.
    """
    business = Business(**details.given())
    slug = slugify(business.name)[:_SLUG_LENGTH] or "business"
    business.slug = slug if not Business.objects.filter(slug=slug).exists() else _suffixed(slug)
    try:
        with transaction.atomic():
            business.save(force_insert=True)
    except IntegrityError:  # somebody took the name in this moment
        business.slug = _suffixed(slug)
        business.save(force_insert=True)
    add_member(business=business, user=actor, role=Membership.Role.OWNER)
    return business


@transaction.atomic
def add_member(*, business: Business, user: User, role: Membership.Role = Membership.Role.MEMBER) -> Membership:
    """Let a user work for a business.

    Raises:
        Conflict: `MEMBERSHIP_EXISTS`, where they already work for one.
    """
    try:
        with transaction.atomic():
            membership = Membership.objects.create(business=business, user=user, role=role)
    except IntegrityError:
        raise Conflict("MEMBERSHIP_EXISTS", "This person already works for a business.") from None
    publish(MemberAdded(business_id=business.id, user_id=user.id, role=membership.role))
    return membership


@transaction.atomic
def update_business(*, actor: Actor, details: BusinessDetails) -> Membership:
    """Change the actor's business; return their membership with it.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where they work for none.
        Forbidden: where they may not change it.
    """
    membership = selectors.access_own_business(actor=actor, manage=True)
    changes = details.given()
    for name, value in changes.items():
        setattr(membership.business, name, value)
    if changes:
        membership.business.save(update_fields=[*changes, "updated_at"])
    return membership


@transaction.atomic
def set_member_role(*, actor: Actor, membership_id: UUID, role: Membership.Role) -> Membership:
    """Give somebody who works for the actor's business another role; return their membership with the person.

    Nobody raises themself, only an owner touches or makes an owner, and one owner whose account works stays.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where the actor works for none; `MEMBER_NOT_FOUND`.
        Forbidden: where the actor's role does not allow it.
        Conflict: `LAST_OWNER`.
    """
    own = selectors.access_own_business(actor=actor)
    Business.objects.select_for_update(no_key=True).get(id=own.business_id)  # roles of one business change in turn
    chosen = selectors.access_member(actor=actor, membership_id=membership_id)
    own.refresh_from_db(fields=["role"])
    _judge_new_role(own, chosen, role)
    if chosen.role == Membership.Role.OWNER != role and not selectors.other_owners(chosen).exists():
        raise Conflict("LAST_OWNER", "A business keeps one owner.")
    chosen.role = role
    chosen.save(update_fields=["role"])
    return chosen


def save_own_business(*, actor: User, details: BusinessDetails) -> None:
    """Change the actor's business where something new is said about it; create it where they have none.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`, where they have none and say no name.
        Forbidden: where they may not change it.
    """
    membership = Membership.objects.select_related("business").filter(user=actor).first()
    if membership is None and details.name:
        create_business(actor=actor, details=details)
        return
    present = membership.business if membership else None
    if any(getattr(present, name, None) != value for name, value in details.given().items()):
        update_business(actor=actor, details=details)


def _judge_new_role(own: Membership, chosen: Membership, role: Membership.Role) -> None:
    """Refuse what the actor's own role does not allow."""
    owner, ranks = Membership.Role.OWNER, list(Membership.Role)
    if own.role not in selectors.MANAGERS:
        raise Forbidden(detail="Only an owner or an admin of the business may change roles.")
    if own.role != owner and owner in {chosen.role, role}:
        raise Forbidden(detail="Only an owner may do this with an owner.")
    if own.id == chosen.id and ranks.index(role) < ranks.index(Membership.Role(own.role)):
        raise Forbidden(detail="Nobody raises themself.")


def _suffixed(slug: str) -> str:
    return f"{slug}-{secrets.token_hex(4)}"
