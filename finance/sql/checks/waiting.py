"""Checks of what waits for a provider: the provider was asked, and somebody looks how it stands until it has ended."""

from finance.models import PaymentIntent
from finance.sql.checks.check import Fault, dashed, moved, now
from finance.sql.checks.papers import joint_late

BY_HAND = "manual"
"""The provider that nobody can ask: staff says what has happened."""

LATE_SECONDS = 7200
"""How long nobody may look at something that waits: a watch looks every hour at least."""

_FINAL = ", ".join(f"'{state}'" for state in PaymentIntent.FINAL)


def _waiting() -> str:
    """Return what waits for a provider, with what it is to be asked and who looks after it."""
    things = " UNION ALL ".join(
        (
            _waiting_of(
                "payment",
                f"SELECT i.* FROM finance_paymentintent i WHERE i.state NOT IN ({_FINAL})",  # noqa: S608 - constants only
                ends_at="CASE WHEN n.state IN ('requires_payment_method', 'requires_action') THEN n.expires_at END",
            ),
            _waiting_of(
                "refund",
                """
                    SELECT r.id, r.number, r.provider_ref, i.provider FROM finance_refund r
                    JOIN finance_paymentintent i ON i.id = r.intent_id WHERE r.state = 'pending'
                """,
            ),
            _waiting_of("payout", "SELECT p.* FROM finance_payout p WHERE p.state = 'pending'"),
        )
    )
    return f"({things}) AS n LEFT JOIN finance_providercall w ON w.key = {dashed('n.id')} || ':watch'"


def _waiting_of(thing: str, rows: str, *, ends_at: str = "NULL") -> str:
    calls = f"""
        SELECT count(*) FROM finance_providercall a
        WHERE a.{"intent" if thing == "payment" else thing}_id = n.id AND a.kind NOT IN ('watch', 'retrieve')
    """  # noqa: S608 - constants only
    return f"""
        SELECT n.id, '{thing}' AS thing, n.number, n.provider, n.provider_ref, {ends_at} AS ends_at,
            ({calls} AND a.state IN ('pending', 'leased')) AS calls, ({calls} AND a.state = 'dead') AS dead_calls
        FROM ({rows}) AS n WHERE n.provider <> '{BY_HAND}'
    """  # noqa: S608 - constants only


def _overdue() -> str:
    return f"n.ends_at < {moved(now(), -LATE_SECONDS)} AND n.calls = 0"


def _late() -> str:
    return f"w.state IN ('pending', 'leased') AND w.run_at > {moved(now(), LATE_SECONDS)}"


PROBES = (
    joint_late(
        "n.id, n.thing, n.number, n.provider, n.calls, n.dead_calls, n.ends_at, w.state, w.run_at, w.last_error",
        _waiting,
        Fault(
            code="PROVIDER_WATCH_MISSING",
            wrong="A payment, refund or payout waits for its provider, and nobody asks how it stands.",
            advice="Ask the provider, and insert its watch: where a webhook is lost, it waits for ever.",
            where="w.id IS NULL OR w.state = 'done'",
        ),
        Fault(
            code="PROVIDER_WATCH_DEAD",
            wrong="Looking after something that waits for its provider was given up.",
            advice="Read the last error of the watch, and replay it in the admin.",
            where="w.state = 'dead'",
        ),
        Fault(
            code="PROVIDER_WATCH_LATE",
            wrong="Something that waits for its provider is looked after only after a long time.",
            advice="Set the `run_at` of its watch to the present.",
            where=_late,
        ),
        Fault(
            code="PROVIDER_CALL_DEAD",
            wrong="What a provider was to be asked was given up, and a payment, refund or payout waits for the answer.",
            advice="Read the last error of the call. Within a day of it replay it in the admin; later ask the provider"
            " first, who may have forgotten its key.",
            where="n.dead_calls > 0 AND n.calls = 0",
        ),
        Fault(
            code="PROVIDER_CALL_MISSING",
            wrong="A payment, refund or payout waits for a provider who does not know of it, and nobody will tell.",
            advice="Look for its number at the provider; where there is none, insert the call that was deleted.",
            where="n.provider_ref = '' AND n.calls = 0 AND n.dead_calls = 0",
        ),
        Fault(
            code="PAYMENT_OVERDUE",
            wrong="A payment that nobody has made in time still waits, two hours later.",
            advice="Look whether the runner of work is running, and whether the provider answers: see its watch.",
            where=_overdue,
        ),
    ),
)
