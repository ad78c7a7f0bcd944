"""Writes: people, their sessions and their businesses. Callers use this module, not the ones below it."""

from accounts.services.businesses import (
    BusinessDetails,
    add_member,
    create_business,
    set_member_role,
    update_business,
)
from accounts.services.people import (
    create_user,
    import_user,
    note_last_seen,
    set_role,
    set_status,
    update_profile,
)
from accounts.services.sessions import (
    Device,
    end_session,
    end_sessions_of,
    log_out,
    log_out_everywhere,
    prune_sessions,
    refresh,
    start_session,
)
from accounts.services.signing_in import Registration, change_password, count_login, login, register, reset_password

__all__ = [
    "BusinessDetails",
    "Device",
    "Registration",
    "add_member",
    "change_password",
    "count_login",
    "create_business",
    "create_user",
    "end_session",
    "end_sessions_of",
    "import_user",
    "log_out",
    "log_out_everywhere",
    "login",
    "note_last_seen",
    "prune_sessions",
    "refresh",
    "register",
    "reset_password",
    "set_member_role",
    "set_role",
    "set_status",
    "start_session",
    "update_business",
    "update_profile",
]
