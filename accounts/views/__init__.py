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
from accounts.views.tickets import (
    ForgotPasswordView,
    ResendVerificationView,
    ResetPasswordView,
    StartPhoneVerificationView,
    VerifyEmailView,
    VerifyPhoneView,
)

__all__ = [
    "BusinessView",
    "BusinessesView",
    "ChangePasswordView",
    "ForgotPasswordView",
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
    "ResendVerificationView",
    "ResetPasswordView",
    "SessionView",
    "SessionsView",
    "StartPhoneVerificationView",
    "VerifyEmailView",
    "VerifyPhoneView",
]
