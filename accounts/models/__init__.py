"""Who uses the marketplace: users, the businesses they work for, and the sessions they hold."""

from accounts.models.businesses import Business, Membership, Permission
from accounts.models.people import User, UserManager, default_preferences
from accounts.models.sessions import Session

__all__ = [
    "Business",
    "Membership",
    "Permission",
    "Session",
    "User",
    "UserManager",
    "default_preferences",
]
