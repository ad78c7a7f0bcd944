"""E-mail: by SMTP, or by whatever Django mail backend the settings name, such as those of django-anymail."""

import re
import smtplib
from contextlib import suppress
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.channels.base import Letter, Refused, Sent, Unreachable, Unsure
from notifications.channels.headers import mail_headers
from wholexale.common.work import Permanent

_UNKNOWN_MAILBOX = {550, 551, 553}
_POLICY = re.compile(r"\b5\.7\.\d|relay|spam|blocked|policy|denied", re.IGNORECASE)
"""What servers say when they refuse us, and not the recipient: the address may be a good one."""

_SERVER_ERRORS = 500
_TOO_MANY = 429


class EmailChannel:
    """Mails. Nobody can tell a mail server that it has had a mail already, so none is sent twice by us."""

    name = "email"
    is_safe_to_repeat: ClassVar[bool] = False

    def send(self, letter: Letter) -> Sent:
        """Hand a mail to the server: at most a few seconds, whatever it does."""
        connection = get_connection(settings.MAIL_BACKEND, timeout=settings.EMAIL_TIMEOUT)
        message = EmailMultiAlternatives(
            letter.subject, letter.text, to=[letter.to], headers=mail_headers(letter), connection=connection
        )
        message.attach_alternative(letter.html, "text/html")
        message.metadata = {"delivery": str(letter.delivery_id)}  # type: ignore[attr-defined] # anymail sends it along
        try:
            _open(connection)
            _hand_over(message, connection)
        finally:
            with suppress(OSError):
                connection.close()
        return Sent(provider="email", provider_id=_provider_id(message))


def build(_name: str) -> EmailChannel:
    """Return the channel."""
    return EmailChannel()


def _open(connection: BaseEmailBackend) -> None:
    """Connect.

    Raises:
        Unreachable: for whatever reason, also where the server does not know us: staff repairs that meanwhile.
    """
    try:
        connection.open()
    except OSError as error:  # smtplib's errors are of this kind, too
        raise Unreachable(f"the mail server: {_said(error)}") from error


def _hand_over(message: EmailMultiAlternatives, connection: BaseEmailBackend) -> None:
    """Send a mail.

    Raises:
        Unreachable: it was surely not sent.
        Unsure: it may have been.
        Refused: the recipient is not there.
        Permanent: the mail itself is refused.
    """
    try:
        connection.send_messages([message])
    except Exception as error:  # noqa: BLE001 - every backend has its own
        _judge(error, is_given=getattr(connection, "is_given", True))


def _provider_id(message: EmailMultiAlternatives) -> str:
    """Return how the provider calls the mail: anymail's id, or the one that stands in the mail."""
    status: Any = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", None) or message.extra_headers["Message-ID"])


def _judge(error: Exception, *, is_given: bool) -> NoReturn:
    """Raise what an error means for the mail.

    Args:
        error: of smtplib, of the connection, or of a backend that speaks HTTP and tells `status_code`.
        is_given: whether the server may have the whole mail.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, said),) = error.recipients.values()
        _judge_recipient(code, _text(said), error)
    if isinstance(error, smtplib.SMTPResponseException):
        answer = f"{error.smtp_code} {_text(error.smtp_error)}"
        if error.smtp_code >= _SERVER_ERRORS:
            raise Permanent(f"the mail server refuses: {answer}") from error
        raise Unreachable(f"the mail server: {answer}") from error
    if isinstance(status := getattr(error, "status_code", None), int):
        if status == _TOO_MANY or status >= _SERVER_ERRORS:
            raise Unreachable(f"the mail provider: {status}") from error
        raise Permanent(f"the mail provider refuses: {_said(error)}") from error
    if isinstance(error, ValueError):
        raise Permanent(f"no mail can be made of it: {_said(error)}") from error
    if isinstance(error, OSError) and not is_given:
        raise Unreachable(f"the mail server: {_said(error)}") from error
    raise Unsure(f"the mail server: {_said(error)}") from error


def _judge_recipient(code: int, said: str, error: Exception) -> NoReturn:
    """Raise what the refusal of a recipient means: 4xx passes, such as greylisting; 5xx does not."""
    if code < _SERVER_ERRORS:
        raise Unreachable(f"the mail server: {code} {said}") from error
    is_gone = code in _UNKNOWN_MAILBOX and not _POLICY.search(said)
    raise Refused("bounced", detail=f"{code} {said}", suppress=is_gone) from error


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
