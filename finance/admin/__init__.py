"""Money for staff: everything is read, nothing is edited, and what is done goes through a service with a reason."""

from finance.admin import (
    accounts,
    checks,
    credit,
    credit_notes,
    invoices,
    payments,
    payouts,
    providers,
    refunds,
    spending,
    tags,
    transactions,
)

__all__ = [
    "accounts",
    "checks",
    "credit",
    "credit_notes",
    "invoices",
    "payments",
    "payouts",
    "providers",
    "refunds",
    "spending",
    "tags",
    "transactions",
]
