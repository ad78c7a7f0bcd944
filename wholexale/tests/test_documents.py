"""What the documents say about settings, commands, paths and codes is what the code has."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from chat import consumers as chat_consumers, events as chat_events
from finance import events as finance_events
from notifications import events as notifications_events
from offers import consumers as offers_consumers, events as offers_events
from wholexale.common.realtime import Push
from wholexale.realtime import commands as engine_commands, presence, typists
from wholexale.realtime.connection import CloseCode
from wholexale.tests.environment import EXAMPLE, known_variables

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REALTIME = (ROOT / "docs" / "realtime.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / part / "README.md" for part in ("accounts", "chat", "finance", "notifications")),
    *(ROOT / "wholexale" / part / "README.md" for part in ("common", "realtime")),
]
APP_EVENTS = (chat_events, finance_events, notifications_events, offers_events)
NAME = re.compile(r"[A-Z][A-Z0-9_]+")
NEVER_SEEN_AS_CODES = {CloseCode.BAD_HANDSHAKE, CloseCode.BAD_ORIGIN}
"""Refused before the handshake is accepted: the client sees 403."""


def section(text: str, title: str) -> str:
    """Return what a document says below a heading of the second level."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables of a text, without their headings."""
    tables = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in tables if row[0].startswith("`")]


def variables_read_by_the_settings() -> set[str]:
    """Return every variable that settings.py reads: through `env`, or through a function of its own that does."""
    tree = ast.parse((ROOT / "wholexale" / "settings.py").read_text(encoding="utf-8"))
    readers = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            is_env = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "env"
            is_own = isinstance(node.func, ast.Name) and node.func.id in readers
            if (is_env or is_own) and NAME.fullmatch(str(node.args[0].value)):
                found.add(str(node.args[0].value))
    return found


def documented_settings() -> dict[str, str]:
    """Return the README's table: variable to default."""
    return {row[0].strip("` "): row[1] for row in rows(section(README, "Settings"))}


# --- Settings ---------------------------------------------------------------------------------------------------


def test_the_readme_has_every_setting_and_no_other() -> None:
    read = variables_read_by_the_settings()

    assert len(read) > 30
    assert set(documented_settings()) == read


def test_the_example_lists_the_settings_and_what_the_readme_says_nobody_reads() -> None:
    said = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", section(README, "Settings").rpartition("more names")[2]))

    assert set(known_variables()) == set(documented_settings()) | said


def test_the_readme_and_the_example_agree_about_defaults() -> None:
    defaults = documented_settings()
    given = dict(re.findall(r"(?m)^([A-Z][A-Z0-9_]*)=(.+)$", EXAMPLE.read_text(encoding="utf-8")))

    assert given
    assert {name: f"`{value}`" for name, value in given.items()} == {name: defaults[name] for name in given}


# --- Commands ---------------------------------------------------------------------------------------------------


def makefile_targets() -> set[str]:
    """Return the targets that the Makefile documents."""
    return set(re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    named = set(re.findall(r"(?:`|^|[$] )make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))

    assert named <= makefile_targets()


def test_the_readme_names_every_target_but_help() -> None:
    named = set(re.findall(r"`make ([a-z-]+)[ `]", README))

    assert makefile_targets() - named == {"help"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_management_command_that_a_document_names_exists(path: Path) -> None:
    assert set(re.findall(r"manage\.py ([a-z_]+)", path.read_text(encoding="utf-8"))) <= set(get_commands())


def test_the_addresses_of_the_readme_answer() -> None:
    paths = re.findall(
        r"http://127\.0\.0\.1:8000(/[\w/]+)|`(/(?:api|health)/?[\w/]*)`", section(README, "Two commands")
    )

    assert len(paths) >= 5
    for first, second in paths:
        try:
            resolve(first or second)
        except Resolver404:
            pytest.fail(f"{first or second} answers nothing")


# --- The guide of the socket ------------------------------------------------------------------------------------


def test_the_guide_has_every_command_and_no_other() -> None:
    known = {one.event for one in (*engine_commands.COMMANDS, *chat_consumers.COMMANDS, *offers_consumers.COMMANDS)}
    named = {event for row in rows(section(REALTIME, "Commands")) for event in re.findall(r"`([\w:]+)`", row[0])}

    assert named == known


def test_the_guide_has_every_push_and_no_other() -> None:
    known = {
        kind.event
        for module in (*APP_EVENTS, engine_commands, presence, typists)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Push) and hasattr(kind, "event")
    }
    named = {event for row in rows(section(REALTIME, "Pushes")) for event in re.findall(r"`([\w:]+)`", row[0])}

    assert named == known


def test_the_guide_has_every_close_code_that_a_client_can_see() -> None:
    codes = {value for name, value in vars(CloseCode).items() if name.isupper()}
    named = {
        int(code)
        for code in re.findall(r"(?m)^\| ([0-9, ]+) \|", section(REALTIME, "How sockets end"))
        for code in code.split(",")
    }

    assert codes - NEVER_SEEN_AS_CODES <= named


# --- The documents themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    assert not [link for link in links if "://" not in link and not (path.parent / link).exists()]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_is_short_and_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 60
    assert re.findall(r"(?m)^## (.+)$", text) == ["Context", "Decision", "Consequences", "Rejected alternatives"]
    assert text.startswith(f"# {int(path.name[:4])}. ")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_files_that_a_decision_names_exist(path: Path) -> None:
    named = re.findall(r"`((?:wholexale|accounts|chat|finance)/[\w/]+\.py)`", path.read_text(encoding="utf-8"))

    assert not [name for name in named if not (ROOT / name).is_file()]
