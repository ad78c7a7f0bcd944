"""The bench: a table of rates with what failed, on a database of its own."""

import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from wholexale.tests.live import ROOT, Stores


@pytest.mark.proof
@pytest.mark.alone
def test_the_bench_prints_a_rate_and_the_errors_of_each_scenario(stores: Stores) -> None:
    command = [sys.executable, "manage.py", "bench_ledger", "--seconds", "5", "--processes", "4"]
    said = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=stores.environment, check=True, timeout=100, capture_output=True, text=True
    ).stdout

    print(said)
    rows = re.findall(r"(?m)^(transfers|holds|hot pair) +(\w+) +(\d+) +([\d.]+) +([\d.]+) +(\S+)$", said)
    engines = {"function", "stepwise"} if said.startswith("postgresql") else {"stepwise"}
    assert {(row[0], row[1]) for row in rows} == {
        (name, engine) for name in ("transfers", "holds", "hot pair") for engine in engines
    }
    assert all(int(row[2]) > 0 and row[5] == "0" for row in rows)


def test_a_production_is_not_measured(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        call_command("bench_ledger")
