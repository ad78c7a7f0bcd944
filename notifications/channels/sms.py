"""SMS by Twilio: one segment, to a number in E.164; what becomes of it Twilio tells `/api/webhooks/sms-status`."""

from typing import Any, ClassVar, NoReturn

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from notifications.channels.base import TIMEOUT_SECONDS, Letter, Refused, Sent, Unreachable, Unsure, seconds_of
from wholexale.common.work import Permanent, Retry

CALLBACK_PATH = "/api/webhooks/sms-status"

# Twilio's error codes: https://www.twilio.com/docs/api/errors
OPTED_OUT = frozenset({21610})
INVALID_NUMBERS = frozenset({21211, 21214, 21217, 21614, 30005, 30006})
"""No such number, or none that takes SMS."""

_NOT_THERE = frozenset({21408, 21608, 21612})
"""Good numbers that this account cannot write to: regions that are not switched on, and others in a trial."""

_TOO_MANY = 429
_OURS = frozenset({401, 403})
_SERVER_ERRORS = 500

_INDIA = "+91"
_NATIONAL_DIGITS = 10


class SmsChannel:
    """SMS. Twilio does not know a message again, so none is sent twice."""

    name = "sms"
    is_safe_to_repeat: ClassVar[bool] = False

    def send(self, letter: Letter) -> Sent:
        """Hand an SMS to Twilio."""
        line = _Line()
        client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=line)
        try:
            message = client.messages.create(
                to=e164(letter.to),
                from_=settings.TWILIO_PHONE_NUMBER,
                body=letter.text,
                status_callback=f"{settings.BASE_URL}{CALLBACK_PATH}?delivery={letter.delivery_id}",
            )
        except TwilioRestException as error:
            _judge(error, line.retry_after)
        except requests.RequestException as error:
            _judge_line(error)
        except (TwilioException, ValueError, TypeError, AttributeError) as error:  # taken, and answered by a riddle
            raise Unsure(f"Twilio: {type(error).__name__}: {error}") from error
        return Sent(provider="twilio", provider_id=str(message.sid))


def build(_name: str) -> SmsChannel:
    """Return the channel."""
    return SmsChannel()


def e164(number: str) -> str:
    """Return a number as the world writes it; ten digits alone are an Indian number."""
    digits = number.lstrip("+")
    if number.startswith("+"):
        return number
    return f"{_INDIA}{digits}" if len(digits) == _NATIONAL_DIGITS else f"+{digits}"


class _Line(TwilioHttpClient):  # type: ignore[misc] # the library has no types
    """Twilio's HTTP client, with an end to its patience, which remembers when we may come back."""

    def __init__(self) -> None:
        super().__init__(pool_connections=False, timeout=TIMEOUT_SECONDS)
        self.retry_after: float | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request; tests have it sent to a server of theirs."""
        address = url.replace("https://api.twilio.com", settings.TWILIO_ADDRESS, 1)
        response = super().request(method, address, *args, **kwargs)
        self.retry_after = seconds_of((response.headers or {}).get("Retry-After"))
        return response


def _judge(error: TwilioRestException, retry_after: float | None) -> NoReturn:
    """Raise what an answer of Twilio means."""
    said = f"{error.code or error.status} {error.msg}"
    if error.code in OPTED_OUT:
        raise Refused("opted_out", detail=said, suppress=True) from error
    if error.code in INVALID_NUMBERS:
        raise Refused("invalid", detail=said, suppress=True) from error
    if error.code in _NOT_THERE:
        raise Refused("refused", detail=said) from error
    if error.status == _TOO_MANY or error.status >= _SERVER_ERRORS:
        if retry_after is not None:
            raise Retry(f"Twilio: {said}", after=retry_after) from error
        raise Unreachable(f"Twilio: {said}") from error
    if error.status in _OURS:
        raise Unreachable(f"Twilio does not know us: {said}") from error
    raise Permanent(f"Twilio: {said}") from error


def _judge_line(error: requests.RequestException) -> NoReturn:
    """Raise what a broken connection means: one that never stood has carried nothing."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    has_carried_nothing = isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError)
    said = f"Twilio: {type(error).__name__}"
    if has_carried_nothing or isinstance(reason, NewConnectionError):
        raise Unreachable(said) from error
    raise Unsure(said) from error
