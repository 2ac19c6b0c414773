"""The placement problem as one Pyomo model, which a researcher can extend (SPEC §16)."""

from collections.abc import Iterator

import numpy as np
import pyomo.environ as pyo

from xbarmip.cores.layout import Layout, Share
from xbarmip.cores.menu import Menu, menus, target
from xbarmip.cores.problem import Placement
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.model.constraint_rows import add_constraints
from xbarmip.model.pause import Pause, no_pause

MOST_VARIABLES = 2_000_000
_PLACEMENT = "_xbarmip_placement"


def build_placement_model(
    placement: Placement, at_most: int | None = None, pause: Pause = no_pause
) -> pyo.ConcreteModel:
    """State a placement in Pyomo.

    Parameters
    ----------
    placement : Placement
    at_most : int, optional
        State placements of values up to this only: smaller, since layers have fewer R.
    pause : callable, optional
        Called between rows; what it raises ends the work.

    Returns
    -------
    pyomo ConcreteModel
        With the components

        LAYERS, CHOICES, CORES, LOTS : sets
            Layer names; pairs (layer, r); core numbers from 0; triples (layer, r, copy): the parts
            of all copies are one lot (copy 0), or of one copy where traffic depends on it.
        choose[l, r] : binary
            1 if layer l has R = r. Of the R with the same ceil(N/R) only the least is there, unless
            a constraint of the placement names the layer.
        R[l], crossbars[l] : expressions
            Copies of layer l; crossbars that they take.
        parts[l, r, j, c] : integer
            Parts of the lot that lie in core c: copies, or row blocks where a copy is split.
        products[c], used[c] : expressions
            Products and crossbars of core c.
        traffic : expression
            Values that are moved; only where the objective depends on it.
        value : integer
        objective : minimise value
        one_choice[l], placed[l, r, j], capacity[c], busiest[c] : constraints
        order[c] : constraint
            Core c has at least the load of core c + 1: cores are alike.

    Raises
    ------
    UnsupportedError
        When there would be too many variables, or a layer has no R.
    """
    if at_most is not None:
        at_most = as_int(at_most, "at_most", 1)
    highest = placement.most if at_most is None else at_most
    if placement.obstacle:
        raise UnsupportedError(placement.obstacle)
    menu = menus(placement, target(placement, highest))
    if menu is None:
        raise UnsupportedError(f"no placement has a value of at most {highest}: a layer has no R")
    by_copy = bool(placement.value_units) and any(part.is_split for part in placement.parts)
    lots = [lot for lot, *_ in _lots(placement, menu, by_copy)]
    if len(lots) * placement.chip > MOST_VARIABLES:
        raise UnsupportedError(
            f"a model with {len(lots) * placement.chip} variables, the limit is {MOST_VARIABLES}"
        )
    model = pyo.ConcreteModel(name=f"{placement.network.name} on {placement.chip} cores")
    setattr(model, _PLACEMENT, placement)
    _add_choices(model, placement, menu)
    _add_parts(model, placement, menu, by_copy, pause)
    model.value = pyo.Var(domain=pyo.Integers, bounds=(1, at_most))
    model.objective = pyo.Objective(expr=model.value, sense=pyo.minimize)
    _add_cores(model, placement)
    if placement.value_units:
        _add_traffic(model, placement, by_copy)
    arrays = [np.array([one.copies for one in options], dtype=np.int64) for options in menu]
    add_constraints(model, placement.problem, arrays, pause)
    return model


def placement_of(model: pyo.ConcreteModel) -> Placement:
    """The placement that a model states.

    Raises
    ------
    InputError
        When it is not one of `build_placement_model`.
    """
    placement = getattr(model, _PLACEMENT, None)
    if not isinstance(placement, Placement):
        raise InputError(f"expected a model from build_placement_model, got {type(model).__name__}")
    return placement


def read_layout(model: pyo.ConcreteModel) -> Layout:
    """The layout that the variables of a model hold, which must be integers."""
    placement = placement_of(model)
    index = placement.network.index
    chosen = {name: r for name, r in model.CHOICES if pyo.value(model.choose[name, r])}
    cores: list[list[Share]] = [[] for _ in range(placement.chip)]
    following = dict.fromkeys(chosen, 0)  # parts of the layer that were met so far
    for name, r, copy in model.LOTS:
        if chosen.get(name) != r:
            continue
        part = placement.parts[index[name]]
        for core in model.CORES:
            for _ in range(round(pyo.value(model.parts[name, r, copy, core]))):
                number = following[name] // part.per_copy
                following[name] += 1
                cores[core].append(Share(index[name], number, part.products))
    merged = tuple(_merged(core) for core in cores)
    return Layout(tuple(chosen[part.name] for part in placement.parts), merged)


def _merged(shares: list[Share]) -> tuple[Share, ...]:
    blocks: dict[tuple[int, int], int] = {}
    for share in shares:
        key = (share.layer, share.copy)
        blocks[key] = blocks.get(key, 0) + share.blocks
    return tuple(Share(*key, many) for key, many in sorted(blocks.items()))


