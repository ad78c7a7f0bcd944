"""Phone numbers as people write them, and as they are kept: in E.164, where there can be such a number."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

REGION = "IN"
"""Where a number is from that says no country."""


def e164(number: str) -> str | None:
    """Return a phone number in E.164, or None where there can be none like it.

    One without a plus is read as people in India write it, and else as one whose plus was left out, as the old
    backend did.
    """
    for written in (number, f"+{number}"):
        try:
            parsed = phonenumbers.parse(written, REGION)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return None


def kept(number: str) -> str:
    """Return a phone number as it is kept; what can be none stays as it was written, because clients may send it."""
    return e164(number) or number
