"""The solver `milp` of placements: the Pyomo statement, solved by HiGHS (SPEC §16)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, ClassVar

import pyomo.environ as pyo

from xbarmip.cores.improve import Climb
from xbarmip.cores.layout import Layout, check_layout
from xbarmip.cores.menu import menus, target
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult, answer, nothing
from xbarmip.cores.score import score
from xbarmip.cores.statement import build_placement_model, placement_of, read_layout
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.model.rows import LARGEST_NUMBER, constraints, read_constraint
from xbarmip.solvers.answer import STOPS, whole_bound
from xbarmip.solvers.highs import End, HighsError, check_options, run_highs
from xbarmip.solvers.memory import Memory
from xbarmip.solvers.protocol import StoppedError, Watch
from xbarmip.solvers.result import Proof, Stop

_START_TRIES = 100


@dataclass(frozen=True, slots=True)
class PlacementMilp:
    """The linear statement handed to HiGHS; its choices rounded, everything else recomputed.

    Attributes
    ----------
    threads, seed : int
        Of HiGHS.
    start : bool
        Whether a climb finds a placement first, so that values beyond it need not be stated.
    """

    name: ClassVar[str] = "milp"
    threads: int = 1
    seed: int = 0
    start: bool = True

    def __post_init__(self) -> None:
        check_options(self.threads, self.seed, self.start)

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """What is too large for floats: a period in a unit that is very small."""
        units = max(placement.product_units, placement.value_units)
        if units > LARGEST_NUMBER:
            return (f"units of {units} to a product or a value, HiGHS takes {LARGEST_NUMBER}",)
        return ()

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Solve; a bound of HiGHS rests on floating-point numbers."""
        if placement.obstacle or menus(placement, target(placement, placement.most)) is None:
            why = placement.obstacle or "no R of a layer meets the constraints"
            return nothing(placement, self.name, why)
        known = None
        if self.start:
            climb = Climb(placement, 1, self.seed)
            for _ in islice(climb, _START_TRIES):
                if watch.expired:
                    break
            known = climb.best
        at_most = None if known is None else score(placement, known).value
        try:
            model = build_placement_model(placement, at_most, watch.check)
            return self.solve_model(model, watch, known)
        except StoppedError as error:
            return answer(placement, self.name, known, None, error.stop, options=asdict(self))
        except KeyboardInterrupt:
            return answer(placement, self.name, known, None, Stop.INTERRUPTED)

    def solve_model(
        self, model: pyo.ConcreteModel, watch: Watch, known: Layout | None = None
    ) -> PlacementResult:
        """Solve a model of `build_placement_model`, with whatever was added to it."""
        placement = placement_of(model)
        try:
            run = run_highs(
                model, watch, Memory(watch.limits.memory_bytes), self.threads, self.seed
            )
        except HighsError as error:
            return answer(placement, self.name, known, None, Stop.ERROR, message=str(error))
        stop, message = STOPS[run.end], ""
        bound = None
        if run.bound is not None and run.bound > 0:
            bound = whole_bound(run.bound)
        layout = known
        if run.values is not None:
            try:
                layout = _confirmed(model, run.values)
            except (InputError, UnsupportedError) as error:
                stop, message = Stop.ERROR, f"HiGHS's choices, rounded: {error}"
        if run.end is End.INFEASIBLE and known is not None:
            stop, message = Stop.ERROR, "HiGHS calls a problem infeasible that is not"
        infeasible = run.end is End.INFEASIBLE and known is None
        if layout is not None and bound is not None:
            value = score(placement, layout).value
            if bound > value:
                stop, message, bound = Stop.ERROR, f"HiGHS claims a bound of {bound}", None
        return answer(
            placement, self.name, layout, bound, stop, Proof.NUMERICAL, infeasible,
            statistics=run.statistics, options=asdict(self),
            message=message or _nothing(model) * infeasible,
        )  # fmt: skip


def _nothing(model: pyo.ConcreteModel) -> str:
    at_most = model.value.ub
    within = "" if at_most is None else f" of a value up to {at_most}"
    return f"HiGHS finds no placement{within} (numerical)"


def _confirmed(model: pyo.ConcreteModel, values: Mapping[Any, float]) -> Layout:
    """The layout of HiGHS's choices, rounded; every row of the model is evaluated exactly.

    Raises
    ------
    InputError
        When a row does not hold, or the layout is none.
    """
    for variable, number in values.items():
        variable.set_value(round(number), skip_validation=True)
    placement = placement_of(model)
    layout = read_layout(model)
    check_layout(placement, layout)
    model.value.set_value(score(placement, layout).value, skip_validation=True)
    for data in constraints(model):
        row = read_constraint(data)
        below = row.lower is not None and row.body < row.lower
        if below or (row.upper is not None and row.body > row.upper):
            raise InputError(f"constraint {data.name!r} does not hold")
    return layout