def _lots(
    placement: Placement, menu: tuple[Menu, ...], by_copy: bool
) -> Iterator[tuple[tuple[str, int, int], int]]:
    """Every lot with its number of parts."""
    for part, options in zip(placement.parts, menu, strict=True):
        for one in options:
            if by_copy and part.is_split:
                for copy in range(one.copies):
                    yield (part.name, one.copies, copy), part.per_copy
            else:
                yield (part.name, one.copies, 0), one.count


def _add_choices(model: pyo.ConcreteModel, placement: Placement, menu: tuple[Menu, ...]) -> None:
    names = [part.name for part in placement.parts]
    copies = {
        name: [one.copies for one in options] for name, options in zip(names, menu, strict=True)
    }
    sets = dict(zip(names, placement.problem.sets, strict=True))
    model.LAYERS = pyo.Set(initialize=names, ordered=True)
    model.CHOICES = pyo.Set(initialize=[(n, r) for n in names for r in copies[n]], dimen=2)
    model.choose = pyo.Var(model.CHOICES, domain=pyo.Binary)
    model.R = pyo.Expression(
        model.LAYERS, rule=lambda m, n: pyo.quicksum(r * m.choose[n, r] for r in copies[n])
    )
    model.crossbars = pyo.Expression(model.LAYERS, rule=lambda m, n: sets[n] * m.R[n])
    model.one_choice = pyo.Constraint(
        model.LAYERS, rule=lambda m, n: pyo.quicksum(m.choose[n, r] for r in copies[n]) == 1
    )


def _add_parts(
    model: pyo.ConcreteModel,
    placement: Placement,
    menu: tuple[Menu, ...],
    by_copy: bool,
    pause: Pause,
) -> None:
    counts = dict(_lots(placement, menu, by_copy))
    by_name = {part.name: part for part in placement.parts}
    model.CORES = pyo.RangeSet(0, placement.chip - 1)
    model.LOTS = pyo.Set(initialize=list(counts), dimen=3, ordered=True)

    def most(_: pyo.ConcreteModel, n: str, r: int, j: int, c: int) -> tuple[int, int]:
        return 0, min(counts[n, r, j], placement.capacity // by_name[n].crossbars)

    def placed(m: pyo.ConcreteModel, n: str, r: int, j: int) -> object:
        pause()
        there = pyo.quicksum(m.parts[n, r, j, c] for c in m.CORES)
        return there == counts[n, r, j] * m.choose[n, r]

    model.parts = pyo.Var(model.LOTS, model.CORES, domain=pyo.Integers, bounds=most)
    model.placed = pyo.Constraint(model.LOTS, rule=placed)


def _add_cores(model: pyo.ConcreteModel, placement: Placement) -> None:
    by_name = {part.name: part for part in placement.parts}
    model.products = pyo.Expression(
        model.CORES,
        rule=lambda m, c: pyo.quicksum(
            by_name[n].load(r) * m.parts[n, r, j, c] for n, r, j in m.LOTS
        ),
    )
    model.used = pyo.Expression(
        model.CORES,
        rule=lambda m, c: pyo.quicksum(
            by_name[n].crossbars * m.parts[n, r, j, c] for n, r, j in m.LOTS
        ),
    )
    units = placement.product_units
    model.capacity = pyo.Constraint(model.CORES, rule=lambda m, c: m.used[c] <= placement.capacity)
    model.busiest = pyo.Constraint(model.CORES, rule=lambda m, c: units * m.products[c] <= m.value)
    model.order = pyo.Constraint(
        model.CORES,
        rule=lambda m, c: (
            pyo.Constraint.Skip if c == placement.chip - 1 else m.products[c + 1] <= m.products[c]
        ),
    )


def _add_traffic(model: pyo.ConcreteModel, placement: Placement, by_copy: bool) -> None:
    """Values moved; where a copy is split, `hosts[l, r, j, c]` says whether core c holds of it."""
    by_name = {part.name: part for part in placement.parts}
    split = [lot for lot in model.LOTS if by_copy and by_name[lot[0]].is_split]
    model.hosts = pyo.Var(split, model.CORES, domain=pyo.Binary)
    model.hosted = pyo.Constraint(
        split,
        model.CORES,
        rule=lambda m, n, r, j, c: (
            m.parts[n, r, j, c]
            <= min(by_name[n].per_copy, placement.capacity // by_name[n].crossbars)
            * m.hosts[n, r, j, c]
        ),
    )
    touch = {
        (n, r): by_name[n].windows(r) * (by_name[n].window + by_name[n].channels)
        for n, r in model.CHOICES
    }
    fixed = pyo.quicksum(
        by_name[n].traffic(r, 0 if by_copy and by_name[n].is_split else r) * model.choose[n, r]
        for n, r in model.CHOICES
    )
    hosted = pyo.quicksum(
        touch[n, r] * model.hosts[n, r, j, c] for n, r, j in split for c in model.CORES
    )
    model.traffic = pyo.Expression(expr=fixed + hosted)
    model.moved = pyo.Constraint(expr=placement.value_units * model.traffic <= model.value)
