"""Checks of the credit lines: each is what its last change says, and its changes follow from one another."""

from finance.sql.checks.check import check, dashed, query


def _account() -> str:
    return f"""
        SELECT l.id, l.account_id, l.business_id, l.currency, a.code, a.currency AS of_account
        FROM finance_creditline l JOIN finance_account a ON a.id = l.account_id
        WHERE a.currency <> l.currency OR a.business_id IS NULL OR a.business_id <> l.business_id
            OR a.limit_policy <> 'credit_limit' OR a.code <> 'buyer:' || {dashed("l.business_id")} || ':receivable'
    """  # noqa: S608 - constants only


PROBES = (
    check(
        code="CREDIT_LINE_DRIFT",
        wrong="The limit or the status of a credit line is not what its last change says, or it has no change.",
        advice="Somebody changed it by hand: set the line by the service, with a reason.",
        find=query("""
            SELECT l.id, l.limit_minor, c.new_limit_minor AS expected_limit, l.status, c.new_status AS expected_status
            FROM finance_creditline l LEFT JOIN finance_creditlinechange c ON c.line_id = l.id
                AND c.number = (SELECT max(n.number) FROM finance_creditlinechange n WHERE n.line_id = l.id)
            WHERE c.id IS NULL OR c.new_limit_minor <> l.limit_minor OR c.new_status <> l.status
        """),
    ),
    check(
        code="CREDIT_LINE_VERSION",
        wrong="The version of a credit line is not the number of its changes.",
        advice="A change is missing, or the version was changed by hand: compare it with a backup.",
        find=query("""
            SELECT l.id, l.version, count(c.id) AS changes FROM finance_creditline l
            LEFT JOIN finance_creditlinechange c ON c.line_id = l.id GROUP BY l.id, l.version
            HAVING count(c.id) <> l.version
        """),
    ),
    check(
        code="CREDIT_CHANGE_CHAIN",
        wrong="A change of a credit line does not begin with what the one before it left, or has not the next number.",
        advice="A change is missing before it, or one was changed by hand: compare them with a backup.",
        find=query("""
            SELECT id, line_id, number, old_limit_minor, before_limit, old_status, before_status FROM (
                SELECT c.*, lag(number, 1, 0) OVER (PARTITION BY line_id ORDER BY number) AS before_number,
                    lag(new_limit_minor) OVER (PARTITION BY line_id ORDER BY number) AS before_limit,
                    lag(new_status) OVER (PARTITION BY line_id ORDER BY number) AS before_status
                FROM finance_creditlinechange c
            ) AS n WHERE number <> before_number + 1 OR old_limit_minor <> coalesce(before_limit, 0)
                OR old_status <> coalesce(before_status, '')
        """),
    ),
    check(
        code="CREDIT_CHANGE_SELF_APPROVED",
        wrong="A change of a credit line was approved by the one who made it.",
        advice="Have a second member of staff look at it.",
        find=query("""
            SELECT id, line_id, number, actor_id FROM finance_creditlinechange WHERE approver_id = actor_id
        """),
    ),
    check(
        code="CREDIT_LIMIT_OUT_OF_RANGE",
        wrong="A limit is below zero.",
        advice="Set the line by the service, with a reason; the constraint that forbids it is gone.",
        find=query("SELECT id, limit_minor FROM finance_creditline WHERE limit_minor < 0"),
    ),
    check(
        code="CREDIT_LINE_ACCOUNT",
        wrong="The account of a credit line is not what its business owes in its currency, or is not limited by it.",
        advice="Suspend the line: it limits something else than it says.",
        find=query(_account),
    ),
)
