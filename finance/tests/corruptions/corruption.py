"""How a corruption is written: a function that plants it in a clean ledger and returns the id that must be named."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from finance.tests.clean_ledger import CleanLedger

Plant = Callable[[CleanLedger], Any]


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """One way to corrupt a ledger: what plants it, the check that must name the row, and others that see it too."""

    name: str
    code: str
    also: frozenset[str]
    plant: Plant
    vendor: str


def corruption(code: str, *also: str, vendor: str = "") -> Callable[[Plant], Plant]:
    """Say which check must name what the function returns, and which others see it."""

    def describe(plant: Plant) -> Plant:
        found = Corruption(name=plant.__name__, code=code, also=frozenset(also), plant=plant, vendor=vendor)
        plant.corruption = found  # type: ignore[attr-defined] # functions take any attribute
        return plant

    return describe
