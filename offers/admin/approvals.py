"""Approvals for staff: what businesses want approved by whom, what was asked, and what was decided; only to be read."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.selectors import is_named
from offers.admin.showing import DealAdmin, DealInline
from offers.models import ApprovalDecision, ApprovalPolicy, ApprovalPolicyChange, ApprovalRequest
from wholexale.common.admin import CurrencyFilter, has_id, link, numbered, say_when, show_amount, show_list, show_two


class PolicyChangesInline(DealInline):
    """All that a policy has said, the newest first."""

    model = ApprovalPolicyChange
    verbose_name_plural = "history"
    ordering = ("-number",)
    fields = ("number", "made", "starts_at", "approver_role", "approvals_needed", "is_active")
    related = ("actor", "policy")

    @admin.display(description="UTC, by")
    def made(self, change: ApprovalPolicyChange) -> SafeString:
        """Return when it was changed, and by whom."""
        return show_two(say_when(change.created_at), change.actor.full_name)

    @admin.display(description="from")
    def starts_at(self, change: ApprovalPolicyChange) -> SafeString:
        """Return from which total on it holds."""
        return show_amount(change.threshold, change.policy.currency)


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(DealAdmin):
    """Policies: found by the business."""

    list_display = ("__str__", "business", "approver_role", "approvals_needed", "is_active", "changed")
    list_filter = ("action", "is_active", CurrencyFilter)
    list_select_related = ("business",)
    search_help_text = "A business."
    inlines = (PolicyChangesInline,)
    fields = (
        *("business", "action", "currency", "starts_at", "approver_role", "approvals_needed", "is_active"),
        *("version", "created_by", "created_at", "updated_at"),
    )

    def find(self, text: str) -> Q:
        """Find by id or business."""
        return has_id(text) | is_named(text, "business")

    @admin.display(description="from")
    def starts_at(self, policy: ApprovalPolicy) -> SafeString:
        """Return from which total on it holds."""
        return show_amount(policy.threshold, policy.currency)

    @admin.display(description="changed, UTC", ordering="updated_at")
    def changed(self, policy: ApprovalPolicy) -> str:
        """Return when it was changed last."""
        return say_when(policy.updated_at)


class DecisionsInline(DealInline):
    """What colleagues have said, in order."""

    model = ApprovalDecision
    verbose_name_plural = "decisions"
    ordering = ("id",)
    fields = ("made", "decision", "role", "reason")
    related = ("decided_by",)

    @admin.display(description="UTC, by")
    def made(self, decision: ApprovalDecision) -> SafeString:
        """Return when it was decided, and by whom."""
        return show_two(say_when(decision.created_at), decision.decided_by.full_name)


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(DealAdmin):
    """Requests: found by the number of the offer, or by the business."""

    list_display = ("event", "source", "business", "action", "moved", "status")
    list_display_links = None
    list_filter = ("status", "action", CurrencyFilter)
    search_help_text = "A number (OFF-2026-000123), a business."
    inlines = (DecisionsInline,)
    fields = (
        *("source", "revision", "business", "action", "moved", "goods", "asked_by", "message", "status"),
        *("created_at", "decided_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        """Load the offer and who asks along."""
        return super().get_queryset(request).select_related("offer", "business", "requested_by")

    def find(self, text: str) -> Q:
        """Find by id, number of the offer or business."""
        if (number := numbered(text, "OFF")) is not None:
            return Q(offer__number=number)
        return has_id(text) | is_named(text, "business")

    @admin.display(description="request, UTC", ordering="id")
    def event(self, request: ApprovalRequest) -> SafeString:
        """Link to the request, and say when it was made."""
        return show_two(link(request), say_when(request.created_at))

    @admin.display(description="offer")
    def source(self, request: ApprovalRequest) -> SafeString:
        """Link to the offer."""
        return link(request.offer)

    @admin.display(description="total")
    def moved(self, request: ApprovalRequest) -> SafeString:
        """Return what the goods cost."""
        return show_amount(request.total, request.currency)

    @admin.display(description="lines")
    def goods(self, request: ApprovalRequest) -> SafeString:
        """Return what was to be approved, line by line."""
        lines = request.terms["lines"]
        return show_list(
            f"{one['quantity']} {one['unit']} of {one['product']['name']} at {one['offerPrice']}" for one in lines
        )

    @admin.display(description="asked by")
    def asked_by(self, request: ApprovalRequest) -> str:
        """Return who has asked."""
        return request.requested_by.full_name
