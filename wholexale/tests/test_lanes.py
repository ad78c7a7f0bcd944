"""The pure parts of the test runner: what it runs, what it takes away from the caller, how it judges."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from wholexale.tests import lanes, servers
from wholexale.tests.environment import (
    LANE,
    enter_test_environment,
    hermetic_environment,
    known_variables,
    split_by_worker,
)

pytestmark = pytest.mark.once

EMBEDDED, SERVERS, DAPHNE = lanes.LANES
NO_OPTIONS = lanes.Options(proof=False, lanes=(), pytest_arguments=())


def test_own_options_are_taken_and_the_rest_goes_to_pytest_in_order() -> None:
    options = lanes.read_options(["--proof", "-k", "typing", "--lane", "daphne", "chat/tests", "-x"])

    assert options == lanes.Options(
        proof=True, lanes=("daphne",), pytest_arguments=("-k", "typing", "chat/tests", "-x")
    )


def test_an_unknown_lane_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        lanes.read_options(["--lane", "mainframe"])

    assert "mainframe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lane", "proof", "expression"),
    [
        (EMBEDDED, False, "not servers and not proof"),
        (EMBEDDED, True, "not servers and proof and not alone"),
        (SERVERS, False, "not once and not browser and not proof"),
        (SERVERS, True, "not once and not browser and proof and not alone"),
        (DAPHNE, False, "live and not servers and not browser and not any_server and not proof"),
    ],
    ids=["embedded", "embedded-proof", "servers", "servers-proof", "daphne"],
)
def test_each_lane_selects_its_tests(lane: lanes.Lane, proof: bool, expression: str) -> None:
    assert lanes.mark_expression(lane, proof=proof) == expression


def test_what_measures_time_is_a_run_of_its_own_with_nothing_beside_it() -> None:
    options = lanes.Options(proof=True, lanes=(), pytest_arguments=())

    command = lanes.pytest_command(EMBEDDED, options, report=Path("report.xml"), alone=True)

    assert "not servers and proof and alone" in command
    assert command[command.index("-n") + 1] == "0"


@pytest.mark.parametrize(
    ("codes", "code"), [([0, 0], 0), ([0, 5], 0), ([5, 0], 0), ([5, 5], 5), ([0, 1], 1), ([2, 1], 2), ([5, 1], 1)]
)
def test_a_failure_of_one_run_is_one_of_the_lane(codes: list[int], code: int) -> None:
    assert lanes.joint(codes) == code


def test_the_callers_arguments_come_last_so_that_they_win() -> None:
    options = lanes.Options(proof=False, lanes=(), pytest_arguments=("-n", "0"))

    command = lanes.pytest_command(EMBEDDED, options, report=Path("report.xml"))

    assert command[-2:] == ["-n", "0"]
    assert command[command.index("-n") + 1] in {"1", "2", "3", "4"}


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"LANES_REQUIRED": "1"}, {"CI": "1", "LANES_REQUIRED": "0"}])
def test_lanes_are_required_in_ci(variables: Mapping[str, str]) -> None:
    assert lanes.is_required(variables)


@pytest.mark.parametrize("variables", [{}, {"CI": ""}, {"CI": "false", "LANES_REQUIRED": "0"}])
def test_lanes_are_optional_elsewhere(variables: Mapping[str, str]) -> None:
    assert not lanes.is_required(variables)


def test_a_missing_lane_fails_the_run_only_where_it_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert lanes.missing(SERVERS, "Redis is away", required=True).is_failure
    assert not lanes.missing(SERVERS, "Redis is away", required=False).is_failure
    assert "apt-get install -y redis-server" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "is_filtered", "outcome"),
    [
        (0, False, "passed"),
        (1, False, "FAILED"),
        (lanes.NO_TESTS_COLLECTED, False, "FAILED"),
        (lanes.NO_TESTS_COLLECTED, True, "nothing matched"),
    ],
    ids=["passed", "failed", "nothing-ran", "nothing-chosen"],
)
def test_a_lane_in_which_nothing_ran_has_failed_unless_that_was_asked_for(
    code: int,
    is_filtered: bool,
    outcome: str,
) -> None:
    assert lanes.judge(code, is_filtered=is_filtered) == outcome


def test_the_report_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>')

    assert lanes.read_report(report) == {"passed": 3, "failed": 3, "skipped": 3}


@pytest.mark.parametrize("content", [None, "", "<testsuites"], ids=["absent", "empty", "torn"])
def test_a_missing_report_counts_nothing(tmp_path: Path, content: str | None) -> None:
    report = tmp_path / "report.xml"
    if content is not None:
        report.write_text(content)

    assert lanes.read_report(report) == {}


def test_the_table_has_a_line_for_each_lane_with_its_reason() -> None:
    table = lanes.render_table(
        [
            lanes.Result(lane=EMBEDDED, outcome="passed", seconds=41.2, passed=120),
            lanes.Result(lane=SERVERS, outcome="SKIPPED", reason="Redis at redis://127.0.0.1:6379: refused"),
        ]
    )

    _, embedded, skipped = table.splitlines()
    assert embedded.split()[:6] == ["embedded", "passed", "120", "0", "0", "41s"]
    assert skipped.endswith("Redis at redis://127.0.0.1:6379: refused")


def test_a_test_run_takes_the_callers_settings_away_and_keeps_the_rest() -> None:
    caller = {"POSTGRES_URI": "postgresql://live", "JWT_SECRET_FILE": "/run/secrets/jwt", "PATH": "/bin"}

    environment = hermetic_environment(caller, lane="embedded", data_dir=Path("somewhere"))

    assert environment["POSTGRES_URI"] == environment["JWT_SECRET_FILE"] == ""
    assert environment["PATH"] == "/bin"
    assert environment["APP_ENV"] == "test"
    assert environment["DATA_DIR"] == "somewhere"


def test_the_secrets_of_a_test_run_are_long_and_different() -> None:
    environment = hermetic_environment({}, lane="embedded", data_dir=Path("somewhere"))

    chosen = [environment[name] for name in ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET")]
    assert len(set(chosen)) == 3
    assert min(map(len, chosen)) >= 32


def test_a_lanes_own_stores_replace_the_callers() -> None:
    environment = hermetic_environment(
        {"REDIS_URL": "redis://live"},
        lane="servers",
        data_dir=Path("somewhere"),
        extra={"REDIS_URL": "redis://borrowed"},
    )

    assert environment["REDIS_URL"] == "redis://borrowed"


def test_every_variable_is_known_commented_out_or_not() -> None:
    assert known_variables("# One=two\nPORT=8000\n# REDIS_URL=redis://x\n#  note: A=B\n") == ["PORT", "REDIS_URL"]


def test_parallel_workers_share_no_folder_and_no_keys() -> None:
    environment = {"DATA_DIR": "/tmp/run", "REDIS_PREFIX": "run", "PYTEST_XDIST_WORKER": "gw1"}

    assert split_by_worker(environment) == {"DATA_DIR": "/tmp/run/gw1", "REDIS_PREFIX": "run-gw1"}


def test_a_single_process_is_not_split() -> None:
    assert split_by_worker({"DATA_DIR": "/tmp/run"}) == {}


def test_a_bare_pytest_gets_the_embedded_environment() -> None:
    environment = {"REDIS_URL": "redis://live"}

    made = enter_test_environment(environment)

    assert made is not None
    assert environment[LANE] == "embedded"
    assert environment["REDIS_URL"] == ""
    made.rmdir()


def test_the_environment_of_a_lane_is_left_alone(tmp_path: Path) -> None:
    environment = {LANE: "servers", "REDIS_URL": "redis://borrowed", "DATA_DIR": str(tmp_path)}

    assert enter_test_environment(environment) is None
    assert environment["REDIS_URL"] == "redis://borrowed"


def test_another_database_keeps_credentials_and_options() -> None:
    uri = servers.with_database("postgresql://me:pw@db:5433/postgres?sslmode=require", "run_1")

    assert uri == "postgresql://me:pw@db:5433/run_1?sslmode=require"


def test_passwords_are_not_printed() -> None:
    assert servers.without_password("postgresql://me:pw@db:5433/postgres") == "postgresql://me@db:5433"
    assert servers.without_password("redis://:pw@cache:6379/0") == "redis://cache:6379"


def test_only_the_databases_of_the_run_are_dropped() -> None:
    found = ["postgres", "run_1", "test_run_1", "test_run_1_gw0", "run_2", "test_other", "my_run_1"]

    assert servers.belonging_to("run_1", found) == ["run_1", "test_run_1", "test_run_1_gw0"]


def test_a_postgresql_that_does_not_answer_is_named_without_its_password() -> None:
    uri = "postgresql://me:hush@127.0.0.1:1/postgres"

    with (
        pytest.raises(servers.UnreachableError, match=r"me@127\.0\.0\.1:1: ") as caught,
        servers.borrowed_database(uri, "run"),
    ):
        pass

    assert "hush" not in str(caught.value)


def test_a_redis_that_does_not_answer_is_named() -> None:
    with (
        pytest.raises(servers.UnreachableError, match=r"Redis at redis://127\.0\.0\.1:1: "),
        servers.borrowed_prefix("redis://127.0.0.1:1/0", "run"),
    ):
        pass
