"""The ledger's own verbs: open accounts, record a movement, reverse one, freeze and close."""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import selectors as accounts_selectors
from accounts.models import Business, User
from finance import sql
from finance.models import Account, Balance, LedgerTransaction, Transfer
from finance.models.chart import Place
from finance.services.announcing import announce_credit
from finance.services.checks import BOOK, CHANGE_ACCOUNT, check_staff, checked_reason
from finance.sql import Kind, Leg, Movement, Phase, Recorded, Refused
from wholexale.common.errors import Conflict, DomainError, NotFound, ValidationFailed
from wholexale.common.money import MAX_AMOUNT, from_minor
from wholexale.common.prepared import Prepared, Query, read

logger = logging.getLogger(__name__)

MAX_LEGS = 100
OF_PAYMENT = "payment:"
"""Begins the references of what payments have brought in."""

_WITH_PAPERS = {Kind.CREDIT_NOTE, Kind.REFUND, Kind.CHARGEBACK, Kind.PAYOUT}
_REFUSALS: dict[str, tuple[type[DomainError], str]] = {
    "REFERENCE_REUSED": (Conflict, "This reference was used for another transaction."),
    "ACCOUNT_NOT_FOUND": (NotFound, "There is no such account."),
    "CURRENCY_MISMATCH": (ValidationFailed, "The account has another currency."),
    "ACCOUNT_FROZEN": (Conflict, "This account is frozen: it takes repayments only."),
    "ACCOUNT_CLOSED": (Conflict, "This account is closed."),
    "CREDIT_NOT_ACTIVE": (Conflict, "This credit line is not active: it takes repayments only."),
    "CREDIT_LIMIT_EXCEEDED": (Conflict, "The amount is above what is available on the credit line."),
    "INSUFFICIENT_FUNDS": (Conflict, "The amount is above what the account holds."),
    "HOLD_NOT_FOUND": (NotFound, "There is no such hold."),
    "HOLD_RESOLVED": (Conflict, "This hold was resolved before."),
    "HOLD_EXPIRED": (Conflict, "This hold has expired."),
    "HOLD_NOT_EXPIRED": (Conflict, "This hold has not expired yet."),
    "AMOUNT_EXCEEDS_HOLD": (ValidationFailed, "The amount is above what is held."),
    "TIMEOUT_IN_PAST": (ValidationFailed, "The end of a hold must lie in the future."),
    "BALANCE_TOO_LARGE": (Conflict, "The balance would be larger than can be said exactly."),
}


def open_accounts(places: Sequence[Place], *, known: Sequence[Account] | None = None) -> list[Account]:
    """Return the accounts of places in the chart, in order; those that are missing are opened with their balances.

    The balance is there before anybody can lock it: to lock a row that does not exist locks nothing. All insert in
    one order, for an insertion waits for another of the same key.

    Args:
        places: where the accounts stand.
        known: what `accounts_query` has found of them; None is nothing yet.

    Raises:
        NotFound: `BUSINESS_NOT_FOUND`.
    """
    found = _accounts_at(places) if known is None else _by_place(known)
    missing = {(place.code, place.currency): place for place in places if (place.code, place.currency) not in found}
    if absent := [missing[key] for key in sorted(missing)]:
        _check_businesses(absent)
        with transaction.atomic():
            Account.objects.bulk_create(
                [
                    Account(
                        code=place.code,
                        currency=place.currency,
                        kind=place.kind,
                        normal_side=place.normal_side,
                        limit_policy=place.limit_policy,
                        business_id=place.business_id,
                    )
                    for place in absent
                ],
                ignore_conflicts=True,
            )
            found = _accounts_at(places)
            Balance.objects.bulk_create(
                [Balance(account=found[place.code, place.currency]) for place in absent], ignore_conflicts=True
            )
    return [found[place.code, place.currency] for place in places]


def accounts_query(places: Sequence[Place]) -> Query[Account]:
    """Return the query of the accounts of places, and of those of the same codes in other currencies."""
    return _accounts_of(len(places))(*(place.code for place in places))


