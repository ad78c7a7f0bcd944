"""Recording a movement by one call of a function inside PostgreSQL: the same judgement, one round trip.

The function is put in place after every migration. Its name carries a version, because during a release old processes
still call the old one: a change of behaviour is a new version. A test holds it equal to `stepwise`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from finance.sql.movement import MAX_COUNTER, Counters, Movement, Recorded, Refused
from finance.sql.numbered import NUMBERED, NUMBERS
from wholexale.common import numbers

NAME = "finance_record_v1"

# Locks wait two seconds at most. Each statement of the function sees what was committed before it began, so what is
# read after the locks is true until the end of the transaction.
#
# Every row is found by its key, with a plan that a connection keeps. Left alone, the planner reads a small table whole,
# and plans anew for each array it is given: a transfer on a hot pair takes half as long again.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {NAME}(movement jsonb, wanted jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '2s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
    now_ timestamptz;
    tx record;
    leg record;
    known record;
    ids uuid[]; currencies text[]; sides text[]; policies text[]; statuses text[]; limits bigint[]; lines text[];
    dp bigint[]; cp bigint[]; dh bigint[]; ch bigint[]; seqs bigint[];
    d int; c int; side int; i int;
    ended uuid[];
    room bigint; posted bigint; held bigint;
    t_amount bigint[] := '{{}}'; t_dbal bigint[] := '{{}}'; t_cbal bigint[] := '{{}}';
    t_dseq bigint[] := '{{}}'; t_cseq bigint[] := '{{}}';
    t_debit uuid[] := '{{}}'; t_credit uuid[] := '{{}}'; t_currency text[] := '{{}}';
BEGIN
    SELECT * INTO tx FROM jsonb_to_record(movement) AS m(
        id uuid, kind text, category text, reference text, fingerprint text, subject_type text, subject_id text,
        subject_number text, payment_method text, description text, actor_id uuid, reverses_id uuid, request_id text,
        is_correction boolean);

    IF EXISTS (
        SELECT FROM jsonb_to_recordset(wanted) AS l(hold_id uuid)
        LEFT JOIN finance_transfer h ON h.id = l.hold_id AND h.phase = 'pending'
        WHERE l.hold_id IS NOT NULL AND h.id IS NULL
    ) THEN RETURN jsonb_build_object('refused', 'HOLD_NOT_FOUND'); END IF;

    SELECT array_agg(DISTINCT account ORDER BY account) INTO ids FROM (
        SELECT unnest(ARRAY[coalesce(h.debit_account_id, l.debit_id), coalesce(h.credit_account_id, l.credit_id)])
        FROM jsonb_to_recordset(wanted) AS l(debit_id uuid, credit_id uuid, hold_id uuid)
        LEFT JOIN finance_transfer h ON h.id = l.hold_id
    ) AS named(account);
    PERFORM FROM finance_balance WHERE account_id = ANY(ids) ORDER BY account_id FOR UPDATE;
    GET DIAGNOSTICS i = ROW_COUNT;
    IF i <> cardinality(ids) THEN RETURN jsonb_build_object('refused', 'ACCOUNT_NOT_FOUND'); END IF;

    SELECT t.id, t.number, t.created_at, t.fingerprint INTO known
    FROM finance_ledgertransaction t WHERE t.reference = tx.reference;
    IF FOUND THEN
        IF known.fingerprint <> tx.fingerprint THEN RETURN jsonb_build_object('refused', 'REFERENCE_REUSED'); END IF;
        RETURN jsonb_build_object(
            'id', known.id, 'number', known.number, 'at', known.created_at, 'is_replay', true, 'balances', '[]'::jsonb);
    END IF;

    SELECT array_agg(a.id ORDER BY a.id), array_agg(a.currency ORDER BY a.id), array_agg(a.normal_side ORDER BY a.id),
        array_agg(a.limit_policy ORDER BY a.id), array_agg(a.status ORDER BY a.id),
        array_agg(coalesce(l.limit_minor, 0) ORDER BY a.id), array_agg(coalesce(l.status, 'active') ORDER BY a.id),
        array_agg(b.debits_posted ORDER BY a.id), array_agg(b.credits_posted ORDER BY a.id),
        array_agg(b.debits_pending ORDER BY a.id), array_agg(b.credits_pending ORDER BY a.id),
        array_agg(b.last_seq ORDER BY a.id)
    INTO ids, currencies, sides, policies, statuses, limits, lines, dp, cp, dh, ch, seqs
    FROM finance_balance b JOIN finance_account a ON a.id = b.account_id
    LEFT JOIN finance_creditline l ON l.account_id = a.id WHERE b.account_id = ANY(ids);
    now_ := clock_timestamp();

    SELECT array_agg(r.hold_id) INTO ended
    FROM finance_transfer r JOIN jsonb_to_recordset(wanted) AS l(hold_id uuid) ON r.hold_id = l.hold_id;

    FOR leg IN
        SELECT l.phase, l.hold_id, l.timeout_at, coalesce(h.debit_account_id, l.debit_id) AS debit_id,
            coalesce(h.credit_account_id, l.credit_id) AS credit_id, coalesce(h.currency, l.currency) AS currency,
            CASE WHEN l.phase IN ('void', 'expire') THEN h.amount ELSE coalesce(l.amount, h.amount) END AS amount,
            h.amount AS held, h.timeout_at AS ends_at
        FROM jsonb_to_recordset(wanted) AS l(position int, phase text, debit_id uuid, credit_id uuid, amount bigint,
            currency text, hold_id uuid, timeout_at timestamptz)
        LEFT JOIN finance_transfer h ON h.id = l.hold_id ORDER BY l.position
    LOOP
        IF leg.hold_id IS NOT NULL THEN
            IF leg.hold_id = ANY(ended) THEN RETURN jsonb_build_object('refused', 'HOLD_RESOLVED'); END IF;
            IF leg.phase = 'post' AND leg.ends_at <= now_ THEN
                RETURN jsonb_build_object('refused', 'HOLD_EXPIRED');
            END IF;
            IF leg.phase = 'expire' AND (leg.ends_at IS NULL OR leg.ends_at > now_) THEN
                RETURN jsonb_build_object('refused', 'HOLD_NOT_EXPIRED');
            END IF;
            IF leg.amount > leg.held THEN
                RETURN jsonb_build_object('refused', 'AMOUNT_EXCEEDS_HOLD', 'held', leg.held);
            END IF;
            ended := ended || leg.hold_id;
        END IF;

        d := array_position(ids, leg.debit_id);
        c := array_position(ids, leg.credit_id);
        FOR side IN 1..2 LOOP
            i := CASE side WHEN 1 THEN d ELSE c END;
            IF currencies[i] <> leg.currency THEN RETURN jsonb_build_object('refused', 'CURRENCY_MISMATCH'); END IF;
            IF statuses[i] = 'closed' THEN RETURN jsonb_build_object('refused', 'ACCOUNT_CLOSED'); END IF;
            -- Who owes draws on the account by growing it; all others, by giving away what is in it.
            IF leg.hold_id IS NULL AND NOT tx.is_correction
                AND (((side = 1) = (sides[i] = 'debit')) = (policies[i] = 'credit_limit'))
            THEN
                IF statuses[i] = 'frozen' THEN RETURN jsonb_build_object('refused', 'ACCOUNT_FROZEN'); END IF;
                IF policies[i] = 'credit_limit' THEN
                    IF lines[i] <> 'active' THEN
                        RETURN jsonb_build_object('refused', 'CREDIT_NOT_ACTIVE', 'status', lines[i]);
                    END IF;
                    room := limits[i] - CASE side WHEN 1 THEN dp[i] - cp[i] + dh[i] ELSE cp[i] - dp[i] + ch[i] END;
                    IF leg.amount > room THEN
                        RETURN jsonb_build_object('refused', 'CREDIT_LIMIT_EXCEEDED', 'available', room);
                    END IF;
                ELSIF policies[i] = 'no_overdraft' THEN
                    room := CASE side WHEN 1 THEN cp[i] - dp[i] - dh[i] ELSE dp[i] - cp[i] - ch[i] END;
                    IF leg.amount > room THEN
                        RETURN jsonb_build_object('refused', 'INSUFFICIENT_FUNDS', 'available', room);
                    END IF;
                END IF;
            END IF;
        END LOOP;
        IF leg.timeout_at <= now_ THEN RETURN jsonb_build_object('refused', 'TIMEOUT_IN_PAST'); END IF;

        posted := CASE WHEN leg.phase IN ('single', 'post') THEN leg.amount ELSE 0 END;
        held := CASE WHEN leg.phase = 'pending' THEN leg.amount ELSE -coalesce(leg.held, 0) END;
        dp[d] := dp[d] + posted; dh[d] := dh[d] + held;
        cp[c] := cp[c] + posted; ch[c] := ch[c] + held;
        IF greatest(dp[d], dh[d], cp[c], ch[c]) > {MAX_COUNTER} THEN
            RETURN jsonb_build_object('refused', 'BALANCE_TOO_LARGE');
        END IF;
        IF posted > 0 THEN
            seqs[d] := seqs[d] + 1;
            seqs[c] := seqs[c] + 1;
        END IF;
        t_debit := t_debit || leg.debit_id; t_credit := t_credit || leg.credit_id;
        t_currency := t_currency || leg.currency; t_amount := t_amount || leg.amount;
        t_dbal := t_dbal || CASE sides[d] WHEN 'debit' THEN dp[d] - cp[d] ELSE cp[d] - dp[d] END;
        t_cbal := t_cbal || CASE sides[c] WHEN 'debit' THEN dp[c] - cp[c] ELSE cp[c] - dp[c] END;
        t_dseq := t_dseq || seqs[d]; t_cseq := t_cseq || seqs[c];
    END LOOP;

    INSERT INTO finance_ledgertransaction (id, number, kind, category, reference, fingerprint, subject_type,
        subject_id, subject_number, payment_method, description, actor_id, reverses_id, request_id, created_at)
    VALUES (tx.id, nextval('{NUMBERS}'), tx.kind, tx.category, tx.reference, tx.fingerprint, tx.subject_type,
        tx.subject_id, tx.subject_number, tx.payment_method, tx.description, tx.actor_id, tx.reverses_id,
        tx.request_id, now_)
    ON CONFLICT (reference) DO NOTHING RETURNING id, number INTO known;
    -- Only something else can have taken the reference: the same movement would have waited for the same locks.
    IF NOT FOUND THEN RETURN jsonb_build_object('refused', 'REFERENCE_REUSED'); END IF;

    INSERT INTO finance_transfer (id, transaction_id, phase, debit_account_id, credit_account_id, amount, currency,
        hold_id, timeout_at, debit_balance, credit_balance, created_at)
    SELECT l.id, tx.id, l.phase, t_debit[l.position], t_credit[l.position], t_amount[l.position],
        t_currency[l.position], l.hold_id, l.timeout_at, t_dbal[l.position], t_cbal[l.position], now_
    FROM jsonb_to_recordset(wanted) AS l(
        position int, id uuid, phase text, hold_id uuid, timeout_at timestamptz);

    INSERT INTO finance_entry (id, account_id, seq, transfer_id, side, amount, balance_after, created_at)
    SELECT e.id, e.account_id, e.seq, l.id, e.side, t_amount[l.position], e.balance, now_
    FROM jsonb_to_recordset(wanted) AS l(
        position int, id uuid, phase text, debit_entry_id uuid, credit_entry_id uuid)
    CROSS JOIN LATERAL (VALUES
        (l.debit_entry_id, t_debit[l.position], t_dseq[l.position], 'debit', t_dbal[l.position]),
        (l.credit_entry_id, t_credit[l.position], t_cseq[l.position], 'credit', t_cbal[l.position])
    ) AS e(id, account_id, seq, side, balance)
    WHERE l.phase IN ('single', 'post');

    UPDATE finance_balance b
    SET debits_posted = n.dp, credits_posted = n.cp, debits_pending = n.dh, credits_pending = n.ch,
        last_seq = n.seq, updated_at = now_
    FROM unnest(ids, dp, cp, dh, ch, seqs) AS n(id, dp, cp, dh, ch, seq) WHERE b.account_id = n.id;

    RETURN jsonb_build_object('id', tx.id, 'number', known.number, 'at', now_, 'is_replay', false, 'balances', (
        SELECT jsonb_agg(jsonb_build_array(n.id, n.dp, n.cp, n.dh, n.ch))
        FROM unnest(ids, dp, cp, dh, ch) AS n(id, dp, cp, dh, ch)));
END
$body$;
"""  # noqa: S608 - constants only


