"""Property tests for rules and solvers of one's own: what the package takes for granted of them.

Each looks at random tiny networks, where every allocation can be evaluated, and raises at the first
difference (docs/adding-a-rule.md, docs/own-solver.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random

from xbarmip.constraint import LinearConstraint
from xbarmip.errors import VerificationError
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.movement import rule_named
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.measures.view import View
from xbarmip.network.generate import Shape, random_network
from xbarmip.problem import Problem
from xbarmip.solvers.check import checked, lies
from xbarmip.solvers.dp.bounds.cuts import Goal, Switches
from xbarmip.solvers.dp.sweep.search import TargetSearch
from xbarmip.solvers.dp.table import search_table
from xbarmip.solvers.own import blamed, defined_at
from xbarmip.solvers.protocol import Limits, Solver, Watch
from xbarmip.solvers.registry import EXACT, made_solver, make_solver, solve, solver_for
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing import reference
from xbarmip.timing.evaluate import evaluate
from xbarmip.timing.step_limit import step_limit
from xbarmip.timing.step_time import step_time, ticks_of

MOST = 800  # allocations of a network
OFTEN = 5  # of so many networks, one goes to all solvers
AMPLE = 60  # crossbars more where a constraint is to bind, and not the budget
SHAPES = (
    Shape(layers=3, extent=5, outputs=12),
    Shape(layers=4, extent=4, outputs=6, branching=0.4, joining=0.5, trees=0.5),
    Shape(layers=2, extent=6, outputs=16),
)

Allocation = tuple[int, ...]


def check_closed_form(rule: str, problems: int = 300, seed: int = 0) -> None:
    """Test a rule of `steps` that was registered: `check_measure`."""
    check_measure("steps", rule, problems, seed)


def check_measure(
    objective: str, rule: str | None = None, problems: int = 300, seed: int = 0
) -> None:
    """Test a measure that was registered.

    Its need maps never fall, and stay within the producer where steps are capped; its tails are not
    negative; the compiled evaluation is that of the definition; the sweep of the dynamic program
    loses no allocation, with and without a constraint, when dominance alone leaves labels out; and
    all exact solvers find the least value that there is.

    Parameters
    ----------
    objective : str
        The measure's name.
    rule : str, optional
        Of several measures of that name.
    problems : int
        Random ones to look at, each under a budget alone, and with a constraint that few meet.
    seed : int

    Raises
    ------
    VerificationError
        Naming the measure, and what it does or which solver differs where.
    """
    name = f"rule {rule!r}" if rule else f"measure {objective!r}"
    random = Random(f"closed form {seed}")
    for number in range(problems):
        problem = _tiny(random, objective, rule)
        what = f"{name}, network {number} of seed {seed}"
        _check_view(problem.view, what)
        _check_evaluation(problem, what)
        ample = replace(problem, crossbars=problem.crossbars + AMPLE)
        constrained = replace(ample, constraints=(_random_sum(random, ample),))
        for one in (problem, constrained):
            _check_sweep(one, what)
        if number % OFTEN == 0:
            _check_solvers(random.choice([problem, constrained]), what)


def check_movement(rule: str, problems: int = 100, seed: int = 0) -> None:
    """Test a data-movement rule that was registered.

    It moves the same bytes whenever it is asked the same, exact multiples of its grain; limits of
    the step time allow just what they should; and all exact solvers that take a latency find the
    least one.

    Parameters
    ----------
    rule : str
    problems : int
        Random ones to look at.
    seed : int

    Raises
    ------
    InputError
        On bytes that are not exact, or not of the rule's grain, as the rule is used anywhere.
    VerificationError
        Naming the rule, and what it does or which solver differs where.
    """
    rule_named(rule)
    random = Random(f"movement {seed}")
    for number in range(problems):
        free = _tiny(random, "cycles", None)
        hardware = _random_hardware(random, free.crossbar, rule)
        problem = replace(free, hardware=hardware, objective="latency")
        what = f"rule {rule!r}, network {number} of seed {seed}"
        _check_step_times(random, problem, what)
        _check_solvers(problem, what)


def check_solver(
    solver: str | Solver, problems: int = 100, seed: int = 0, seconds: float = 10
) -> None:
    """Test a solver.

    It refuses by a tuple of reasons, or answers: nothing that it claims is wrong, as exhaustive
    search finds; so it is when its time is over before it begins; and the same question has the
    same answer, if it ends by itself. Budgets are ample, tight and too small; some problems have a
    constraint, some minimise a latency.

    Parameters
    ----------
    solver : str or Solver
        One that is made, or a name as for `make_solver`, as "path/to/file.py:Class".
    problems : int
        Random ones to ask it.
    seed : int
    seconds : float
        Time limit of an answer.

    Raises
    ------
    InputError
        If there is no such solver.
    VerificationError
        Naming the solver, where its class is, the problem, and what is wrong.
    """
    made = made_solver(solver, {})
    random = Random(f"solver {seed}")
    whose = f"solver {made.name!r} ({defined_at(type(made))})"
    taken = 0
    for number in range(problems):
        what = f"{whose}, problem {number} of seed {seed}"
        with blamed(what):
            taken += _check_answers(_question(random), made, seconds, what)
    if not taken:
        raise VerificationError(f"{whose} refuses all of {problems} problems")


def _question(random: Random) -> Problem:
    """A random problem: a count or a latency, with or without a constraint, at any budget."""
    objective = random.choice(["cycles", "steps", "latency"])
    problem = _tiny(random, "cycles" if objective == "latency" else objective, None)
    if objective == "latency":
        hardware = _random_hardware(random, problem.crossbar, "shared-buffer")
        problem = replace(problem, hardware=hardware, objective=objective)
    if random.random() < 1 / 3:
        ample = replace(problem, crossbars=problem.crossbars + AMPLE)
        return replace(ample, constraints=(_random_sum(random, ample),))
    if random.random() < 1 / OFTEN and problem.smallest_budget > 1:
        return replace(problem, crossbars=problem.smallest_budget - 1)
    return problem


def _check_answers(problem: Problem, made: Solver, seconds: float, what: str) -> bool:
    """Whether it takes the problem."""
    solver = solver_for(problem, made)
    reasons = solver.unsupported(problem)
    if not isinstance(reasons, tuple) or not all(isinstance(each, str) for each in reasons):
        raise VerificationError(f"{what}: `unsupported` must give a tuple of texts, got {reasons}")
    if reasons:
        return False
    best = _best(problem)
    least = None if best is None else best.value
    answers = [solver.solve(problem, Watch(Limits(limit))) for limit in (seconds, seconds, 0)]
    for answer in answers:
        try:
            found = checked(problem, answer)
        except VerificationError as error:
            raise VerificationError(f"{what}: no usable answer: {error}") from None
        for _, message in lies(found, least, "exhaustive search"):
            raise VerificationError(f"{what}: it {message}")
        if found.status is Status.INFEASIBLE and least is not None:
            raise VerificationError(f"{what}: it claims INFEASIBLE, an allocation takes {least}")
        if answer.solver != made.name:
            raise VerificationError(f"{what}: its answers are signed {answer.solver!r}")
    first, again, _ = ((one.value, one.bound, one.allocation) for one in answers)
    ended = all(one.stop is Stop.FINISHED for one in answers[:2])
    if ended and first != again:
        raise VerificationError(f"{what}: asked again, it answers {again}, not {first}")
    return True


def _tiny(random: Random, objective: str, rule: str | None) -> Problem:
    """A random problem with few allocations, of which some fit the budget."""
    while True:
        network = random_network(random, random.choice(SHAPES))
        size = (random.randint(4, 30), random.randint(2, 6))
        smallest = Problem(network, 1, size, objective, rule).smallest_budget
        problem = Problem(network, smallest + random.randint(0, 40), size, objective, rule)
        if prod(problem.largest) <= MOST:
            return problem


def _allowed(problem: Problem) -> Iterator[Allocation]:
    """The allocations that meet the budget and the constraints."""
    menus = (range(1, most + 1) for most in problem.largest)
    return (chosen for chosen in product(*menus) if problem.meets(chosen))


def _random_sum(random: Random, problem: Problem) -> LinearConstraint:
    """Any weight for each R of each layer, and a limit that few allocations meet."""
    heaviest = random.choice([3, 9])
    weights = tuple(
        (layer.name, tuple(random.randint(0, heaviest) for _ in range(layer.outputs)))
        for layer in problem.network.layers
    )
    least = sum(min(table) for _, table in weights)
    return LinearConstraint("random", weights, least + random.randint(0, heaviest))


def _random_hardware(random: Random, crossbar: Crossbar, rule: str) -> Hardware:
    """One or two memory levels, of which one moves data by the rule."""
    rules = [rule, *random.choice([(), ("shared-buffer",)])]
    levels = tuple(
        MemoryLevel(f"level {number}", Fraction(random.randint(1, 60), random.choice([1, 3, 7])), r)
        for number, r in enumerate(rules)
    )
    return Hardware(
        "random",
        "drawn",
        crossbar,
        crossbars_per_tile=random.randint(1, 6),
        input_bits=random.choice([8, 16]),
        compute_ns=Fraction(10**9 * random.randint(1, 30), random.choice([1, 10])),
        memory=levels,
    )


def _check_view(view: View, what: str) -> None:
    layers = view.network.layers
    tails = view.tails or (None,) * len(view.edges)
    for (producer, consumer), need, tail in zip(view.edges, view.need, tails, strict=True):
        where = f"{what}: from {layers[producer].name!r} to {layers[consumer].name!r}"
        outputs = layers[consumer].outputs
        before = 0
        for x in range(1, (1 if view.capped else 2) * outputs + 1):
            now = need(x)
            if now < before:
                raise VerificationError(f"{where}, need falls from {before} to {now} at {x}")
            before = now
        if view.capped and before > layers[producer].outputs:
            raise VerificationError(f"{where}, need is {before}, more outputs than there are")
        if tail is not None and not tail[0] >= tail[1] >= 0:
            raise VerificationError(f"{where}, the tail {tail} is negative")


def _check_evaluation(problem: Problem, what: str) -> None:
    define = reference.cycles if problem.view.stalls else reference.steps
    for chosen in _allowed(problem):
        defined, compiled = define(problem.view, chosen), evaluate(problem, chosen)
        if defined != compiled:
            raise VerificationError(f"{what}: {chosen} takes {defined}, but {compiled} found")


@dataclass(frozen=True, slots=True)
class _Best:
    """The least value, and the fewest crossbars that reach it."""

    value: int
    crossbars: int


def _best(problem: Problem) -> _Best | None:
    found = [(evaluate(problem, one), problem.crossbars_used(one)) for one in _allowed(problem)]
    return _Best(*min(found)) if found else None


def _check_sweep(problem: Problem, what: str) -> None:
    """With its bounds off, the sweep meets the optimum at least cost, and nothing better."""
    table, best = search_table(problem), _best(problem)
    if table is None or best is None:
        return
    switches = Switches(windows=False, slack=False, spending=False, paths=False)
    search = TargetSearch(table, problem, switches, lambda *_, **__: None)
    found = search.search(Goal(best.value, problem.crossbars)).allocation
    if found is None or problem.crossbars_used(found) != best.crossbars:
        raise VerificationError(
            f"{what}: the sweep found {found} for {best.value}, "
            f"which an allocation reaches with {best.crossbars} crossbars"
        )
    better = search.search(Goal(best.value - 1, problem.crossbars)).allocation
    if better is not None:
        raise VerificationError(f"{what}: the sweep found {better} below {best.value}, the least")


def _check_solvers(problem: Problem, what: str) -> None:
    best = _best(problem)
    least = None if best is None else best.value
    for name in EXACT:
        if solver_for(problem, make_solver(name)).unsupported(problem):
            continue
        result = solve(problem, name)
        if (result.value, result.bound) != (least, least):
            raise VerificationError(
                f"{what}: {name} claims {result.value} with bound {result.bound}, "
                f"but the least is {least}"
            )


def _check_step_times(random: Random, problem: Problem, what: str) -> None:
    assert problem.hardware is not None
    ticks, longest = ticks_of(problem), {}
    for chosen in _allowed(problem):
        for again in (1, 2):
            layers = step_time(problem.network, problem.hardware, chosen).layers
            exact = max(layer.total for layer in layers)
            if exact != ticks.memory(chosen) * ticks.tick:
                raise VerificationError(
                    f"{what}: {chosen} moves data for {exact} s when it is asked, time {again}, "
                    f"and for {ticks.memory(chosen) * ticks.tick} s in the search"
                )
        longest[chosen] = ticks.memory(chosen)
    limit = random.choice(sorted(longest.values()))
    limited = replace(problem, constraints=step_limit(problem, limit))
    for chosen, time in longest.items():
        if limited.meets(chosen) != (time <= limit):
            raise VerificationError(f"{what}: a limit of {limit} ticks is wrong for {chosen}")
