"""REST: decode, one service or selector call, encode."""

from accounts.views.businesses import BusinessesView, BusinessView, MembersView, MemberView, OwnBusinessView
from accounts.views.people import ChangePasswordView, MeView, ProfileView
from accounts.views.signing_in import (
    LoginView,
    LogoutAllView,
    LogoutView,
    RefreshView,
    RegisterView,
    SessionsView,
    SessionView,
)

__all__ = [
    "BusinessView",
    "BusinessesView",
    "ChangePasswordView",
    "LoginView",
    "LogoutAllView",
    "LogoutView",
    "MeView",
    "MemberView",
    "MembersView",
    "OwnBusinessView",
    "ProfileView",
    "RefreshView",
    "RegisterView",
    "SessionView",
    "SessionsView",
]
