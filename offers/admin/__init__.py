"""Deals for staff: everything is read, nothing is edited, and what is cancelled is so by a service, with a reason."""

from offers.admin import offers, orders, work

__all__ = ["offers", "orders", "work"]
