"""What staff do about deals: they cancel them, on a page that says what will happen and asks for the reason."""

from collections.abc import Callable
from typing import Any

from offers.admin.showing import DealAdmin
from offers.services.judging import CANCEL
from wholexale.common.admin import ActingAdmin, Command, Done, ReasonForm, StaffAction


class CancelForm(ReasonForm):
    """Asks why, and says who will read it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the readers."""
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Both sides will read it."


class DealActingAdmin(ActingAdmin, DealAdmin):
    """Deals that staff may cancel."""


def cancelling(
    *, label: str, told: str, cancel: Callable[[Command], object], is_open: Callable[[Any], bool]
) -> StaffAction:
    """Return the action that ends a deal, by its service.

    Args:
        label: what its button says.
        told: what it does.
        cancel: the service.
        is_open: whether there is anything to cancel.
    """

    def do(command: Command) -> Done:
        cancel(command)
        return Done(text=f"{command.row} is cancelled.", row=command.row)

    return StaffAction(
        name="cancel",
        label=label,
        permission=CANCEL,
        do=do,
        tell=lambda _row, _actor: told,
        form=CancelForm,
        is_offered=is_open,
        is_grave=True,
    )
