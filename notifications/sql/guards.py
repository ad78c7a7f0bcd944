"""What keeps traces and system events as they were written; put in place after every migration."""

from wholexale.common.guards import InsertOnly

INSERT_ONLY = ("notifications_step", "notifications_systemevent")

_GUARDS = InsertOnly("notifications", INSERT_ONLY)

install = _GUARDS.install
remove = _GUARDS.remove
missing = _GUARDS.missing
