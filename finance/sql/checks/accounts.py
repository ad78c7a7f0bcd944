"""Checks of the accounts: each stands in the chart as it should, and none was drawn on beyond what it allows."""

from collections.abc import Iterator
from uuid import UUID

from iso4217 import Currency

from finance.models import Account, chart
from finance.models.chart import Place
from finance.sql.checks.check import check, dashed, query

_BUSINESS = UUID(int=0)
_ANY = "any"


def places() -> list[Place]:
    """Return every place of the chart, for a business and a provider that stand for all."""
    return [
        chart.receivable(_BUSINESS, _ANY),
        chart.payable(_BUSINESS, _ANY),
        chart.cash(_ANY, _ANY),
        chart.provider_fees(_ANY, _ANY),
        chart.fees(_ANY),
        chart.taxes(_ANY),
        chart.losses(_ANY),
        chart.adjustments(_ANY),
    ]


def _side_mismatch() -> str:
    sides = " ".join(f"WHEN '{kind}' THEN '{Place('', '', kind).normal_side}'" for kind in Account.Kind)
    return f"SELECT id, code, kind, normal_side FROM finance_account WHERE normal_side <> CASE kind {sides} END"  # noqa: S608 - constants only


def _is_at(place: Place) -> str:
    """Return the condition that an account has the code of a place."""
    if place.business_id:
        before, after = place.code.split(str(_BUSINESS))
        return f"business_id IS NOT NULL AND code = '{before}' || {dashed('business_id')} || '{after}'"
    if f":{_ANY}:" in place.code:
        return f"business_id IS NULL AND code LIKE '{place.code.replace(_ANY, '_%')}'"
    return f"business_id IS NULL AND code = '{place.code}'"


def _off_chart() -> str:
    known = " OR ".join(
        f"({_is_at(one)} AND kind = '{one.kind}' AND limit_policy = '{one.limit_policy}')" for one in places()
    )
    return f"SELECT id, code, business_id, kind, limit_policy FROM finance_account WHERE NOT ({known})"  # noqa: S608 - constants only


def _currencies() -> Iterator[str]:
    for table in ("finance_account", "finance_creditline"):
        known = ", ".join(f"'{one.code}'" for one in Currency)
        yield f"SELECT id, '{table}' AS place, currency FROM {table} WHERE currency NOT IN ({known})"  # noqa: S608 - constants only


# What corrections, which go beyond every limit, have drawn on each account: only so much may it stand beyond.
_CORRECTED = """
    SELECT account_id, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT t.debit_account_id AS account_id, t.amount AS debits, 0 AS credits
        FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.id
        WHERE x.reverses_id IS NOT NULL AND x.kind = 'reversal'
        UNION ALL
        SELECT t.credit_account_id, 0, t.amount
        FROM finance_ledgertransaction x JOIN finance_transfer t ON t.transaction_id = x.id
        WHERE x.reverses_id IS NOT NULL AND x.kind = 'reversal'
    ) AS s GROUP BY account_id
"""
_ACCOUNTS = f"""
    FROM finance_account a JOIN finance_balance b ON b.account_id = a.id
    LEFT JOIN ({_CORRECTED}) AS c ON c.account_id = a.id LEFT JOIN finance_creditline l ON l.account_id = a.id
"""
_USED = "b.debits_posted - b.credits_posted + b.debits_pending"
_ROOM = """
    CASE a.normal_side WHEN 'credit' THEN b.credits_posted - b.debits_posted - b.debits_pending
        ELSE b.debits_posted - b.credits_posted - b.credits_pending END
"""

PROBES = (
    check(
        code="ACCOUNT_SIDE_MISMATCH",
        wrong="An account grows on the wrong side for what it stands for.",
        advice="Its balances were computed with the wrong sign: freeze it before anything else is recorded.",
        find=query(_side_mismatch),
    ),
    check(
        code="ACCOUNT_OFF_CHART",
        wrong="The code, the business, the kind and the limit of an account do not belong together, or to the chart.",
        advice="Compare it with `finance/models/chart.py` and a backup: it may be checked by the wrong limit.",
        find=query(_off_chart),
    ),
    check(
        code="ACCOUNT_REPEATED",
        wrong="A code has two accounts in one currency.",
        advice="Close the newer one once it is empty; the constraint that forbids it is gone.",
        find=query("""
            SELECT max(CAST(id AS varchar(36))) AS id, code, currency, count(*) AS accounts
            FROM finance_account GROUP BY code, currency HAVING count(*) > 1
        """),
    ),
    check(
        code="ACCOUNT_CLOSED_NOT_EMPTY",
        wrong="An account was closed with a balance or a hold on it.",
        advice="Open it again, settle what is on it, and close it by the admin.",
        find=query("""
            SELECT a.id, a.code, b.debits_posted - b.credits_posted AS balance, b.debits_pending, b.credits_pending
            FROM finance_account a JOIN finance_balance b ON b.account_id = a.id
            WHERE a.status = 'closed'
                AND (b.debits_posted <> b.credits_posted OR b.debits_pending <> 0 OR b.credits_pending <> 0)
        """),
    ),
    check(
        code="ACCOUNT_OVERDRAWN",
        wrong="More was drawn or held than the account had, and no reversal explains it.",
        advice="Freeze it, and find the movement that was not judged.",
        find=query(f"""
            SELECT a.id, a.code, {_ROOM} AS room {_ACCOUNTS}
            WHERE a.limit_policy = 'no_overdraft' AND {_ROOM} < 0
                AND {_ROOM} + coalesce(CASE a.normal_side WHEN 'credit' THEN c.debits ELSE c.credits END, 0) < 0
        """),
    ),
    check(
        code="CREDIT_WITHOUT_LINE",
        wrong="A business owes, or has holds, without a credit line, and no reversal explains it.",
        advice="Freeze the account, and find the movement that was not judged, or the line that was deleted.",
        find=query(f"""
            SELECT a.id, a.code, {_USED} AS used {_ACCOUNTS}
            WHERE a.limit_policy = 'credit_limit' AND l.id IS NULL AND {_USED} > coalesce(c.debits, 0)
        """),
    ),
    check(
        code="CREDIT_ABOVE_EVERY_LIMIT",
        wrong="More is used on a credit line than it ever allowed, and no reversal explains it.",
        advice="Suspend the line, and find the movement that was not judged.",
        find=query(f"""
            SELECT l.id, l.account_id, {_USED} AS used, l.limit_minor {_ACCOUNTS}
            WHERE l.id IS NOT NULL AND {_USED} > l.limit_minor AND {_USED} > coalesce(c.debits, 0) + coalesce(
                (SELECT max(h.new_limit_minor) FROM finance_creditlinechange h WHERE h.line_id = l.id), 0)
        """),  # noqa: S608 - constants only
    ),
    check(
        code="CURRENCY_UNKNOWN",
        wrong="An account or a credit line is in something that is no currency of ISO 4217.",
        advice="Compare it with its transfers and a backup: nobody knows how many digits its amounts have.",
        find=query(lambda: " UNION ALL ".join(_currencies())),
    ),
)
