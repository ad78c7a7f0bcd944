"""Businesses and who works for them, on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts import selectors
from accounts.models import Business, Membership
from accounts.selectors import UserRef, user_ref
from accounts.serializers.fields import (
    Address,
    BusinessName,
    BusinessType,
    Country,
    Gstin,
    TimeZone,
    check_time_zone,
    plain,
    text,
)
from accounts.services import BusinessDetails
from wholexale.common.api import PageQuery, Pagination
from wholexale.common.wire import Resource, Wire, clean_text, wire_time

MemberRole = Literal["owner", "admin", "finance", "member"]


class DirectoryQuery(PageQuery, kw_only=True):
    """Which businesses: part of the name, and the type."""

    q: Annotated[str, Meta(max_length=100)] = ""
    type: BusinessType | None = None


class BusinessBody(Wire, kw_only=True):
    """What changes about a business; null clears the number and the address."""

    name: BusinessName | UnsetType = UNSET
    business_type: BusinessType | UnsetType = UNSET
    gst_number: Gstin | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    country: Country | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET

    def details(self) -> BusinessDetails:
        """Return what the service needs.

        Raises:
            ValidationFailed: where the time zone is none.
        """
        return BusinessDetails(
            name=clean_text(self.name) if self.name else None,
            business_type=self.business_type or None,
            gst_number=(text(self.gst_number) or "").upper() if self.gst_number is not UNSET else None,
            address=None if self.address is UNSET else plain(self.address) or {},
            country=clean_text(self.country) if self.country else None,
            time_zone=None if self.time_zone is UNSET else check_time_zone(self.time_zone, field="timeZone"),
        )


class RoleBody(Wire, kw_only=True):
    """What somebody may do for the business."""

    role: MemberRole


class MembershipInfo(Wire, kw_only=True):
    """For which business a person works, and as what."""

    business_id: str
    role: str


class BusinessCard(Resource, kw_only=True):
    """A business as everybody sees it."""

    name: str
    slug: str
    business_type: str
    is_verified: bool
    country: str
    contact_person: UserRef | None


class OwnBusiness(BusinessCard, kw_only=True):
    """A business as those see it who work for it."""

    gst_number: str | None
    address: Address | None
    time_zone: str
    membership: MembershipInfo
    created_at: str
    updated_at: str


class BusinessPage(Wire, kw_only=True):
    """A page of the directory."""

    businesses: list[BusinessCard]
    pagination: Pagination


class BusinessFound(Wire, kw_only=True):
    """One business of the directory."""

    business: BusinessCard


class OwnBusinessFound(Wire, kw_only=True):
    """The caller's business."""

    business: OwnBusiness


class OwnBusinessSaved(Wire, kw_only=True):
    """The caller's business as it is now."""

    message: str
    business: OwnBusiness


class Member(Resource, kw_only=True):
    """Somebody who works for a business."""

    user: UserRef
    role: str
    joined_at: str


class MemberPage(Wire, kw_only=True):
    """A page of the people of a business."""

    members: list[Member]
    pagination: Pagination


class MemberSaved(Wire, kw_only=True):
    """Somebody who works for the business, as they are now."""

    message: str
    member: Member


def membership_info(membership: Membership) -> MembershipInfo:
    """Return for which business somebody works, and as what."""
    return MembershipInfo(business_id=str(membership.business_id), role=membership.role)


def address_of(business: Business) -> Address | None:
    """Return the address of a business, where it has one."""
    return msgspec.convert(business.address, Address) if business.address else None


def business_card(business: Business) -> BusinessCard:
    """Return a business of the directory as everybody sees it."""
    return BusinessCard(**_card(business))


def business_cards(businesses: Iterable[Business]) -> list[BusinessCard]:
    """Return a page of the directory."""
    return [business_card(business) for business in businesses]


def own_business(membership: Membership) -> OwnBusiness:
    """Return a business as those see it who work for it."""
    business = membership.business
    return OwnBusiness(
        **_card(business),
        gst_number=business.gst_number or None,
        address=address_of(business),
        time_zone=business.time_zone,
        membership=membership_info(membership),
        created_at=wire_time(business.created_at),
        updated_at=wire_time(business.updated_at),
    )


def member_list(memberships: Iterable[Membership]) -> list[Member]:
    """Return a page of the people of a business."""
    return [member_shape(membership) for membership in memberships]


def member_shape(membership: Membership) -> Member:
    """Return somebody who works for a business."""
    return Member(
        id=str(membership.id),
        user=user_ref(membership.user),
        role=membership.role,
        joined_at=wire_time(membership.created_at),
    )


def _card(business: Business) -> dict[str, Any]:
    owner = selectors.contact_of(business)
    return {
        "id": str(business.id),
        "name": business.name,
        "slug": business.slug,
        "business_type": business.business_type,
        "is_verified": business.is_verified,
        "country": business.country,
        "contact_person": user_ref(owner) if owner else None,
    }
