"""Deals for staff: everything is read, nothing is edited, and what is cancelled is so by a service, with a reason."""

from offers.admin import approvals, catalogue, offers, orders, work

__all__ = ["approvals", "catalogue", "offers", "orders", "work"]
