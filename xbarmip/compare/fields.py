"""The values that cases and families of a suite share: sizes, objectives, budgets, ranges."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from xbarmip.constraint import Recipe
from xbarmip.constraints.library import make
from xbarmip.errors import InputError
from xbarmip.exact import as_int, as_positive_rational
from xbarmip.measures.registry import objective_labels
from xbarmip.strict import as_text, located, short

Size = int | tuple[int, int]


def read_size(value: Any) -> Size:
    """A crossbar's size: one integer, or rows and columns."""
    if isinstance(value, list):
        if len(value) != 2:
            raise InputError(f"size must be one integer or [rows, columns], got {short(value)}")
        return as_int(value[0], "size", 1), as_int(value[1], "size", 1)
    return as_int(value, "size", 1)


def read_objectives(value: Any) -> tuple[str, ...]:
    """Objective labels, each at most once."""
    if not isinstance(value, list) or not value:
        raise InputError(f"objectives must be an array of objectives, got {short(value)}")
    labels = objective_labels()
    for label in value:
        if label not in labels:
            raise InputError(f"objectives: must be among {', '.join(labels)}, got {short(label)}")
        if value.count(label) > 1:
            raise InputError(f"objectives: {label!r} is listed {value.count(label)} times")
    return tuple(value)


def read_budgets(table: Mapping[str, Any], smallest: int) -> dict[str, int]:
    """The budgets of a case, by how they are called in instance names.

    Parameters
    ----------
    table : mapping
        Holds either `crossbars` or `budget_factor`, each one value or an array.
    smallest : int
        The smallest budget of the network; a factor gives floor(factor * smallest) crossbars.
    """
    given = [key for key in ("crossbars", "budget_factor") if key in table]
    if len(given) != 1:
        raise InputError(
            f"needs either crossbars or budget_factor, got {' and '.join(given) or 'neither'}"
        )
    key = given[0]
    values = table[key] if isinstance(table[key], list) else [table[key]]
    if not values:
        raise InputError(f"{key} must not be empty")
    budgets: dict[str, int] = {}
    for value in values:
        if key == "crossbars":
            crossbars = as_int(value, key, 1)
            label = str(crossbars)
        else:
            factor: Fraction = as_positive_rational(value, key)
            crossbars, label = max(1, int(factor * smallest)), f"x{value}"
        if label in budgets:
            raise InputError(f"{key}: {value} is listed more than once")
        budgets[label] = crossbars
    return budgets


def read_range(value: Any, what: str, minimum: int) -> tuple[int, int]:
    """One integer, or [smallest, largest]."""
    low, high = value if isinstance(value, list) and len(value) == 2 else (value, value)
    first = as_int(low, what, minimum)
    return first, as_int(high, what, first)


def read_chance(value: Any, what: str) -> float:
    """A number from 0 to 1 that steers a generator; no result rests on it."""
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    chance = float(value) if number else -1.0
    if not 0 <= chance <= 1:
        raise InputError(f"{what} must be a number from 0 to 1, got {short(value)}")
    return chance


def read_note(table: Mapping[str, Any]) -> str:
    """The optional note of a case or family."""
    return as_text(table["note"], "note") if "note" in table else ""


def read_constraints(table: Mapping[str, Any]) -> tuple[Recipe, ...]:
    """The constraints of a case or family: tables with a ready one's name and parameters."""
    entries = table.get("constraints", [])
    if not isinstance(entries, list):
        raise InputError(f"constraints must be an array of tables, got {short(entries)}")
    made = []
    for number, entry in enumerate(entries, start=1):
        with located(f"constraints, number {number}"):
            if not isinstance(entry, Mapping) or "name" not in entry:
                raise InputError(f"must be a table with a name, got {short(entry)}")
            parameters = {key: value for key, value in entry.items() if key != "name"}
            made.append(make(as_text(entry["name"], "name"), parameters))
    return tuple(made)
