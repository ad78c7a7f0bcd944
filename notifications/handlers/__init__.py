"""Who is told what: one small function for each fact, which runs in the transaction of the fact."""

from notifications.handlers.accounts import (
    tell_account_locked,
    tell_member_added,
    tell_password_changed,
    tell_password_reset,
    tell_phone_code,
    tell_registered,
    tell_signed_in,
    tell_verification,
)
from notifications.handlers.deals import tell_offer_step, tell_order_step
from notifications.handlers.finance import tell_credit_line, tell_credit_moved, tell_invoice, tell_payment, tell_refund
from notifications.services import record_facts

__all__ = [
    "record_facts",
    "tell_account_locked",
    "tell_credit_line",
    "tell_credit_moved",
    "tell_invoice",
    "tell_member_added",
    "tell_offer_step",
    "tell_order_step",
    "tell_password_changed",
    "tell_password_reset",
    "tell_payment",
    "tell_phone_code",
    "tell_refund",
    "tell_registered",
    "tell_signed_in",
    "tell_verification",
]
