"""Money never becomes a binary fraction: what could make one is banned where amounts are read, kept or summed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
ON_THE_PATH_OF_MONEY = [
    ROOT / "wholexale" / "common" / "money.py",
    *(
        path
        for path in sorted((ROOT / "finance").rglob("*.py"))
        if not {"tests", "documents"} & set(path.parts) and not path.name.startswith("bench_")
    ),
]
"""Not the commands that measure, for what they divide is time; nor the documents, which divide paper."""

NAMES = re.compile(r"float|double", re.IGNORECASE)
"""`float`, `FloatField`, `float_format`, `parse_float`, `as_float` ..."""

IN_TEXT = re.compile(r"\bfloat|\bdouble precision\b|::real\b|\bas real\b|\bavg\s*\(", re.IGNORECASE)
"""The same in annotations that are texts, and in SQL."""

MODULES = {"math", "cmath", "statistics", "random"}
AGGREGATES = {"Avg", "StdDev", "Variance"}
"""Those of Django that answer with a float, also for integers."""


def fractions_in(source: str) -> list[int]:
    """Return the lines that name, write or compute a binary fraction."""
    tree = ast.parse(source)
    documentation = {id(text) for text in texts_that_stand_alone(tree)}
    return sorted({node.lineno for node in suspects(tree) if id(node) not in documentation})


def texts_that_stand_alone(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield docstrings, of attributes too: they may speak of what is banned."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def suspects(tree: ast.Module) -> Iterator[ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword]:
    """Yield every node that stands for a binary fraction or makes one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            is_suspect = isinstance(node.value, float | complex) or bool(
                isinstance(node.value, str) and IN_TEXT.search(node.value)
            )
        elif isinstance(node, ast.BinOp | ast.AugAssign):
            is_suspect = isinstance(node.op, ast.Div) and not divides_a_decimal(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            is_suspect = bool(MODULES & imported_modules(node))
        else:
            is_suspect = any(NAMES.search(name) or name in AGGREGATES for name in names_of(node))
        if is_suspect and isinstance(node, ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword):
            yield node


def divides_a_decimal(node: ast.BinOp | ast.AugAssign) -> bool:
    """Return whether one side of a division is visibly a decimal: `/` between integers makes a float."""
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return any(is_visibly_decimal(side) for side in sides)


def is_visibly_decimal(node: ast.expr) -> bool:
    """Return whether `Decimal(...)` stands in a calculation, and not inside another call."""
    if isinstance(node, ast.BinOp):
        return is_visibly_decimal(node.left) or is_visibly_decimal(node.right)
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Decimal")


def imported_modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the modules that a statement imports from."""
    return {node.module or ""} if isinstance(node, ast.ImportFrom) else {name.name for name in node.names}


def names_of(node: ast.AST) -> list[str]:
    """Return the names that a node itself says."""
    said = (getattr(node, field, None) for field in ("id", "attr", "arg", "name", "asname"))
    return [name for name in said if isinstance(name, str)]


@pytest.mark.parametrize("path", ON_THE_PATH_OF_MONEY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_binary_fraction_is_on_the_path_of_money(path: Path) -> None:
    lines = fractions_in(path.read_text(encoding="utf-8"))

    assert not [f"{path.relative_to(ROOT)}:{line}" for line in lines]


@pytest.mark.parametrize(
    "source",
    [
        "float(amount)",
        "share = 0.5",
        "share = 1e3",
        "share = 2j",
        "def total(amount: float) -> int: ...",
        "def total() -> 'list[float]': ...",
        "def total(as_float=None): ...",
        "models.FloatField()",
        "from django.db.models import FloatField as Rate",
        "writer(float_format=str)",
        "def float_of(amount): ...",
        "isinstance(amount, int | float)",
        "cursor.execute('SELECT amount::float8 FROM finance_entry')",
        "cursor.execute(f'SELECT CAST({name} AS double precision)')",
        "cursor.execute('SELECT avg(amount) FROM finance_entry')",
        "entries.aggregate(Avg('amount'))",
        "import math",
        "from statistics import mean",
        "share = part / whole",
        "part /= whole",
        "int(Decimal(part)) / whole",
    ],
)
def test_the_ban_finds_every_way_to_a_binary_fraction(source: str) -> None:
    assert fractions_in(source) == [1]


@pytest.mark.parametrize(
    "source",
    [
        '"""Amounts are integers, never floats."""',
        'class Rate:\n    """Not a float."""\n    parts: int\n    """Of a million, not a float."""',
        "part // whole",
        "Decimal(part) / whole",
        "Decimal(part) * 100 / whole",
        "share = 1_000",
        "from decimal import Decimal",
        "divmod(part, whole)",
    ],
)
def test_the_ban_lets_whole_numbers_and_decimals_pass(source: str) -> None:
    assert not fractions_in(source)
