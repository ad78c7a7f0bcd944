"""Routes of the app, below `/api/`."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view()),
    path("auth/login", views.LoginView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path("auth/logout", views.LogoutView.as_view()),
    path("auth/logout-all", views.LogoutAllView.as_view()),
    path("auth/me", views.MeView.as_view()),
    path("auth/profile", views.ProfileView.as_view()),
    path("auth/change-password", views.ChangePasswordView.as_view()),
    path("auth/verify-email", views.VerifyEmailView.as_view()),
    path("auth/resend-verification", views.ResendVerificationView.as_view()),
    path("auth/forgot-password", views.ForgotPasswordView.as_view()),
    path("auth/reset-password", views.ResetPasswordView.as_view()),
    path("auth/verify-phone", views.VerifyPhoneView.as_view()),
    path("auth/verify-phone/start", views.StartPhoneVerificationView.as_view()),
    path("auth/sessions", views.SessionsView.as_view()),
    path("auth/sessions/<str:session_id>", views.SessionView.as_view()),
    path("businesses", views.BusinessesView.as_view()),
    path("businesses/me", views.OwnBusinessView.as_view()),
    path("businesses/me/members", views.MembersView.as_view()),
    path("businesses/me/members/<str:membership_id>", views.MemberView.as_view()),
    path("businesses/<str:business_id>", views.BusinessView.as_view()),
]
