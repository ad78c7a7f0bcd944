"""Run the tests once per lane, each with its own stores and server, and say at the end which lanes ran.

    python -m wholexale.tests.lanes [--proof] [--lane NAME] [arguments of pytest]

A lane whose servers are missing is skipped with the way to start them. With CI or LANES_REQUIRED=1 in the
environment it fails instead. Nothing that a run makes on a server outlives the run.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from wholexale.tests import servers
from wholexale.tests.environment import MIGRATED, ROOT, SERVER, hermetic_environment

NO_TESTS_COLLECTED = 5
"""The exit code of pytest when nothing matched."""

INTERRUPTED = 130
SHARED_MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30  # containers often have a /dev/shm of 64 MB
PATIENCE_SECONDS = 20
"""How long an interrupted pytest may take to end its servers and fixtures."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came: stop as after Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One way to run the suite."""

    name: str
    about: str
    marks: str
    needs_servers: bool = False
    asgi_server: str = "uvicorn"


LANES = (
    Lane(name="embedded", about="SQLite, local bus, uvicorn", marks="not servers"),
    Lane(
        name="servers",
        about="PostgreSQL, Redis, uvicorn",
        marks="not once and not browser",
        needs_servers=True,
    ),
    Lane(
        name="daphne",
        about="live tests only: SQLite, local bus, daphne",
        marks="live and not servers and not browser and not any_server",
        asgi_server="daphne",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    proof: bool
    lanes: tuple[str, ...]
    pytest_arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """How one lane ended."""

    lane: Lane
    outcome: str
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reason: str = ""

    @property
    def is_failure(self) -> bool:
        """Say whether this result fails the whole run."""
        return self.outcome in {"FAILED", "MISSING", "STOPPED"}


def read_options(arguments: Sequence[str]) -> Options:
    """Split the command line into our options and pytest's."""
    parser = argparse.ArgumentParser(prog="python -m wholexale.tests.lanes", allow_abbrev=False)
    parser.add_argument("--proof", action="store_true", help="run the long forms of the tests instead")
    parser.add_argument("--lane", action="append", choices=[lane.name for lane in LANES], help="only this lane")
    ours, rest = parser.parse_known_args(arguments)
    return Options(proof=ours.proof, lanes=tuple(ours.lane or ()), pytest_arguments=tuple(rest))


def mark_expression(lane: Lane, *, proof: bool, alone: bool = False) -> str:
    """Return the `-m` expression of a lane; of the proofs, those that measure time are a run of their own."""
    kinds = ["proof", "alone" if alone else "not alone"] if proof else ["not proof"]
    return " and ".join([lane.marks, *kinds])


def pytest_command(lane: Lane, options: Options, *, report: Path, alone: bool = False) -> list[str]:
    """Return the command of one run of a lane; the caller's arguments come last, so that they win."""
    # One more than cores, as tests of real servers mostly wait. With its servers each may hold thirty connections to
    # PostgreSQL, which has a hundred; and the long forms are races of many processes already.
    workers = min(3 if lane.needs_servers else 4, (os.cpu_count() or 1) + 1 - options.proof)
    parallel = ["-n", "0"] if alone else ["-n", str(workers), "--dist", "worksteal"]
    marks = ["-m", mark_expression(lane, proof=options.proof, alone=alone)]
    written = [f"--junitxml={report}", "-o", f"junit_suite_name={lane.name}"]
    if options.proof:
        written.append("-rP")  # the figures that the tests print
    return [sys.executable, "-m", "pytest", *parallel, *marks, *written, *options.pytest_arguments]


def is_required(environment: Mapping[str, str]) -> bool:
    """Say whether a lane that cannot run is a failure here."""
    return any(environment.get(name, "").lower() not in {"", "0", "false", "no"} for name in ("CI", "LANES_REQUIRED"))


def judge(code: int, *, is_filtered: bool) -> str:
    """Name the outcome of a pytest run by its exit code.

    A lane in which nothing ran has proved nothing, so it fails, unless the caller's own arguments chose the tests.
    """
    if code == NO_TESTS_COLLECTED:
        return "nothing matched" if is_filtered else "FAILED"
    return "passed" if code == 0 else "FAILED"


def read_report(report: Path) -> dict[str, int]:
    """Return the counts of a JUnit file; nothing where pytest did not get that far."""
    try:
        suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 - written by our own pytest
    except (OSError, ET.ParseError):
        return {}
    total, failed, skipped = (
        sum(int(suite.get(key, "0")) for suite in suites for key in keys)
        for keys in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return {"passed": max(0, total - failed - skipped), "failed": failed, "skipped": skipped}


def render_table(results: Sequence[Result]) -> str:
    """Return the closing table, one line for each lane."""
    lines = [f"{'lane':<10} {'outcome':<16} {'passed':>6} {'failed':>6} {'skipped':>7} {'time':>7}  what"]
    lines += [
        f"{result.lane.name:<10} {result.outcome:<16} {result.passed:>6} {result.failed:>6} "
        f"{result.skipped:>7} {result.seconds:>6.0f}s  {result.reason or result.lane.about}"
        for result in results
    ]
    return "\n".join(lines)


def say(text: str) -> None:
    """Print a line at once: pytest writes to the same terminal."""
    print(text, flush=True)


def run_pytest(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run pytest to its end; when interrupted, let it tidy up first."""
    process = subprocess.Popen(command, env=dict(environment))
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt, Terminated):  # Ctrl-C has reached pytest as well, a signal to us alone has not
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def run_lane(lane: Lane, options: Options) -> Result:
    """Run one lane with stores of its own, and remove them."""
    started = time.monotonic()
    with ExitStack() as stack:
        extra = {SERVER: lane.asgi_server}
        if lane.needs_servers:
            try:
                extra |= stack.enter_context(servers.borrowed(os.environ))
            except servers.UnreachableError as error:
                return missing(lane, str(error), required=is_required(os.environ) or lane.name in options.lanes)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix=f"wholexale-{lane.name}-", dir=fast_folder())))
        say(f"\n=== lane {lane.name}: {lane.about} ===")
        environment = hermetic_environment(os.environ, lane=lane.name, data_dir=folder / "data", extra=extra)
        environment[MIGRATED] = migrated(environment)
        codes: list[int] = []
        counts = Counter[str]()
        for alone in (False, True) if options.proof else (False,):
            report = folder / f"report-{len(codes)}.xml"
            codes.append(run_pytest(pytest_command(lane, options, report=report, alone=alone), environment))
            counts.update(read_report(report))
        code = joint(codes)
        outcome = judge(code, is_filtered=bool(options.pytest_arguments) or options.proof)
        reason = "no test ran" if code == NO_TESTS_COLLECTED else ""
    return Result(lane=lane, outcome=outcome, seconds=time.monotonic() - started, reason=reason, **counts)


def joint(codes: Sequence[int]) -> int:
    """Return the exit code that stands for several runs: the first failure; that nothing ran only if nothing did."""
    return next((code for code in codes if code not in {0, NO_TESTS_COLLECTED}), min(codes))


def migrated(environment: Mapping[str, str]) -> str:
    """Migrate the stores of a lane, for its processes to copy; return the file, or the name on PostgreSQL.

    Nothing where that fails: then the tests themselves show why.
    """
    data, uri = Path(environment["DATA_DIR"]), environment["POSTGRES_URI"]
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"]
    if subprocess.run(command, cwd=ROOT, env=dict(environment), check=False).returncode:
        return ""
    return urlsplit(uri).path.lstrip("/") if uri else str(data / "wholexale.sqlite3")


def missing(lane: Lane, why: str, *, required: bool) -> Result:
    """Say loudly that a lane cannot run, and how to change that."""
    verb = "CANNOT RUN, and must" if required else "SKIPPED"
    say(f"\n!!! lane {lane.name} {verb}: {why}\n{servers.HOW_TO_START}")
    return Result(lane=lane, outcome="MISSING" if required else "SKIPPED", reason=why)


def fast_folder() -> str | None:
    """Return the folder for databases that nobody keeps: memory, where there is room; None is the usual one."""
    is_there = os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free > ROOM
    return str(SHARED_MEMORY) if is_there else None


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def main(arguments: Sequence[str]) -> int:
    """Run the lanes one after the other and return the exit code of the whole."""
    options = read_options(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    results: list[Result] = []
    for lane in LANES:
        if options.lanes and lane.name not in options.lanes:
            continue
        try:
            results.append(run_lane(lane, options))
        except KeyboardInterrupt:
            results.append(Result(lane=lane, outcome="STOPPED", reason="interrupted"))
            break
    say(f"\nWhich lanes ran:\n{render_table(results)}")
    if any(result.outcome == "STOPPED" for result in results):
        return INTERRUPTED
    return int(any(result.is_failure for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
