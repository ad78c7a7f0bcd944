"""What people show to prove that an address or a phone is theirs."""

from typing import Annotated

from msgspec import Meta

from accounts.serializers.fields import EmailText, NewPassword
from wholexale.common.wire import Wire

Token = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]


class VerifyEmailBody(Wire, kw_only=True):
    """The end of the link in the mail."""

    token: Token


class ForgotPasswordBody(Wire, kw_only=True):
    """Whose password is forgotten."""

    email: EmailText


class ResetPasswordBody(Wire, kw_only=True):
    """The end of the link in the mail, and the next password."""

    token: Token
    password: NewPassword


class VerifyPhoneBody(Wire, kw_only=True):
    """The six digits that were sent to the phone."""

    code: Code
