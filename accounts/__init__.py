"""Users, businesses, memberships and sessions."""
