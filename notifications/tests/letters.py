"""Values for every template, as bad as they get: long, in other scripts, and made to break out of HTML."""

from typing import Any

from notifications.channels import Letter
from notifications.rendering import Item, letter
from notifications.wording import TEMPLATES
from wholexale.common.ids import new_id

EVIL = '<script>alert("1")</script>&amp;'
LONG_NAME = "मुंबई ट्रेडर्स एंड संस प्राइवेट लिमिटेड " * 4
CODE = "482913"
SECRET_LINK = "https://www.wholexale.test/reset-password/" + "a1" * 32


def usual_values() -> dict[str, Any]:
    """Return something for every name that a wording uses."""
    return {
        "name": "Asha",
        "link": "/offers/018f0000-0000-7000-8000-000000000001",
        "code": CODE,
        "device": "Chrome on Windows",
        "location": "203.0.113.7",
        "when": "12 Nov 2026, 14:05",
        "until": "12 Nov 2026, 16:05",
        "business": "Mehta Textiles",
        "role": "finance",
        "message": "We have new opening hours.",
        "title": "Opening hours",
        "sender": "Mehta Textiles",
        "product": "Cotton bedsheets, 200 TC",
        "price": "INR 450.00 / piece",
        "quantity": "500 pieces",
        "total": "INR 2,25,000.00",
        "valid_until": "30 Nov 2026",
        "quote": "We could send them on Monday.",
        "order": "ORD-2026-000123",
        "status": "confirmed",
        "amount": "INR 2,25,000.00",
        "payment": "PAY-2026-000123",
        "invoice": "INV-2026-000123",
        "date": "12 Nov 2026",
        "due_date": "12 Dec 2026",
        "reason": "The card was declined",
        "balance": "INR 7,75,000.00",
        "limit": "INR 10,00,000.00",
        "count": "3",
        "items": [Item(title="New offer", message="Mehta Textiles offers INR 450.00.", link="/offers/1")],
    }


def worst_values() -> dict[str, Any]:
    """Return values that are too long for anything, in Devanagari, and hostile; a code is never long."""
    worst = dict.fromkeys(usual_values(), f"{EVIL} {LONG_NAME} €₹ 😀")
    money = dict.fromkeys(("amount", "balance", "limit", "total", "price"), "INR 9,99,99,99,99,99,999.99")
    return (
        worst
        | money
        | {
            "code": CODE,
            "count": "9999",
            "link": "/offers/018f0000-0000-7000-8000-000000000001",
            "items": [Item(title=EVIL, message=f"{EVIL} {LONG_NAME}", link="/offers/1")] * 20,
        }
    )


def letter_to(channel: str = "email", template: str = "offer-notification", **fields: Any) -> Letter:
    """Return a letter of a template, with usual values and those that are given."""
    values = usual_values() | fields.pop("values", {})
    usual: dict[str, Any] = {
        "delivery_id": new_id(),
        "user_id": new_id(),
        "to": {"email": "asha@example.com", "sms": "+919876543210"}.get(channel, ""),
        "type": "offer_received",
        "language": "en",
    }
    return letter(channel=channel, template=template, values=values, **(usual | fields))


EVERY_TEMPLATE = [(template, language) for template in TEMPLATES for language in ("en", "hi")]
