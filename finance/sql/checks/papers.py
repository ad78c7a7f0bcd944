"""How the checks of payments, payouts and invoices find in the ledger what a paper has moved, and between whom."""

from collections.abc import Callable

from finance.models import Account, chart
from finance.models.chart import Place
from finance.sql.checks.check import Fault, Probe, dashed, is_postgres, joint

_ANY = "?"
_ID_LENGTH = 36
_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

LOSSES = chart.losses(_ANY).code


def joint_late(columns: str, source: Callable[[], str], *faults: Fault) -> Probe:
    """Return checks that look at the same rows, whose statement is written when it runs: it depends on the database.

    Args:
        columns: what is told of a row; among them `id`.
        source: writes the tables, joined.
        faults: the checks; one row may have several.
    """
    return Probe(checks=joint(columns, "", *faults).checks, find=lambda: joint(columns, source(), *faults).find())


def reference(kind: str, row: str, step: str = "") -> str:
    """Return the expression for the reference under which something was recorded for a row."""
    return f"'{kind}:' || {dashed(row)}" + (f" || ':{step}'" if step else "")


def is_named_in(text: str, kind: str, row: str) -> str:
    """Return the condition that a reference names the row with an id, in a way that its index serves."""
    named = f"substr({text}, {len(kind) + 2}, {_ID_LENGTH})"
    if not is_postgres():
        return f"{row} = replace({named}, '-', '')"
    return f"{row} = CASE WHEN {text} ~ '^{kind}:{_ID}' THEN {named}::uuid END"


def step_in(text: str, kind: str) -> str:
    """Return the expression for what a reference says behind the id."""
    return f"substr({text}, {len(kind) + 2 + _ID_LENGTH})"


def is_receivable(account: str, business: str) -> str:
    """Return the condition that an account is what a business owes."""
    return _is_of(account, business, Account.Policy.CREDIT_LIMIT)


def is_payable(account: str, business: str) -> str:
    """Return the condition that an account is what a business is owed."""
    return _is_of(account, business, Account.Policy.NO_OVERDRAFT)


def is_cash(account: str, provider: str) -> str:
    """Return the condition that an account is the money at a provider."""
    return f"{account}.code = {cash_code(provider)}"


def is_provider_fees(account: str, provider: str) -> str:
    """Return the condition that an account is what a provider keeps."""
    return f"{account}.code = {_code(chart.provider_fees(_ANY, _ANY), provider)}"


def cash_code(provider: str) -> str:
    """Return the expression for the code of the account of the money at a provider."""
    return _code(chart.cash(_ANY, _ANY), provider)


def moved_by(condition: str) -> str:
    """Return what some transactions have posted to each account, debits above zero and credits below, one by one.

    Args:
        condition: which: about the transaction `x`, and the invoice `v` that stands on it, if one does.
    """
    moved = f"""
        SELECT t.debit_account_id, t.credit_account_id, t.amount
        FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.id
        LEFT JOIN finance_invoice v ON v.transaction_id = x.id
        WHERE t.phase IN ('single', 'post') AND ({condition})
    """  # noqa: S608 - constants only
    return f"""
        WITH moved AS MATERIALIZED ({moved})
        SELECT debit_account_id AS account_id, amount FROM moved
        UNION ALL SELECT credit_account_id, -amount FROM moved
    """  # noqa: S608 - constants only


def _is_of(account: str, business: str, policy: Account.Policy) -> str:
    return f"({account}.limit_policy = '{policy}' AND {account}.business_id = {business})"


def _code(place: Place, provider: str) -> str:
    before, after = place.code.split(_ANY)
    return f"'{before}' || {provider} || '{after}'"
