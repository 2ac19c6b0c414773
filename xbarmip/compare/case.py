"""Cases: problems that a suite states by reference to a network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from xbarmip.compare.fields import (
    Size,
    read_budgets,
    read_constraints,
    read_note,
    read_objectives,
    read_size,
)
from xbarmip.compare.instance import (
    INFEASIBLE,
    Instance,
    problem_for,
    smallest_budget,
)
from xbarmip.compare.special import SPECIAL, special_kind
from xbarmip.errors import InputError
from xbarmip.exact import as_int, as_positive_rational
from xbarmip.hardware.preset import Hardware, load_hardware
from xbarmip.network.graph import Network
from xbarmip.network.json_format import FORMAT, VERSION, from_dict
from xbarmip.network.library import ONNX_SCHEME, SUFFIXES, load_network
from xbarmip.problem import Problem
from xbarmip.strict import as_text, known_keys, located, short
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_time import ticks_of

_FACTS = ("optimum", "published", "published_allocation")
_READING = ("inputs", "digital")
_OPTIONAL = (
    *("name", "hardware", "crossbars", "budget_factor", "constraints", "note"),
    *_READING,
    *_FACTS,
    *SPECIAL,
)


@dataclass(slots=True)
class CaseReader:
    """Reads the [[case]] tables of one suite; a network that several name is loaded once.

    Attributes
    ----------
    folder : Path, optional
        Where relative paths to networks start; None for a suite that ships with the package.
    defaults : mapping
        Values of keys that a case leaves out.
    """

    folder: Path | None
    defaults: Mapping[str, Any]
    _networks: dict[tuple[str, str, bool], Network] = field(default_factory=dict)

    def read(self, entry: Any) -> Iterator[Instance]:
        """The instances of a case: one for every budget and objective (docs/comparing.md).

        Raises
        ------
        InputError
            On an unknown or missing key, a value out of range or an unusable network.
        """
        table = known_keys(
            {**self.defaults, **entry} if isinstance(entry, Mapping) else entry,
            ("network", "size", "objectives"),
            _OPTIONAL,
        )
        hardware = self._hardware(table)
        size = read_size(table["size"]) if hardware is None or "size" in entry else None
        network, special = self._network(table), special_kind(table)
        if special is not None:
            name, note = _case_name(table, size, hardware), read_note(table)
            yield from special(table, name, network, size, hardware, note)
            return
        objectives = read_objectives(table["objectives"])
        budgets = read_budgets(table, smallest_budget(network, size, hardware))
        given = [key for key in _FACTS if key in table]
        if len(budgets) > 1 and given:
            raise InputError(f"{given[0]} needs a single budget, got {len(budgets)}")
        name, note = _case_name(table, size, hardware), read_note(table)
        constraints = read_constraints(table)
        single = "name" in table and isinstance(table.get("crossbars"), int)
        for budget, crossbars in budgets.items():
            for label in objectives:
                problem = problem_for(network, crossbars, size, label, hardware, constraints)
                yield Instance(
                    f"{name}/{label}" if single else f"{name}/{budget}/{label}",
                    problem,
                    _optimum(table, label, objectives),
                    _published(table, problem),
                    "; ".join(filter(None, (note, _unit(problem)))),
                )

    def _hardware(self, table: Mapping[str, Any]) -> Hardware | None:
        if "hardware" not in table:
            return None
        reference = as_text(table["hardware"], "hardware")
        if reference.lower().endswith(".toml"):
            return load_hardware((self.folder or Path()) / reference)
        return load_hardware(reference)

    def _network(self, table: Mapping[str, Any]) -> Network:
        reference = table["network"]
        inputs, digital = _inputs(table), table.get("digital", False)
        if not isinstance(digital, bool):
            raise InputError(f"digital must be true or false, got {short(digital)}")
        if isinstance(reference, Mapping):
            given = [key for key in _READING if table.get(key)]
            if given:
                raise InputError(f"{given[0]} is only for networks that come from a file")
            name = as_text(table.get("name"), "name (of a case with its own network)")
            written = {"format": FORMAT, "version": VERSION, "name": name, **reference}
            with located("network"):
                return from_dict(written)
        reference = as_text(reference, "network")
        key = reference, repr(inputs), digital
        if key not in self._networks:
            of_folder = reference.lower().endswith(SUFFIXES)
            of_folder = of_folder and not reference.startswith(ONNX_SCHEME)
            path = (self.folder or Path()) / reference if of_folder else reference
            self._networks[key] = load_network(path, inputs, digital)
        return self._networks[key]


def _inputs(table: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of the inputs of a network's file, by name."""
    given = table.get("inputs", {})
    if not isinstance(given, Mapping):
        raise InputError(f"inputs must be a table of names and shapes, got {short(given)}")
    shapes = {}
    for name, shape in given.items():
        if not isinstance(shape, list) or not shape:
            raise InputError(f"inputs, {name}: must be an array of sizes, got {short(shape)}")
        shapes[name] = tuple(as_int(n, f"inputs, {name}", 1) for n in shape)
    return shapes


def _unit(problem: Problem) -> str:
    """What a value counts, where that is not plain from the objective."""
    return f"latencies in ticks of {ticks_of(problem).tick} s" if problem.is_latency else ""


def _case_name(table: Mapping[str, Any], size: Size | None, hardware: Hardware | None) -> str:
    if "name" in table:
        return as_text(table["name"], "name")
    stem = Path(table["network"].removeprefix(ONNX_SCHEME)).stem
    if hardware is not None:
        return f"{stem}@{hardware.name}"
    sides = (size,) if isinstance(size, int) else size or ()
    return f"{stem}@{'x'.join(map(str, sides))}"


def _optimum(table: Mapping[str, Any], label: str, objectives: tuple[str, ...]) -> int | str | None:
    """The optimum that a case states for one objective."""
    stated = table.get("optimum")
    if isinstance(stated, Mapping):
        stated = known_keys(stated, (), objectives).get(label)
    if stated is None or stated == INFEASIBLE:
        return stated
    if isinstance(stated, str):
        raise InputError(f"optimum must be an integer or {INFEASIBLE!r}, got {short(stated)}")
    return as_int(stated, "optimum", 1)


def _published(table: Mapping[str, Any], problem: Problem) -> int | Decimal | None:
    """The published value: stated, or that of a published allocation."""
    if "published" in table and "published_allocation" in table:
        raise InputError("takes either published or published_allocation, got both")
    if "published_allocation" in table:
        allocation = table["published_allocation"]
        if not isinstance(allocation, list):
            raise InputError(f"published_allocation must be an array, got {short(allocation)}")
        with located("published_allocation"):
            chosen = problem.allocation(allocation)
            used = problem.crossbars_used(chosen)
            if used > problem.crossbars:
                raise InputError(f"takes {used} crossbars, the budget is {problem.crossbars}")
            return evaluate(problem, chosen)
    value = table.get("published")
    if value is not None:
        as_positive_rational(value, "published")
    return value