def record(movement: Movement) -> Recorded:
    """Record a movement: judged under the locks of its accounts, written whole or not at all, and once.

    It is part of the surrounding transaction, or one of its own.

    Raises:
        ValidationFailed: `AMOUNT_NOT_POSITIVE`, `AMOUNT_TOO_LARGE`, `CURRENCY_MISMATCH`, `AMOUNT_EXCEEDS_HOLD`,
            `TIMEOUT_IN_PAST`.
        NotFound: `ACCOUNT_NOT_FOUND`, `HOLD_NOT_FOUND`.
        Conflict: `REFERENCE_REUSED`, `ACCOUNT_FROZEN`, `ACCOUNT_CLOSED`, `CREDIT_NOT_ACTIVE`,
            `CREDIT_LIMIT_EXCEEDED`, `INSUFFICIENT_FUNDS`, `HOLD_RESOLVED`, `HOLD_EXPIRED`, `HOLD_NOT_EXPIRED`,
            `BALANCE_TOO_LARGE`.
    """
    if not 1 <= len(movement.legs) <= MAX_LEGS:
        raise ValidationFailed(detail=f"A transaction has 1 to {MAX_LEGS} transfers.")
    for leg in movement.legs:
        _check_leg(leg)
    try:
        return sql.record(movement)
    except Refused as refused:
        raise _refusal(refused, movement) from None


def lock_account(account_id: UUID) -> Account:
    """Lock an account by its balance, which every movement locks, and return it as it is under the lock.

    Raises:
        NotFound: `ACCOUNT_NOT_FOUND`.
    """
    if Balance.objects.select_for_update().filter(account_id=account_id).first() is None:
        raise NotFound("ACCOUNT_NOT_FOUND", "There is no such account.")
    return Account.objects.get(id=account_id)


def lock_accounts(account_ids: Sequence[UUID]) -> dict[UUID, Balance]:
    """Lock several accounts in the order in which movements do: for who records more than once in a transaction.

    Returns the balances by account.
    """
    locked = Balance.objects.select_for_update().filter(account_id__in=account_ids).order_by("account_id")
    return {balance.account_id: balance for balance in locked}


@transaction.atomic
def reverse_transaction(*, actor: User, transaction_id: UUID, reason: str) -> Recorded:
    """Undo a transaction by its mirror image, which is linked to it and goes beyond limits where it must.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        NotFound: `TRANSACTION_NOT_FOUND`.
        ValidationFailed: without a reason.
        Conflict: `TRANSACTION_REVERSED`, `TRANSACTION_NOT_REVERSIBLE` (a hold is resolved, a reversal stays).
    """
    check_staff(actor, BOOK)
    reason = checked_reason(reason)
    original = LedgerTransaction.objects.filter(id=transaction_id).first()
    if original is None:
        raise NotFound("TRANSACTION_NOT_FOUND", "There is no such transaction.")
    if has_papers(original):
        raise Conflict("TRANSACTION_NOT_REVERSIBLE", "An invoice or a payment stands on it: credit or refund that.")
    recorded = undo(original, actor_id=actor.id, reason=reason)
    if recorded.is_replay:
        raise Conflict("TRANSACTION_REVERSED", "This transaction was reversed before.")
    announce_credit(recorded)
    return recorded


def has_papers(original: LedgerTransaction) -> bool:
    """Return whether an invoice, a payment or a payout stands on a transaction, which is undone through that."""
    is_named = original.kind in _WITH_PAPERS or original.reference.startswith(OF_PAYMENT)
    return is_named or hasattr(original, "invoice")


def undo(original: LedgerTransaction, *, actor_id: UUID | None, reason: str) -> Recorded:
    """Record the mirror image of a transaction; the same again is a replay.

    Raises:
        Conflict: `TRANSACTION_NOT_REVERSIBLE`, `ACCOUNT_CLOSED`.
    """
    moved = list(original.transfers.order_by("id"))
    if original.kind == Kind.REVERSAL or any(one.phase not in {Phase.SINGLE, Phase.POST} for one in moved):
        raise Conflict("TRANSACTION_NOT_REVERSIBLE", "Only a transaction that moved money can be reversed.")
    return record(
        Movement(
            kind=Kind.REVERSAL,
            category=LedgerTransaction.Category(original.category),
            reference=f"reversal:{original.id}",
            legs=tuple(_mirrored(one) for one in moved),
            about=sql.About(
                LedgerTransaction.Subject(original.subject_type), original.subject_id, original.subject_number
            ),
            payment_method=original.payment_method,
            description=reason,
            actor_id=actor_id,
            reverses_id=original.id,
            is_correction=True,
        )
    )


