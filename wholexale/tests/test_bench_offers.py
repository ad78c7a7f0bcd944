"""The bench of dealing: a table of rates with what failed, against a server and a database of its own."""

import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from wholexale.tests.live import ROOT, Stores


@pytest.mark.live
@pytest.mark.any_server
@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(300)
def test_the_bench_prints_a_rate_and_the_errors_of_each_scenario(stores: Stores) -> None:
    command = [sys.executable, "manage.py", "bench_offers", "--seconds", "6"]
    said = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=stores.environment, check=True, timeout=280, capture_output=True, text=True
    ).stdout

    print(said)
    rows = re.findall(r"(?m)^(make|accept|accept 40/s) +(\d+) +([\d.]+) +([\d.]+) +(\S+)$", said)
    assert [row[0] for row in rows] == ["make", "accept", "accept 40/s"]
    assert all(int(row[1]) > 0 and row[4] == "0" for row in rows)


def test_a_production_is_not_measured(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        call_command("bench_offers")
