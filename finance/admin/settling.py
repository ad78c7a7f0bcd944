"""What staff do about refunds and payouts by hand: say that the money has arrived, or that it could not be sent."""

from collections.abc import Callable

from django import forms

from accounts.models import User
from finance import services
from finance.admin.standing import is_by_hand
from finance.models import Payout, Refund
from finance.services.by_hand import MAX_REFERENCE
from finance.services.checks import BOOK
from wholexale.common.admin import Command, Done, ReasonForm, StaffAction


class TransferForm(ReasonForm):
    """Asks for what the bank calls a transfer."""

    reference = forms.CharField(
        required=False,
        max_length=MAX_REFERENCE,
        label="The bank's reference",
        help_text="The number of the transfer at the bank, where there is one.",
    )


def _settle_refund(*, is_paid: bool) -> Callable[[Command], Done]:
    """Return what says how a refund by hand has ended."""

    def do(command: Command) -> Done:
        refund = services.settle_refund(
            actor=command.actor,
            refund_id=command.row.id,
            is_paid=is_paid,
            reason=command.reason,
            reference=command.said.get("reference", ""),
        )
        return Done(text=f"{refund} was paid back." if is_paid else f"{refund} has failed.", row=refund)

    return do


def _tell_paid_back(refund: Refund, _actor: User) -> str:
    told = "What was held for it is booked as sent, and that cannot be undone."
    if refund.origin == Refund.Origin.SELLER:
        return f"{told} A credit note is issued on {refund.intent.invoice}."
    return told


def _refund_waits(refund: Refund) -> bool:
    return refund.state == Refund.State.PENDING and is_by_hand(refund)


def _settle_payout(*, is_paid: bool) -> Callable[[Command], Done]:
    """Return what says how a payout by hand has ended."""

    def do(command: Command) -> Done:
        payout = services.settle_payout(
            actor=command.actor,
            payout_id=command.row.id,
            is_paid=is_paid,
            reason=command.reason,
            reference=command.said.get("reference", ""),
        )
        return Done(text=f"{payout} has arrived." if is_paid else f"{payout} has failed.", row=payout)

    return do


def _payout_waits(payout: Payout) -> bool:
    return payout.state == Payout.State.PENDING and is_by_hand(payout)


def _payout_has_arrived(payout: Payout) -> bool:
    return payout.state == Payout.State.PAID and is_by_hand(payout)


REFUND_ACTIONS = (
    StaffAction(
        name="paid",
        label="It was paid back",
        permission=BOOK,
        form=TransferForm,
        do=_settle_refund(is_paid=True),
        tell=_tell_paid_back,
        is_offered=_refund_waits,
    ),
    StaffAction(
        name="unpaid",
        label="It could not be paid back",
        permission=BOOK,
        do=_settle_refund(is_paid=False),
        tell=lambda _refund, _actor: "The refund fails, and what was held for it is let go. It may be tried again.",
        is_offered=_refund_waits,
        is_grave=True,
    ),
)

PAYOUT_ACTIONS = (
    StaffAction(
        name="paid",
        label="It has arrived",
        permission=BOOK,
        form=TransferForm,
        do=_settle_payout(is_paid=True),
        tell=lambda payout, _actor: (
            f"What was held for it is booked as sent: {payout.business} is owed so much less. That cannot be undone."
        ),
        is_offered=_payout_waits,
    ),
    StaffAction(
        name="unpaid",
        label="It could not be made",
        permission=BOOK,
        do=_settle_payout(is_paid=False),
        tell=lambda payout, _actor: (
            f"The payout fails, and what was held for it is let go: {payout.business} may take it out again."
        ),
        is_offered=_payout_waits,
        is_grave=True,
    ),
    StaffAction(
        name="returned",
        label="The bank has sent it back",
        permission=BOOK,
        do=_settle_payout(is_paid=False),
        tell=lambda payout, _actor: (
            f"The payout fails after all, and what came back is booked: {payout.business} is owed it again."
        ),
        is_offered=_payout_has_arrived,
        is_grave=True,
    ),
)
