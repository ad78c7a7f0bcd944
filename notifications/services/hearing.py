"""What providers tell of messages after they have taken them."""

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction
from twilio.request_validator import RequestValidator, get_signature_algorithm

from notifications.channels.sms import INVALID_NUMBERS, OPTED_OUT
from notifications.models import Channel, Delivery, Status, Suppression
from notifications.services.outcomes import note_outcome
from notifications.services.suppressing import suppress
from wholexale.common.errors import Unauthenticated

SIGNATURE = "X-Twilio-Signature"
SIGNATURE_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"

_STATUSES = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "canceled": Status.FAILED,
}
"""What Twilio's words mean; the others (accepted, queued, sending) say less than we know."""


def hear_sms_status(*, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Take Twilio's word for what has become of an SMS.

    Args:
        path: the path and query of the request; the query names the delivery, and Twilio signs it with the rest.
        form: the fields of the body.
        headers: the headers, by any case that finds `SIGNATURE`.

    Raises:
        Unauthenticated: Twilio has not signed this.
    """
    if not is_from_twilio(path=path, form=form, headers=headers):
        raise Unauthenticated("INVALID_SIGNATURE", "The signature is not valid.")
    status = _STATUSES.get(form.get("MessageStatus", form.get("SmsStatus", "")).lower())
    delivery = _delivery(path)
    if status is not None and delivery is not None:
        _note(delivery, status, form.get("ErrorCode", ""))


def is_from_twilio(*, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Return whether Twilio has signed a request: the public address that it called, and all fields."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS, ""))
    signature = headers.get(SIGNATURE, "")
    return bool(validator.validate(f"{settings.BASE_URL}{path}", form, signature, algorithm))


def _delivery(path: str) -> Delivery | None:
    _, _, name = path.partition("delivery=")
    try:
        delivery_id = UUID(name.partition("&")[0])
    except ValueError:
        return None
    return Delivery.objects.filter(id=delivery_id, channel=Channel.SMS).first()


@transaction.atomic
def _note(delivery: Delivery, status: Status, error_code: str) -> None:
    code = int(error_code) if error_code.isdigit() else 0
    reason, why = "", None
    if status == Status.FAILED:
        why = _why_never(code)
        reason = why.value if why else "undelivered"
    note_outcome(delivery_id=delivery.id, status=status, reason=reason, detail=f"Twilio {code}" if code else "")
    if why is not None and delivery.address:
        suppress(channel=Channel.SMS, address=delivery.address, reason=why, detail=f"Twilio {code}")


def _why_never(code: int) -> Suppression.Reason | None:
    """Return why nothing can be sent to the number any more, None where something else was wrong."""
    if code in OPTED_OUT:
        return Suppression.Reason.OPTED_OUT
    return Suppression.Reason.INVALID if code in INVALID_NUMBERS else None
