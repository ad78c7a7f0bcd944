"""Work that is due: rows that carry their own state, what claims and runs them, and what makes them by the clock.

A service writes a row in its transaction and hands it to `nudge_on_commit`; an app lists its kinds of work as `WORK`
and `PERIODIC` in `tasks.py`; `wholexale/work.py` puts them together. What runs must do no harm when it runs twice.
"""

from wholexale.common.work.nudges import nudge, nudge_on_commit
from wholexale.common.work.outcomes import Backoff, Later, Permanent, Retry, describe
from wholexale.common.work.periodic import Periodic, Schedule, periodic_work
from wholexale.common.work.pruning import delete_in_batches, prune_done
from wholexale.common.work.publisher import Publisher
from wholexale.common.work.rows import Claim, Work, claim, replay
from wholexale.common.work.runner import CONNECTIONS_PER_THREAD, Runner
from wholexale.common.work.running import run_claim, run_due, run_one, work_off

__all__ = [
    "CONNECTIONS_PER_THREAD",
    "Backoff",
    "Claim",
    "Later",
    "Periodic",
    "Permanent",
    "Publisher",
    "Retry",
    "Runner",
    "Schedule",
    "Work",
    "claim",
    "delete_in_batches",
    "describe",
    "nudge",
    "nudge_on_commit",
    "periodic_work",
    "prune_done",
    "replay",
    "run_claim",
    "run_due",
    "run_one",
    "work_off",
]
