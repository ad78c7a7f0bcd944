"""What is checked before anything is written: whether staff may, and whether texts and limits are any."""

from collections.abc import Collection

from accounts.models import User
from wholexale.common.errors import FieldError, Forbidden, ValidationFailed
from wholexale.common.money import MAX_AMOUNT, from_minor

CHANGE_CREDIT = "finance.change_creditline"
"""May decide what businesses may owe."""

BOOK = "finance.add_ledgertransaction"
"""May book what happened outside: repayments, corrections, reversals."""

CHANGE_ACCOUNT = "finance.change_account"
"""May freeze, reopen and close accounts."""

MAX_TEXT = 500
PAYMENT_TERMS = ("advance_payment", "cod", "net_30", "net_60", "net_90", "custom")
"""When a business pays what it bought on account, in the old backend's words."""


def check_staff(actor: User, permission: str) -> None:
    """Refuse anybody but staff with a permission of Django.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`, with the permission that would do and the role of the actor.
    """
    if not (actor.is_staff and actor.has_perm(permission)):
        raise Forbidden(
            "INSUFFICIENT_PERMISSIONS",
            "Your account does not allow this.",
            required=[permission],
            current=actor.role,
        )


def checked_reason(reason: str) -> str:
    """Return a reason without blanks around it.

    Raises:
        ValidationFailed: where it says nothing, or more than can be kept.
    """
    return checked_text("reason", reason, is_required=True)


def checked_text(field: str, text: str, *, is_required: bool = False, longest: int = MAX_TEXT) -> str:
    """Return a text without blanks around it.

    Raises:
        ValidationFailed: naming the field.
    """
    text = text.strip()
    if is_required and not text:
        raise ValidationFailed.of_field(field, "Required")
    if len(text) > longest:
        raise ValidationFailed.of_field(field, f"At most {longest} characters")
    return text


def check_choice(field: str, value: str, among: Collection[str]) -> None:
    """Refuse what is none of some words.

    Raises:
        ValidationFailed: naming the field.
    """
    if value not in among:
        raise ValidationFailed.of_field(field, f"One of {', '.join(among)}")


def check_limit(limit_minor: int, *, smallest: int = 0, field: str = "limit") -> None:
    """Refuse what is no limit of credit or of spending, in minor units.

    Raises:
        ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_LARGE`.
    """
    if limit_minor < smallest:
        details = [FieldError(path=field, msg=f"At least {smallest}")]
        raise ValidationFailed("AMOUNT_NOT_POSITIVE", "The amount is too small.", details=details)
    if limit_minor > MAX_AMOUNT:
        details = [FieldError(path=field, msg="Too large")]
        raise ValidationFailed("AMOUNT_TOO_LARGE", "The amount is too large.", details=details)


def check_amount(amount: int, available: int, currency: str, *, code: str) -> None:
    """Refuse an amount that is not above zero, or above what there is.

    Raises:
        ValidationFailed: `AMOUNT_NOT_POSITIVE`, or the code that is given, with what is `available`.
    """
    if amount < 1:
        details = [FieldError(path="amount", msg="More than 0")]
        raise ValidationFailed("AMOUNT_NOT_POSITIVE", "The amount must be above zero.", details=details)
    if amount > available:
        most = from_minor(available, currency)
        raise ValidationFailed(
            code,
            "The amount is above what there is.",
            details=[FieldError(path="amount", msg=f"At most {most}")],
            available=most,
            availableMinor=available,
            currency=currency,
        )
