"""The image and the compose file stay true to the code; no Docker engine is needed to see that."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve
from honcho.environ import parse_procfile

from wholexale.tests.environment import known_variables

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
CELERY = ["python", "-m", "celery", "-A", "wholexale"]

OF_PYTHON = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def instructions(stage: int) -> list[tuple[str, str]]:
    """Return the instructions of one stage of the Dockerfile, each with its continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    pairs = [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word]
    starts = [index for index, (word, _) in enumerate(pairs) if word == "FROM"]
    ends = [*starts[1:], len(pairs)]
    return pairs[starts[stage] : ends[stage]]


def values(stage: int, instruction: str) -> list[str]:
    """Return what follows every occurrence of an instruction in a stage."""
    return [rest for word, rest in instructions(stage) if word == instruction]


@pytest.fixture(name="compose")
def read_compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(name="ours")
def services_of_our_image(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_the_image_runs_as_somebody_without_rights() -> None:
    users = values(-1, "USER")

    assert users
    assert users[-1].split(":")[0] not in {"root", "0"}


def test_the_image_installs_the_locked_runtime_and_nothing_of_the_developers() -> None:
    installs = [run for run in values(0, "RUN") if "pip install" in run]

    assert installs == ["/venv/bin/pip install --no-deps --require-hashes -r requirements.txt"]


def test_the_image_starts_a_command_that_exists() -> None:
    [command] = values(-1, "CMD")

    assert json.loads(command)[:2] == ["python", "manage.py"]
    assert json.loads(command)[2] in get_commands()


def test_the_build_calls_commands_that_exist() -> None:
    called = re.findall(r"manage\.py (\w+)", " ".join(values(0, "RUN")))

    assert called
    assert set(called) <= set(get_commands())


def test_the_image_checks_its_health_at_a_path_that_exists() -> None:
    [check] = values(-1, "HEALTHCHECK")
    [path] = re.findall(r"'(/health[^']*)'", check)

    assert resolve(path).url_name == "ready"


def test_the_health_check_of_the_image_is_a_program() -> None:
    [check] = values(-1, "HEALTHCHECK")
    interpreter, option, program = json.loads(check.partition("CMD ")[2])

    assert (interpreter, option) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")


def test_the_image_sets_only_variables_that_the_server_knows() -> None:
    names = {pair.partition("=")[0] for line in values(-1, "ENV") for pair in shlex.split(line)}

    assert names - OF_PYTHON <= set(known_variables())


def test_the_image_carries_no_secret() -> None:
    assert not re.search(r"SECRET|PASSWORD|_URI", " ".join(values(-1, "ENV")))
    assert ".env" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_compose_names_only_variables_that_the_example_lists(ours: dict[str, dict[str, Any]]) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    given = {name for service in ours.values() for name in service["environment"]}

    assert asked
    assert asked | given <= set(known_variables())


def test_compose_has_no_secret_of_its_own(ours: dict[str, dict[str, Any]]) -> None:
    for service in ours.values():
        for name in ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"):
            assert service["environment"][name].startswith(f"${{{name}:?")


def test_compose_calls_commands_that_exist(ours: dict[str, dict[str, Any]]) -> None:
    commands = [service["command"] for service in ours.values() if "command" in service]
    managed = [command for command in commands if command[:2] == ["python", "manage.py"]]

    assert {command[2] for command in managed} <= set(get_commands())
    assert [command[:6] for command in commands if command not in managed] == [[*CELERY, "worker"], [*CELERY, "beat"]]


def test_two_servers_wait_for_the_migrations(compose: dict[str, Any]) -> None:
    web = compose["services"]["web"]

    assert web["deploy"]["replicas"] == 2
    assert web["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_a_worker_runs_what_the_servers_leave_to_it(compose: dict[str, Any]) -> None:
    web, worker = compose["services"]["web"], compose["services"]["worker"]

    assert worker["command"][:6] == [*CELERY, "worker"]
    assert web["environment"]["WORK_RUNNER"] == "celery"
    assert int(worker["stop_grace_period"].removesuffix("s")) >= 30  # for what runs to come to its end


def test_the_procfile_and_compose_run_the_same(compose: dict[str, Any]) -> None:
    procfile = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8"))
    processes = {name: shlex.split(command) for name, command in procfile.processes.items()}

    assert processes.pop("web") == ["env", "WORK_RUNNER=celery", "python", "manage.py", "serve"]
    assert processes == {name: compose["services"][name]["command"] for name in ("worker", "beat")}


def test_servers_cannot_change_their_own_image(ours: dict[str, dict[str, Any]]) -> None:
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours.values())


def test_only_the_proxy_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"]["internal"] is True


def test_the_servers_believe_the_network_that_the_proxy_is_in(compose: dict[str, Any]) -> None:
    [network] = compose["networks"]["inside"]["ipam"]["config"]

    assert compose["services"]["web"]["environment"]["TRUSTED_PROXIES"] == network["subnet"]


def test_the_proxy_sends_to_the_port_on_which_the_image_listens(compose: dict[str, Any]) -> None:
    [environment] = [line for line in values(-1, "ENV") if "PORT=" in line]
    port = dict(pair.split("=", 1) for pair in shlex.split(environment))["PORT"]

    assert f"port {port}\n" in compose["configs"]["caddyfile"]["content"]
    assert values(-1, "EXPOSE") == [port]


def test_everything_that_is_mounted_or_awaited_is_declared(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(compose["configs"])


def test_every_command_of_the_makefile_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\$\(MANAGE\) (\w+)", makefile))

    assert called
    assert called <= set(get_commands())
