"""Accounts for staff: search, read, and act through the services. Nothing is edited that a service guards."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.authentication import staff
from accounts.models import Business, Membership, ResetRequest, Session, Ticket, User
from wholexale.common.admin import ReadOnlyAdmin, WorkAdmin
from wholexale.common.errors import DomainError
from wholexale.common.limits import client_address


class StaffLoginForm(AdminAuthenticationForm):
    """The admin's login, counted by the same limits as that of the API."""

    def clean(self) -> dict[str, Any]:
        """Count the attempt before the password is looked at."""
        device = services.Device(address=client_address(self.request)) if self.request else services.Device()
        try:
            services.count_login(email=self.cleaned_data.get("username", ""), device=device)
        except DomainError as refusal:
            raise ValidationError(refusal.detail) from None
        return super().clean()


admin.site.login_form = StaffLoginForm
admin.site.site_url = "/api/docs"
admin.site.site_header = admin.site.site_title = "Wholexale"


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg] # generic in the stubs only
    """Sets a password through the service, which also ends the user's sessions."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        """Leave out Django's choice of having no password."""
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        """Set the password that was typed."""
        user: User = self.user
        services.set_password(user_id=user.id, password=self.cleaned_data["password1"])
        user.refresh_from_db()
        return user


class MembershipInline(admin.TabularInline[Membership, Business]):
    """Who works for a business."""

    model = Membership
    extra = 0
    fields = ("user", "role", "created_at")
    readonly_fields = ("user", "created_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Business | None = None) -> bool:
        """Members come through the service."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Load the people along."""
        return super().get_queryset(request).select_related("user")


@admin.register(User)
class PersonAdmin(UserAdmin[Any]):
    """People: found by name, address or business; suspended, reactivated and signed out by actions."""

    change_password_form = StaffPasswordForm
    list_display = ("email", "full_name", "business", "role", "status", "last_seen_at", "created_at")
    list_filter = ("status", "role", "is_email_verified", "is_staff", "created_at")
    list_select_related = ("membership__business",)
    search_fields = ("email", "first_name", "last_name", "membership__business__name")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    actions = ("suspend", "reactivate", "end_sessions")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name", "phone", "avatar", "business")}),
        ("Standing", {"fields": ("role", "status", "status_reason", "is_email_verified", "preferences")}),
        ("Admin", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("phone_verified_at", "last_login", "last_seen_at", "created_at", "updated_at")}),
    )
    _editable = ("password", "groups", "user_permissions")  # the password field shows a summary and the reset link

    @admin.display(description="business", ordering="membership__business__name")
    def business(self, user: User) -> str:
        """Return where the person works."""
        membership: Membership | None = getattr(user, "membership", None)
        return membership.business.name if membership else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Leave permissions to super admins, and everything else to the services."""
        fields = flatten_fieldsets(self.fieldsets)
        editable = self._editable if _is_superuser(request) else self._editable[:1]
        return [field for field in fields if field not in editable]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People register themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are deactivated: their words and deals stay."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let nobody but a super admin change a super admin."""
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Suspend the people; their sessions and sockets end."""
        self._set_status(request, users, User.Status.SUSPENDED)

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Let the people sign in again."""
        self._set_status(request, users, User.Status.ACTIVE)

    @admin.action(description="End all sessions", permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Sign the people out everywhere."""
        ended = services.end_sessions_of(actor=staff(request), user_ids=[user.id for user in users])
        self.message_user(request, f"{ended} sessions ended.")

    def _set_status(self, request: HttpRequest, users: QuerySet[User], status: User.Status) -> None:
        actor, done = staff(request), 0
        for user in users:
            try:
                services.set_status(actor=actor, user_id=user.id, status=status, reason=f"By {actor.email}")
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{user.email}: {refusal.detail}", messages.ERROR)
        self.message_user(request, f"{done} accounts are now {status.label.lower()}.")


class BusinessForm(forms.ModelForm[Business]):
    """Takes the time zone from those there are."""

    time_zone = forms.ChoiceField(choices=lambda: [(name, name) for name in sorted(available_timezones())])


@admin.register(Business)
class BusinessAdmin(admin.ModelAdmin[Business]):
    """Businesses: verified here, and read with their people."""

    form = BusinessForm
    list_display = ("name", "business_type", "gst_number", "country", "is_verified", "created_at")
    list_filter = ("is_verified", "business_type", "country")
    search_fields = ("name", "slug", "gst_number", "memberships__user__email")
    readonly_fields = ("slug", "created_at", "updated_at")
    ordering = ("name",)
    inlines = (MembershipInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Businesses come with the people who own them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Business | None = None) -> bool:
        """Keep them: what they traded stays."""
        return False


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin[Session]):
    """Sessions: read-only, with one action that ends them."""

    list_display = ("user", "user_agent", "ip_address", "created_at", "rotated_at", "ended_at", "end_reason")
    list_filter = ("end_reason", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip_address", "user_agent")
    ordering = ("-created_at",)
    actions = ("end",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sessions begin with a sign-in."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of a session is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who was signed in when is history."""
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Let those end sessions who may change people."""
        return bool(staff(request).has_perm("accounts.change_user"))

    @admin.action(description="End the sessions", permissions=["end"])
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        """End the sessions; their sockets close."""
        ended = services.end_sessions_of(actor=staff(request), session_ids=[session.id for session in sessions])
        self.message_user(request, f"{ended} sessions ended.")


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """Links and codes that were sent: when, and whether they were used. What was sent is not known here."""

    list_display = ("user", "purpose", "address", "created_at", "expires_at", "used_at", "tries")
    list_filter = ("purpose", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "address")
    ordering = ("-created_at",)
    exclude = ("token_hash",)


@admin.register(ResetRequest)
class ResetRequestAdmin(WorkAdmin):
    """Forgotten passwords, of which the account is looked for."""


def _is_superuser(request: HttpRequest) -> bool:
    return staff(request).is_superuser
