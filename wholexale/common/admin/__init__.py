"""What every page for staff is made of; and the kernel's own rows: work, and requests that were answered."""

from wholexale.common.admin.acting import MAX_REASON, ActingAdmin, Command, Done, ReasonForm, StaffAction
from wholexale.common.admin.lists import (
    CappedPaginator,
    CurrencyFilter,
    FindingList,
    LongList,
    ReadOnlyAdmin,
    RowsInline,
)
from wholexale.common.admin.showing import (
    admin_url,
    has_id,
    link,
    list_link,
    list_url,
    numbered,
    say_amount,
    say_number,
    say_when,
    show_amount,
    show_list,
    show_two,
)
from wholexale.common.admin.work import WorkAdmin

__all__ = [
    "MAX_REASON",
    "ActingAdmin",
    "CappedPaginator",
    "Command",
    "CurrencyFilter",
    "Done",
    "FindingList",
    "LongList",
    "ReadOnlyAdmin",
    "ReasonForm",
    "RowsInline",
    "StaffAction",
    "WorkAdmin",
    "admin_url",
    "has_id",
    "link",
    "list_link",
    "list_url",
    "numbered",
    "say_amount",
    "say_number",
    "say_when",
    "show_amount",
    "show_list",
    "show_two",
]