class _Answer(msgspec.Struct):
    """What the function returns: a refusal with its facts, or a transaction."""

    refused: str | None = None
    status: str | msgspec.UnsetType = msgspec.UNSET
    available: int | msgspec.UnsetType = msgspec.UNSET
    held: int | msgspec.UnsetType = msgspec.UNSET
    id: UUID | None = None
    number: int = 0
    at: datetime | None = None
    is_replay: bool = False
    balances: list[tuple[UUID, int, int, int, int]] = []

    def facts(self) -> dict[str, Any]:
        """Return what a refusal says beside its code."""
        named = {"status": self.status, "available": self.available, "held": self.held}
        return {name: value for name, value in named.items() if value is not msgspec.UNSET}


_answers = msgspec.json.Decoder(_Answer)


def install(cursor: CursorWrapper) -> None:
    """Put the sequences of numbers and the function in place, or replace it."""
    numbers.install(cursor, NUMBERED)
    cursor.execute(_FUNCTION)


def is_in_place(cursor: CursorWrapper) -> bool:
    """Return whether the function is there, as this release has it."""
    cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [NAME])
    return [row[0] for row in cursor.fetchall()] == [_FUNCTION.split("$body$")[1]]


def record_in_one(movement: Movement) -> Recorded:
    """Record a movement in the surrounding transaction, or in one of its own.

    Raises:
        Refused: and nothing was written.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NAME}(%s, %s)", [_movement(movement), _legs(movement)])
        answer = _answers.decode(cursor.fetchone()[0])
    if answer.refused is not None:
        raise Refused(answer.refused, **answer.facts())
    if answer.id is None or answer.at is None:
        raise ValueError("the ledger's function answered neither yes nor no")
    balances = {account: Counters(*counters) for account, *counters in answer.balances}
    return Recorded(id=answer.id, number=answer.number, at=answer.at, is_replay=answer.is_replay, balances=balances)


def _movement(movement: Movement) -> str:
    content = {
        "id": movement.id,
        "kind": movement.kind,
        "category": movement.category,
        "reference": movement.reference,
        "fingerprint": movement.fingerprint(),
        "subject_type": movement.about.type,
        "subject_id": movement.about.id,
        "subject_number": movement.about.number,
        "payment_method": movement.payment_method,
        "description": movement.description,
        "actor_id": movement.actor_id,
        "reverses_id": movement.reverses_id,
        "request_id": movement.request_id,
        "is_correction": movement.is_correction,
    }
    return msgspec.json.encode(content).decode()


def _legs(movement: Movement) -> str:
    legs = [msgspec.to_builtins(leg) | {"position": position} for position, leg in enumerate(movement.legs, 1)]
    return msgspec.json.encode(legs).decode()
