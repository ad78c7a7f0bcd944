"""What import-linter cannot see: foreign keys, sizes, and what the house does without."""

import ast
import re
import weakref
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignObjectRel, Model, signals as model_signals

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("wholexale", "accounts", "chat", "finance", "offers", "notifications")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
ALTITUDE = {
    "common": -1,
    "accounts": 0,
    "uploads": 1,
    "chat": 2,
    "finance": 2,
    "offers": 3,
    "notifications": 4,
    "webhooks": 4,
}
"""How high the rows of an app stand, by its label: they point down, and never from one sibling to another."""

READS_THE_ENVIRONMENT = {
    "wholexale/common/env.py",
    "wholexale/asgi.py",
    "wholexale/celery.py",
    "manage.py",
    "conftest.py",
}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "misc", "common_utils", "managers", "repositories"}


def first_party_apps() -> list[str]:
    """Return the installed apps that live here, as the settings name them."""
    return [name for name in settings.INSTALLED_APPS if (ROOT / name.split(".")[0]).is_dir()]


def first_party_labels() -> set[str]:
    """Return the labels of the installed apps that live here."""
    return {config.label for config in apps.get_app_configs() if config.name in first_party_apps()}


def modules(*, with_tests: bool = False) -> list[Path]:
    """Return every Python file of ours; migrations are history and left alone."""
    files = [*ROOT.glob("*.py"), *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]
    return [
        path
        for path in sorted(files)
        if "migrations" not in path.parts and (with_tests or not is_test(path.relative_to(ROOT)))
    ]


def is_test(path: Path) -> bool:
    """Return whether a file exists for the tests only."""
    return "tests" in path.parts or path.name in {"testing.py", "conftest.py"}


def named(path: Path) -> str:
    """Return how messages name a file."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for an expression that is one, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def relations() -> Iterator[tuple[type[Model], "Field[object, object] | ForeignObjectRel", type[Model]]]:
    """Yield (model, field, target) of every relation that a model of ours declares."""
    for model in apps.get_models():
        if model._meta.app_label in first_party_labels():
            for field in model._meta.get_fields():
                target = field.related_model
                if isinstance(field, Field) and isinstance(target, type) and issubclass(target, Model):
                    yield model, field, target


def test_foreign_keys_point_down() -> None:
    checked = 0
    for model, field, target in relations():
        own, other = model._meta.app_label, target._meta.app_label
        if own != other and other in ALTITUDE:
            checked += 1
            assert ALTITUDE[own] > ALTITUDE[other], f"{model.__name__}.{field.name} points to {target.__name__}"

    assert checked


def test_every_app_with_rows_has_an_altitude() -> None:
    owners = {model._meta.app_label for model in apps.get_models()} & first_party_labels()

    assert "common" in owners
    assert owners <= set(ALTITUDE)


@pytest.mark.parametrize("app", first_party_apps())
def test_every_app_is_named_in_the_import_contracts(app: str) -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")

    assert app.split(".", maxsplit=1)[0] in contracts["importlinter"]["root_packages"].split()
    if app == "wholexale":
        return
    assert re.search(rf"(?m)(^|\| )\(?{re.escape(app)}\)?( \||$)", contracts["importlinter:contract:apps"]["layers"])
    if app == "wholexale.common":
        assert app in contracts["importlinter:contract:foundation"]["source_modules"].split()
    else:
        assert app in contracts["importlinter:contract:modules"]["containers"].split()
        assert app in contracts["importlinter:contract:foundation"]["forbidden_modules"].split()


@pytest.mark.parametrize(
    "folder", [*(app for app in PACKAGES if app != "wholexale"), "wholexale/common", "wholexale/realtime"]
)
def test_every_part_says_what_it_owns_and_what_it_must_never_do(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")

    assert "never" in text
    assert len(text.splitlines()) <= 40


def test_every_package_is_checked() -> None:
    holding_code = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert holding_code == set(PACKAGES)


def test_modules_stay_short() -> None:
    sizes = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(with_tests=True)}

    assert not {name: size for name, size in sizes.items() if size > MAX_MODULE_LINES}


def test_functions_stay_short() -> None:
    long = {
        f"{named(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in modules(with_tests=True)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }

    assert not long


def test_no_module_is_named_for_nothing() -> None:
    assert not [named(path) for path in modules(with_tests=True) if path.stem in NAMES_THAT_SAY_NOTHING]


def test_nobody_of_ours_receives_the_signals_of_models() -> None:
    receivers = [
        receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
        for signal in vars(model_signals).values()
        if isinstance(signal, model_signals.ModelSignal)
        for _, receiver, *_ in signal.receivers
    ]

    assert not [one for one in receivers if str(getattr(one, "__module__", "")).split(".")[0] in PACKAGES]


def is_wiring_after_migrations(path: Path, node: ast.Call) -> bool:
    """Return whether an app connects to `post_migrate`: triggers dropped by a migration are put back then."""
    return path.name == "apps.py" and dotted(node.func).split(".")[-2:] == ["post_migrate", "connect"]


def test_no_code_connects_a_receiver_to_a_signal() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(parsed(path))
        if (
            isinstance(node, ast.Call)
            and re.search(r"(signals?\.\w+|pre_\w+|post_\w+)\.connect$", dotted(node.func))
            and not is_wiring_after_migrations(path, node)
        )
        or (isinstance(node, ast.ImportFrom) and node.module in {"django.dispatch", "django.dispatch.dispatcher"})
    ]

    assert not found


def test_saving_a_row_has_no_effects_of_its_own() -> None:
    overridden = [
        f"{model.__name__}.{method}"
        for model in apps.get_models()
        if model._meta.app_label in first_party_labels()
        for method in ("save", "delete")
        if getattr(model, method) is not getattr(Model, method)
        and getattr(model, method).__module__.split(".")[0] in PACKAGES
    ]

    assert not overridden


def test_only_one_module_reads_the_environment() -> None:
    reading = {
        named(path)
        for path in modules()
        for node in ast.walk(parsed(path))
        if dotted(node) in {"os.environ", "os.environb", "os.getenv"}
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }

    assert reading <= READS_THE_ENVIRONMENT
