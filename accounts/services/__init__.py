"""Writes: people, their sessions, tickets and businesses. Callers use this module, not the ones below it."""

from accounts.services.attempts import count_login
from accounts.services.businesses import (
    BusinessDetails,
    add_member,
    create_business,
    set_member_role,
    update_business,
)
from accounts.services.passwords import (
    answer_reset_request,
    ask_password_reset,
    change_password,
    reset_password,
    set_password,
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
from accounts.services.signing_in import Registration, login, register
from accounts.services.tickets import prune_tickets
from accounts.services.verifying import ask_phone_code, ask_verification, verify_email, verify_phone

__all__ = [
    "BusinessDetails",
    "Device",
    "Registration",
    "add_member",
    "answer_reset_request",
    "ask_password_reset",
    "ask_phone_code",
    "ask_verification",
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
    "prune_tickets",
    "refresh",
    "register",
    "reset_password",
    "set_member_role",
    "set_password",
    "set_role",
    "set_status",
    "start_session",
    "update_business",
    "update_profile",
    "verify_email",
    "verify_phone",
]
