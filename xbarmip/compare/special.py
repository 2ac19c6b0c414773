"""Cases and families of networks in segments, and cases of copies in cores (SPEC §13, §16)."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from random import Random
from typing import Any

from xbarmip.compare.fields import Size, read_budgets
from xbarmip.compare.instance import Instance, smallest_budget
from xbarmip.cores.problem import Placement
from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.hardware.preset import Hardware
from xbarmip.measures.registry import objective_and_rule
from xbarmip.network.graph import Network
from xbarmip.schedules.problem import Schedule
from xbarmip.strict import short

SEGMENTS = ("write_cycles", "batch", "divide", "off_chip")
CORES = ("cores", "crossbars_per_core", "split")
SPECIAL = (*SEGMENTS, *CORES)
_OF_ALLOCATIONS = ("optimum", "published", "published_allocation", "constraints")


def special_kind(table: Mapping[str, Any]) -> Callable[..., Iterator[Instance]] | None:
    """What reads a case that is none of an allocation, by its keys; None where it is of one.

    Raises
    ------
    InputError
        On keys of several kinds.
    """
    segments, cores = ([key for key in keys if key in table] for keys in (SEGMENTS, CORES))
    if segments and cores:
        raise InputError(f"{segments[0]} is of segments, {cores[0]} of cores: takes one of both")
    if not segments and not cores:
        return None
    for key in (*_OF_ALLOCATIONS, *(("crossbars", "budget_factor") if cores else ())):
        if table.get(key):
            raise InputError(f"{key} is of an allocation, {(segments + cores)[0]} is not")
    return schedules if segments else placements


def schedules(
    table: Mapping[str, Any],
    name: str,
    network: Network,
    size: Size | None,
    hardware: Hardware | None,
    note: str,
) -> Iterator[Instance]:
    """The schedules of a case: one for each budget, batch, cost of writing and objective."""
    budgets = read_budgets(table, smallest_budget(network, size, hardware))
    batches, writes = _costs(table)
    for (budget, crossbars), batch, write, label in product(
        budgets.items(), batches, writes, table["objectives"]
    ):
        made = _schedule(table, network, crossbars, size, hardware, label, write, batch)
        yield Instance(f"{name}/{budget}/W={_shown(write)}/b={batch}/{label}", made, note=note)


def drawn_schedule(
    table: Mapping[str, Any], network: Network, crossbars: int, size: Size, random: Random
) -> Callable[[str], Schedule]:
    """A schedule of a family by its objective; batch and cost of writing are drawn from lists."""
    batches, writes = _costs(table)
    batch, write = random.choice(batches), random.choice(writes)
    return lambda label: _schedule(table, network, crossbars, size, None, label, write, batch)


def placements(
    table: Mapping[str, Any],
    name: str,
    network: Network,
    size: Size | None,
    hardware: Hardware | None,
    note: str,
) -> Iterator[Instance]:
    """The placements of a case: one for each number of crossbars in a core and objective."""
    capacities = _listed(table.get("crossbars_per_core"), "crossbars_per_core")
    for capacity, label in product(capacities, table["objectives"]):
        made = Placement(
            network, table.get("cores"), capacity, size, label, hardware=hardware,
            split=table.get("split", False),
        )  # fmt: skip
        chip = f"{made.chip}x{made.capacity}"
        yield Instance(f"{name}/{chip}/{label}", made, note=note)


def _schedule(
    table: Mapping[str, Any],
    network: Network,
    crossbars: int,
    size: Size | None,
    hardware: Hardware | None,
    label: str,
    write: int | None,
    batch: int,
) -> Schedule:
    divide, off_chip = (table.get(key, False) for key in ("divide", "off_chip"))
    return Schedule(
        network, crossbars, size, *objective_and_rule(str(label)), write, batch,
        divide, hardware, off_chip,
    )  # fmt: skip


def _costs(table: Mapping[str, Any]) -> tuple[list[int], list[int | None]]:
    """Batches and costs of writing; without them one image, and what the hardware says."""
    batches = [as_int(each, "batch", 1) for each in _listed(table.get("batch", 1), "batch")]
    given = _listed(table.get("write_cycles"), "write_cycles")
    return batches, [None if each is None else as_int(each, "write_cycles", 0) for each in given]


def _listed(value: Any, what: str) -> list[Any]:
    found = value if isinstance(value, list) else [value]
    if not found or any(found.count(each) > 1 for each in found):
        raise InputError(f"{what} must be a value, or some that differ, got {short(value)}")
    return found


def _shown(write: int | None) -> str:
    return "hardware" if write is None else str(write)
