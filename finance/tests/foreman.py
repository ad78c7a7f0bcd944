"""Staging the world of random operations, and having processes work on it, some of which are killed meanwhile."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID

from django.db import connection

from finance import services
from finance.models import Account, chart
from finance.tests.racers import CONTEXT
from finance.tests.reckoning import Reckoning
from finance.tests.staging import business_of, lender, open_line
from finance.tests.worker import read_log, work
from finance.tests.workload import CURRENCIES, SQUEEZED, Number, Spot, World
from wholexale.common.testing import make_person

BUSINESSES = 4


def build_world(*, seed: int, processes: int, squeezes: int) -> World:
    """Open accounts of every kind in three currencies, and credit lines; the squeezed one has room for some holds."""
    people = [make_person(f"trader{number}-{seed}", owns="Trader") for number in range(BUSINESSES)]
    crowded = make_person(f"crowded-{seed}", owns="Crowded")
    businesses = [business_of(person).id for person in people]
    lines = {}
    for person in people:
        for currency in CURRENCIES:
            line = open_line(business_of(person), 6_000, currency)
            lines[line.account_id] = line.id
    squeezed = open_line(business_of(crowded), SQUEEZED * squeezes + SQUEEZED - 1)
    services.set_spending_limit(
        actor=people[0], membership_id=people[0].membership.id, currency="INR", window="month", limit_minor=20_000
    )
    places = [place for currency in CURRENCIES for place in _places(currency, businesses)]
    spots = [_spot(account, businesses) for account in services.open_accounts(places)]
    hot, rest, cash = services.open_accounts([chart.cash(name, "INR") for name in ("hot", "rest", "manual")])
    # Opened last, so that they are locked last: a marker is recorded while its account is locked already.
    markers = services.open_accounts([chart.cash("marker", currency) for currency in CURRENCIES])
    return World(
        seed=seed,
        processes=processes,
        spots={currency: tuple(spot for spot in spots if spot.currency == currency) for currency in CURRENCIES},
        hot=(_spot(hot), _spot(rest)),
        squeezed=(_spot(squeezed.account), _spot(rest)),
        cash=_spot(cash),
        markers={account.currency: _spot(account) for account in markers},
        businesses=tuple(businesses),
        people=tuple(person.id for person in people),
        staff=lender().id,
        lines=lines,
    )


def _places(currency: str, businesses: Sequence[UUID]) -> list[chart.Place]:
    shared = [chart.cash("bank", currency), chart.fees(currency), chart.losses(currency), chart.adjustments(currency)]
    return shared + [place(one, currency) for one in businesses for place in (chart.receivable, chart.payable)]


def _spot(account: Account, businesses: Sequence[UUID] = ()) -> Spot:
    other = {"debit": "credit", "credit": "debit"}[account.normal_side]
    is_drawn_on_normal_side = account.limit_policy != Account.Policy.NO_OVERDRAFT
    free_side = other if is_drawn_on_normal_side else str(account.normal_side)
    business = businesses.index(account.business_id) if account.business_id in businesses else None
    return Spot(account.id, account.currency, free_side, str(account.limit_policy), business)


@dataclass
class Foreman:
    """Lets each process carry out its operations, and kills some of them, which then carry on."""

    world: World
    count: int
    folder: Path
    repeated: set[Number] = field(default_factory=set)
    milliseconds: int = 0

    def run(self, *, kills: int) -> Reckoning:
        """Work until every log is full."""
        database = str(connection.settings_dict["NAME"])
        dice = random.Random(self.world.seed)
        began = time.monotonic_ns()
        running = {process: self._start(database, process) for process in range(self.world.processes)}
        due = sorted(dice.randrange(self.count * self.world.processes) for _ in range(kills))
        while running:
            time.sleep(0.05)
            done = sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*.log"))
            if due and done >= due[0]:
                due.pop(0)
                process = dice.choice(list(running))
                self._kill(running[process], process)
                running[process] = self._start(database, process)
            for process, worker in list(running.items()):
                if not worker.is_alive():
                    assert worker.exitcode == 0, f"process {process} ended with {worker.exitcode}"
                    running.pop(process).close()
        self.milliseconds = (time.monotonic_ns() - began) // 10**6
        logs = [read_log(self._log(process)) for process in range(self.world.processes)]
        return Reckoning(self.world, logs, self.repeated)

    def _start(self, database: str, process: int) -> ForkServerProcess:
        worker = CONTEXT.Process(target=work, args=(database, self.world, process, self.count, self._log(process)))
        worker.start()
        return worker

    def _kill(self, worker: ForkServerProcess, process: int) -> None:
        """Kill a process as if its machine had lost power; what it was asking for last, it does not know."""
        worker.kill()
        worker.join()
        worker.close()
        self.repeated.add((process, len(read_log(self._log(process)))))

    def _log(self, process: int) -> Path:
        return self.folder / f"{process}.log"