@transaction.atomic
def set_account_status(*, actor: User, account_id: UUID, status: Account.Status, reason: str) -> Account:
    """Freeze, reopen or close an account; only one that is empty and holds nothing can be closed.

    Raises:
        Forbidden: `INSUFFICIENT_PERMISSIONS`.
        ValidationFailed: without a reason.
        NotFound: `ACCOUNT_NOT_FOUND`.
        Conflict: `ACCOUNT_NOT_EMPTY`.
    """
    check_staff(actor, CHANGE_ACCOUNT)
    reason = checked_reason(reason)
    account = lock_account(account_id)
    balance = account.balance
    if status == Account.Status.CLOSED and (balance.posted or balance.debits_pending or balance.credits_pending):
        raise Conflict("ACCOUNT_NOT_EMPTY", "Only an account without balance and holds can be closed.")
    account.status = status
    account.save(update_fields=["status"])
    logger.info("account %s is now %s, by %s: %s", account, status, actor.id, reason)
    return account


def _refusal(refused: Refused, movement: Movement) -> DomainError:
    """Translate a refusal of the ledger into the one that clients see: amounts in whole and in minor units."""
    kind, text = _REFUSALS[refused.code]
    facts: dict[str, Any] = {}
    for name, value in refused.facts.items():
        if isinstance(value, int):
            facts[f"{name}Minor"] = value
            if currency := _currency_of(movement):
                facts |= {name: from_minor(value, currency), "currency": currency}
        else:
            facts[name] = value
    return kind(refused.code, text, **facts)


def _currency_of(movement: Movement) -> str | None:
    """Return the currency of a movement; None where it has several."""
    holds = [leg.hold_id for leg in movement.legs if leg.hold_id is not None]
    found = set(Transfer.objects.filter(id__in=holds).values_list("currency", flat=True)) if holds else set()
    found |= {leg.currency for leg in movement.legs if leg.hold_id is None}
    return found.pop() if len(found) == 1 else None


def _check_businesses(places: Sequence[Place]) -> None:
    wanted = {place.business_id for place in places if place.business_id is not None}
    if Business.objects.filter(id__in=wanted).count() != len(wanted):
        raise accounts_selectors.business_not_found()


def _accounts_at(places: Sequence[Place]) -> dict[tuple[str, str], Account]:
    (accounts,) = read(accounts_query(places))
    return _by_place(accounts)


def _by_place(accounts: Sequence[Account]) -> dict[tuple[str, str], Account]:
    return {(account.code, account.currency): account for account in accounts}


@cache
def _accounts_of(count: int) -> Prepared[Account]:
    """Return the query of the accounts, in any currency, that have one of so many codes."""
    return Prepared(lambda *codes: Account.objects.filter(code__in=codes), *[str] * count)


def _check_leg(leg: Leg) -> None:
    """Judge a leg by itself."""
    is_resolution = leg.phase in {Phase.POST, Phase.VOID, Phase.EXPIRE}
    if is_resolution != (leg.hold_id is not None) or (leg.timeout_at is not None and leg.phase != Phase.PENDING):
        raise ValueError("holds are resolved by post, void or expire; only a hold ends by itself")
    if is_resolution and (leg.debit_id or leg.credit_id or leg.currency):
        raise ValueError("a resolution takes accounts and currency from its hold")
    if not is_resolution and (leg.debit_id is None or leg.credit_id is None or leg.amount is None):
        raise ValueError("a transfer names two accounts and an amount")
    if not is_resolution and leg.debit_id == leg.credit_id:
        raise ValidationFailed("SAME_ACCOUNT", "Money moves between two different accounts.")
    if leg.amount is not None and leg.amount < 1:
        raise ValidationFailed("AMOUNT_NOT_POSITIVE", "The amount must be above zero.")
    if leg.amount is not None and leg.amount > MAX_AMOUNT:
        raise ValidationFailed("AMOUNT_TOO_LARGE", "The amount is larger than the ledger takes.")


def _mirrored(moved: Transfer) -> Leg:
    return Leg(
        phase=Phase.SINGLE,
        debit_id=moved.credit_account_id,
        credit_id=moved.debit_account_id,
        amount=moved.amount,
        currency=moved.currency,
    )
