"""Who uses the marketplace: users, the businesses they work for, the sessions and the tickets they hold."""

from accounts.models.businesses import Business, Membership, Permission
from accounts.models.people import User, UserManager, default_preferences
from accounts.models.sessions import Session
from accounts.models.tickets import ResetRequest, Ticket

__all__ = [
    "Business",
    "Membership",
    "Permission",
    "ResetRequest",
    "Session",
    "Ticket",
    "User",
    "UserManager",
    "default_preferences",
]
