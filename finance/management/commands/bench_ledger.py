"""Measure the ledger: transfers, holds and one hot pair of accounts a second, with what failed beside the rate."""

import multiprocessing
import random
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from finance import services, sql
from finance.models import Account
from finance.models.chart import Place
from finance.sql import Category, Kind, Leg, Movement, Phase

ACCOUNTS = 200
CURRENCY = "INR"
ENGINES: dict[str, Callable[[Movement], object]] = {
    "function": sql.record_in_one,
    "stepwise": transaction.atomic(sql.record_stepwise),
}
Pair = tuple[UUID, UUID]


class Share(NamedTuple):
    """What one process has measured: milliseconds of what worked, and what did not."""

    latencies: list[int]
    errors: dict[str, int]


class Command(BaseCommand):
    """Run each scenario for some seconds in several processes, on a database of its own that is dropped again."""

    help = "Measure transfers, holds and a hot pair of accounts per second (on a temporary database)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how long, and with how many processes."""
        parser.add_argument("--seconds", type=int, default=5, help="how long each scenario runs")
        parser.add_argument("--processes", type=int, default=4)
        parser.add_argument("--engine", choices=ENGINES, action="append", help="only this one")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a table: scenario, engine, rate, latencies, errors.

        Raises:
            CommandError: in production.
        """
        if settings.IS_PRODUCTION:
            raise CommandError("The bench keeps the database server busy; a production has better to do.")
        engines = options["engine"] or (list(ENGINES) if connection.vendor == "postgresql" else ["stepwise"])
        self.stdout.write(f"{connection.vendor}, {options['processes']} processes, {options['seconds']} s each")
        self.stdout.write(f"{'scenario':<12} {'engine':<10} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>8}")
        with own_database():
            pairs = _pairs()
            for engine in engines:
                for name, chosen, work in (
                    ("transfers", pairs, _transfer),
                    ("holds", pairs, _hold_and_post),
                    ("hot pair", pairs[:1], _transfer),
                ):
                    started = time.monotonic()
                    shares = _run(work, chosen, engine, options["seconds"], options["processes"])
                    self._print(name, engine, shares, time.monotonic() - started)

    def _print(self, name: str, engine: str, shares: Sequence[Share], seconds: Any) -> None:
        latencies = sorted(one for share in shares for one in share.latencies)
        errors = sum((Counter(share.errors) for share in shares), Counter[str]())
        if not latencies:
            raise CommandError(f"{name}: nothing worked: {dict(errors)}")
        said = " ".join(f"{count}x{what}" for what, count in errors.items()) or "0"
        median, slow = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
        rate = round(len(latencies) / seconds)
        self.stdout.write(
            f"{name:<12} {engine:<10} {rate:>8} {milliseconds(median):>8} {milliseconds(slow):>8} {said:>8}"
        )


@contextmanager
def own_database() -> Iterator[None]:
    """Work on a database of this run, made by Django as it makes those of tests."""
    name = connection.settings_dict["NAME"]
    is_file = connection.vendor == "sqlite"
    connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "bench.sqlite3") if is_file else f"{name}_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _pairs() -> list[Pair]:
    places = [Place(f"bench:{number}", CURRENCY, Account.Kind.ASSET) for number in range(ACCOUNTS)]
    accounts = services.open_accounts(places)
    return [(accounts[number].id, accounts[number + 1].id) for number in range(0, ACCOUNTS, 2)]


def _run(work: Callable[..., None], pairs: Sequence[Pair], engine: str, seconds: int, processes: int) -> list[Share]:
    """Let processes work at once; each has a connection of its own."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined] # the processes must not share its sockets
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        return pool.starmap(_measure, [(work, pairs, engine, seconds, seed) for seed in range(processes)])


def _measure(work: Callable[..., None], pairs: Sequence[Pair], engine: str, seconds: int, seed: int) -> Share:
    chance, latencies, errors = random.Random(seed), [], Counter[str]()
    record = ENGINES[engine]
    end = time.monotonic_ns() + seconds * 10**9
    number = 0
    while (began := time.monotonic_ns()) < end:
        number += 1
        try:
            work(record, chance.choice(pairs), f"bench:{work.__name__}:{engine}:{len(pairs)}:{seed}:{number}")
        except Exception as error:  # noqa: BLE001 - what failed is part of the measurement
            errors[type(error).__name__] += 1
        else:
            latencies.append((time.monotonic_ns() - began) // 1000)
    connection.close()
    return Share(latencies, dict(errors))


def _transfer(record: Callable[[Movement], object], pair: Pair, reference: str) -> None:
    leg = Leg(phase=Phase.SINGLE, debit_id=pair[0], credit_id=pair[1], amount=100, currency=CURRENCY)
    record(Movement(kind=Kind.TRANSFER, category=Category.TRANSFER, reference=reference, legs=(leg,)))


def _hold_and_post(record: Callable[[Movement], object], pair: Pair, reference: str) -> None:
    """Place a hold and post it: one hold, two transactions."""
    leg = Leg(phase=Phase.PENDING, debit_id=pair[0], credit_id=pair[1], amount=100, currency=CURRENCY)
    record(Movement(kind=Kind.PURCHASE, category=Category.OFFER_PAYMENT, reference=reference, legs=(leg,)))
    post = Leg(phase=Phase.POST, hold_id=leg.id)
    record(Movement(kind=Kind.CAPTURE, category=Category.OFFER_PAYMENT, reference=f"{reference}:post", legs=(post,)))


def milliseconds(microseconds: int) -> str:
    """Return microseconds as milliseconds with two digits."""
    return f"{microseconds // 1000}.{microseconds // 10 % 100:02}"
