"""Forgotten passwords, and the proof that an address and a phone are somebody's."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import services
from accounts.authentication import caller
from accounts.serializers import tickets as shapes
from accounts.serializers.people import Confirmation
from accounts.views.caller import PublicView, device_of
from wholexale.common.api import endpoint


class VerifyEmailView(PublicView):
    """`auth/verify-email`."""

    @endpoint(
        body=shapes.VerifyEmailBody, returns=Confirmation, errors={400: "VALIDATION_FAILED, INVALID_VERIFICATION_TOKEN"}
    )
    def post(self, request: Request, body: shapes.VerifyEmailBody) -> Confirmation:
        """Verify an e-mail address with the token of the link that was sent to it; a second time does no harm."""
        services.verify_email(token=body.token)
        return Confirmation(message="The address is verified.")


class ResendVerificationView(APIView):
    """`auth/resend-verification`."""

    @endpoint(returns=Confirmation, errors={409: "ALREADY_VERIFIED", 429: "RATE_LIMITED"})
    def post(self, request: Request) -> Confirmation:
        """Send the caller another link that verifies their address; earlier ones end."""
        services.ask_verification(actor=caller(request))
        return Confirmation(message="Another link is on its way.")


class ForgotPasswordView(PublicView):
    """`auth/forgot-password`."""

    @endpoint(body=shapes.ForgotPasswordBody, returns=Confirmation, errors={429: "RATE_LIMITED"})
    def post(self, request: Request, body: shapes.ForgotPasswordBody) -> Confirmation:
        """Send a link that resets the password, where the address has an account; the answer does not tell."""
        services.ask_password_reset(email=body.email, device=device_of(request))
        return Confirmation(message="If this address has an account, a link is on its way to it.")


class ResetPasswordView(PublicView):
    """`auth/reset-password`."""

    @endpoint(
        body=shapes.ResetPasswordBody, returns=Confirmation, errors={400: "VALIDATION_FAILED, INVALID_RESET_TOKEN"}
    )
    def post(self, request: Request, body: shapes.ResetPasswordBody) -> Confirmation:
        """Set a new password with the token of the link; every session ends, and a locked account opens."""
        services.reset_password(token=body.token, password=body.password)
        return Confirmation(message="The password was changed; please sign in.")


class StartPhoneVerificationView(APIView):
    """`auth/verify-phone/start`."""

    @endpoint(returns=Confirmation, errors={400: "INVALID_PHONE", 409: "ALREADY_VERIFIED", 429: "RATE_LIMITED"})
    def post(self, request: Request) -> Confirmation:
        """Send a code to the phone of the caller's profile; it is good for 10 minutes, and earlier ones end."""
        services.ask_phone_code(actor=caller(request))
        return Confirmation(message="A code is on its way.")


class VerifyPhoneView(APIView):
    """`auth/verify-phone`."""

    @endpoint(
        body=shapes.VerifyPhoneBody, returns=Confirmation, errors={400: "VALIDATION_FAILED, INVALID_VERIFICATION_CODE"}
    )
    def post(self, request: Request, body: shapes.VerifyPhoneBody) -> Confirmation:
        """Verify the caller's phone with the code that was sent to it; each may be tried five times."""
        services.verify_phone(actor=caller(request), code=body.code)
        return Confirmation(message="The phone is verified.")
