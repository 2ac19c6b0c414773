"""The solvers of placements by name, and the one door to them."""

from dataclasses import fields, replace
from typing import Any, Protocol

import pyomo.environ as pyo

from xbarmip.cores.exhaustive import PlacementExhaustive
from xbarmip.cores.genetic import PlacementGenetic
from xbarmip.cores.heuristics import Balanced, LongestFirst
from xbarmip.cores.layout import check_layout
from xbarmip.cores.milp import PlacementMilp
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.cores.score import score
from xbarmip.cores.search import PlacementSearch
from xbarmip.cores.statement import placement_of
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.solvers.protocol import Limits, Progress, Watch


class PlacementSolver(Protocol):
    """A named way to place copies in cores: a frozen dataclass whose fields are its options."""

    @property
    def name(self) -> str:
        """Name on the command line and in results."""

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """Reasons why it cannot take the placement, naming what it cannot honour."""

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Solve; ends early when the watch expires or on KeyboardInterrupt."""


PLACEMENT_SOLVERS: dict[str, type[PlacementSolver]] = {
    "search": PlacementSearch,
    "milp": PlacementMilp,
    "exhaustive": PlacementExhaustive,
    "longest-first": LongestFirst,
    "balance": Balanced,
    "genetic": PlacementGenetic,
}
PLACEMENT_EXACT = ("search", "milp", "exhaustive")


def make_placement_solver(name: str, /, **options: Any) -> PlacementSolver:
    """The solver called `name` with its options set.

    Raises
    ------
    InputError
        On an unknown solver or option.
    """
    if name not in PLACEMENT_SOLVERS:
        known = ", ".join(PLACEMENT_SOLVERS)
        raise InputError(f"solver of a placement must be one of {known}, got {name!r}")
    kind: Any = PLACEMENT_SOLVERS[name]
    known_options = [field.name for field in fields(kind)]
    for option in options:
        if option not in known_options:
            accepts = ", ".join(known_options) or "none"
            raise InputError(f"solver {name!r} has no option {option!r} (it takes: {accepts})")
    solver: PlacementSolver = kind(**options)
    return solver


def place(
    what: "Placement | pyo.ConcreteModel",
    solver: str | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> PlacementResult:
    """Place the copies of a network in the cores of a chip.

    Parameters
    ----------
    what : Placement or pyomo ConcreteModel
        A model comes from `build_placement_model`; whatever was added to it is obeyed, and only
        "milp" takes it.
    solver : str, optional
        A name of `PLACEMENT_SOLVERS`; by default "search", or "milp" for a model.
    time_limit : float, optional
        Wall-clock seconds.
    memory_limit : int, optional
        Bytes of working memory.
    progress : callable, optional
        Called with a dict of facts while the search runs.
    **options
        The solver's own options.

    Returns
    -------
    PlacementResult

    Raises
    ------
    InputError
        On an unknown solver or option, or a bad limit.
    UnsupportedError
        When the solver cannot honour the placement; the message says what.
    VerificationError
        When the answer does not survive being checked and scored anew.
    """
    stated = not isinstance(what, Placement)
    placement = what if isinstance(what, Placement) else placement_of(what)
    chosen = make_placement_solver(solver or ("milp" if stated else "search"), **options)
    reasons = chosen.unsupported(placement)
    if stated and not isinstance(chosen, PlacementMilp):
        reasons = (*reasons, "it takes no model")
    if reasons:
        raise UnsupportedError(f"solver {chosen.name!r} cannot take this: {'; '.join(reasons)}")
    watch = Watch(Limits(time_limit, memory_limit), progress)
    if stated and isinstance(chosen, PlacementMilp):
        result = chosen.solve_model(what, watch)
    else:
        result = chosen.solve(placement, watch)
    confirm(placement, result)
    return replace(result, seconds=watch.seconds)


def confirm(placement: Placement, result: PlacementResult) -> None:
    """Check a result's layout, and score it anew.

    Raises
    ------
    VerificationError
        Naming what is wrong.
    """
    if result.layout is None:
        return
    try:
        check_layout(placement, result.layout)
    except InputError as error:
        raise VerificationError(f"{result.solver}: {error}") from None
    value = score(placement, result.layout).value
    if value != result.value:
        raise VerificationError(f"{result.solver} claims {result.value}, its layout takes {value}")
