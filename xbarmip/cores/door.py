"""The solvers of placements by name, and the one door to them."""

from typing import TYPE_CHECKING, Any, Protocol

from xbarmip.cores.layout import check_layout
from xbarmip.cores.problem import Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.cores.score import score
from xbarmip.errors import InputError
from xbarmip.solvers.asking import require_taken, timed
from xbarmip.solvers.check import confirm
from xbarmip.solvers.protocol import Progress, Watch
from xbarmip.solvers.registry import solver_of

if TYPE_CHECKING:
    import pyomo.environ as pyo


class PlacementSolver(Protocol):
    """A named way to place copies in cores: a frozen dataclass whose fields are its options."""

    @property
    def name(self) -> str:
        """Name on the command line and in results."""

    def unsupported(self, placement: Placement) -> tuple[str, ...]:
        """Reasons why it cannot take the placement, naming what it cannot honour."""

    def solve(self, placement: Placement, watch: Watch) -> PlacementResult:
        """Solve; ends early when the watch expires or on KeyboardInterrupt."""


PLACEMENT_SOLVERS: dict[str, str] = {  # where each is found when it is first wanted
    "search": "xbarmip.cores.search:PlacementSearch",
    "milp": "xbarmip.cores.milp:PlacementMilp",
    "exhaustive": "xbarmip.cores.exhaustive:PlacementExhaustive",
    "longest-first": "xbarmip.cores.heuristics:LongestFirst",
    "balance": "xbarmip.cores.heuristics:Balanced",
    "genetic": "xbarmip.cores.genetic:PlacementGenetic",
}
PLACEMENT_EXACT = ("search", "milp", "exhaustive")


def make_placement_solver(name: str, /, **options: Any) -> PlacementSolver:
    """The solver called `name` with its options set.

    Raises
    ------
    InputError
        On an unknown solver or option.
    """
    solver: PlacementSolver = solver_of(PLACEMENT_SOLVERS, "solver of a placement", name, options)
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
    placement = _stated(what)
    of_model = placement is not what
    chosen: Any = make_placement_solver(solver or ("milp" if of_model else "search"), **options)
    reasons = chosen.unsupported(placement)
    if of_model and not hasattr(chosen, "solve_model"):
        reasons = (*reasons, "it takes no model")
    require_taken(chosen.name, reasons)

    def answer(watch: Watch) -> PlacementResult:
        solve = chosen.solve_model if of_model else chosen.solve
        result: PlacementResult = solve(what, watch)
        confirm(placement, chosen.name, result, layout_facts)
        return result

    result: PlacementResult = timed(answer, time_limit, memory_limit, progress)
    return result


def _stated(what: "Placement | pyo.ConcreteModel") -> Placement:
    """The placement itself, or that of a model."""
    if isinstance(what, Placement):
        return what
    from xbarmip.cores.statement import placement_of

    return placement_of(what)


def layout_facts(placement: Placement, answer: Any) -> dict[str, Any]:
    """What is found of an answer's layout (see `Checked`): score, crossbars, or a defect.

    One copy of every layer may be within the budget and yet not fit into the cores: whether a
    placement exists is for the solvers to say.
    """
    if answer.layout is None:
        return {}
    try:
        check_layout(placement, answer.layout)
    except InputError as error:
        return {"defect": str(error)}
    found = score(placement, answer.layout)
    names = (part.name for part in placement.parts)
    return {
        "confirmed": found.value,
        "crossbars_used": found.crossbars,
        "allocation": dict(zip(names, answer.layout.allocation, strict=True)),
        "unit_seconds": placement.unit if placement.is_period else placement.product_seconds,
    }
