"""Goals: solvers against every allocation, corners against the frontier, networks on one chip.

Run from anywhere: python benchmarks/goals.py --part NAME. Writes results/goals/NAME.md. `random`
are 2,000 tiny problems with bounds, ties and constraints, by `dp` and `exhaustive`, the first 200
also by `milp`. `corners` asks for the fewest crossbars of every count of the frontiers of four
networks; `fastest` times that beside other ways to a corner, on some of them. `shared` splits one
chip among three ONNX models, and solves these as one network. `published` are ties of two networks,
and the least interval at a published budget.
"""

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import xbarmip as xb  # noqa: E402
from tests.goals import best_tuple, goal_problem  # noqa: E402
from tests.questions.test_shared import disjoint_union  # noqa: E402
from xbarmip.certificate import check  # noqa: E402
from xbarmip.certificate.shared import write_shared_certificate  # noqa: E402
from xbarmip.certificate.write import write_certificate  # noqa: E402
from xbarmip.solvers.dp.solver import DynamicProgram  # noqa: E402
from xbarmip.solvers.protocol import Hint, Solver, Watch  # noqa: E402
from xbarmip.solvers.result import Proof, Status  # noqa: E402

CURVES = (("alexnet", 2304), ("vgg-a", 2304), ("resnet-18", 2048), ("squeezenet-1.1-112", 512))
MODELS = ("onnx:light_squeezenet", "onnx:light_shufflenet", "onnx:light_inception_v1")
UNION_SECONDS = 600  # for the three models as one network
Rows = Iterator[Sequence[Any]]


def answered(problem: xb.Problem, solver: str) -> tuple[int | None, ...] | None:
    """The values of what is minimised, all proven; None where nothing is allowed."""
    result = xb.solve(problem, solver)
    if result.status is Status.INFEASIBLE:
        return None
    assert isinstance(result, xb.GoalResult)
    assert result.status is Status.OPTIMAL, (problem, result)
    return tuple(least.value for least in result.minima)


def random_goals(count: int) -> Rows:
    """How often each solver answers as every allocation does."""
    random, seen = Random("goals"), Counter[tuple[str, str]]()
    for number in range(count):
        most = 300 if number < count // 10 else 1500
        problem = goal_problem(random, most=most, parts=1 + number % 2)
        best = best_tuple(problem)
        for solver in ("dp", "exhaustive", *(("milp",) if number < count // 10 else ())):
            agreed = answered(problem, solver) == best
            seen[solver, "equal" if agreed else "DIFFERENT"] += 1
            seen[solver, "infeasible"] += best is None
    yield "solver", "problems", "equal", "of these infeasible", "different"
    for solver in ("dp", "exhaustive", "milp"):
        equal, different = seen[solver, "equal"], seen[solver, "DIFFERENT"]
        yield solver, equal + different, equal, seen[solver, "infeasible"], different


def corners(_: int) -> Rows:
    """The fewest crossbars for each count of a frontier."""
    yield (
        "network", "up to", "points", "frontier s", "equal", "median s a question", "longest s",
    )  # fmt: skip
    for name, most in CURVES:
        network, seconds, equal = xb.load_network(name), [], 0
        curve = xb.frontier(xb.Problem(network, most))
        for point in curve.points:
            began = time.monotonic()
            goal = xb.Problem(network, minimise="crossbars", at_most={"cycles": point.value})
            result = xb.solve(goal)
            seconds.append(time.monotonic() - began)
            equal += result.status is Status.OPTIMAL and result.value == point.crossbars
        taken = (f"{median(seconds):.2f}", f"{max(seconds):.2f}")
        yield name, most, len(curve.points), f"{curve.seconds:.1f}", equal, *taken


@dataclass(frozen=True)
class Halving:
    """`dp`, which is asked nothing but counts: then the budget is halved."""

    solver: DynamicProgram
    name: str = "dp"
    refutes: Proof = Proof.EXACT

    def unsupported(self, problem: xb.Problem) -> tuple[str, ...]:
        """As `dp`."""
        return self.solver.unsupported(problem)

    def solve(self, problem: xb.Problem, watch: Watch) -> xb.Result:
        """As `dp`."""
        return self.solver.solve(problem, watch)

    def solve_from(self, problem: xb.Problem, watch: Watch, hint: Hint) -> xb.Result:
        """As `dp`."""
        return self.solver.solve_from(problem, watch, hint)


def fastest(_: int) -> Rows:
    """The same corners by the fewest crossbars asked directly, by halving, by the frontier."""
    yield "network", "up to", "points asked", "directly s", "by halving s", "frontier down to it s"
    for name, most in CURVES:
        problem = xb.Problem(xb.load_network(name), most)
        points = xb.frontier(problem).points
        ways: list[Solver] = [DynamicProgram(), Halving(DynamicProgram())]
        asked, times = points[:: len(points) // 8 + 1], [0.0, 0.0, 0.0]
        for point in asked:
            goal = xb.Problem(
                problem.network, most, minimise="crossbars", at_most={"cycles": point.value}
            )
            for at, solver in enumerate(ways):
                began = time.monotonic()
                assert xb.solve(goal, solver).value == point.crossbars
                times[at] += time.monotonic() - began
            times[2] += xb.frontier(problem, point.crossbars).seconds
        yield name, most, len(asked), *(f"{seconds:.1f}" for seconds in times)


def shared(_: int) -> Rows:
    """Three models on a chip of 1.5 times what one copy of all layers takes."""
    networks = [xb.load_network(name) for name in MODELS]
    total = sum(xb.Problem(each, 1).smallest_budget for each in networks) * 3 // 2
    problems = tuple(xb.Problem(each, total) for each in networks)
    yield "share", "status", "value", "crossbars", "counts", "seconds", "bytes", "accepted"
    slowest = xb.solve_shared(xb.SharedChip(problems))
    due = [2 * part.count for part in slowest.parts]
    for chip in (
        xb.SharedChip(problems),
        xb.SharedChip(problems, "sum"),
        xb.SharedChip(problems, "deadlines", deadlines=due),
    ):
        result = xb.solve_shared(chip)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "c"
            size = write_shared_certificate(chip, result, path).size
            accepted = check.examine(str(path))[0] == check.ACCEPTED
        yield (
            chip.share, result.status, result.value, [part.crossbars for part in result.parts],
            [part.count for part in result.parts], f"{result.seconds:.1f}", size, accepted,
        )  # fmt: skip
    one = xb.solve(xb.Problem(disjoint_union(networks), total), time_limit=UNION_SECONDS)
    yield "slowest, as one network", one.status, one.value, "", "", f"{one.seconds:.1f}", "", ""


PUBLISHED = (
    ("squeezenet-1.1-112", 512, 128, "cycles", ("interval",)),
    ("squeezenet-1.1-112", 512, 128, "interval", ("cycles",)),
    ("resnet-18-full-112", 2048, 128, "cycles", ("interval",)),
    ("resnet-18-full", 765, 256, "interval", ("cycles", "crossbars")),
)


def published(_: int) -> Rows:
    """Ties of two networks, and the interval at the budget of PIMSYN's ResNet-18."""
    yield "network", "crossbars", "size", "least, in order", "values", "seconds", "accepted"
    for name, most, size, objective, then in PUBLISHED:
        problem = xb.Problem(xb.load_network(name), most, size, objective, then=then)
        result = xb.solve(problem)
        assert isinstance(result, xb.GoalResult)
        with TemporaryDirectory() as folder:
            write_certificate(problem, result, Path(folder) / "c")
            accepted = check.examine(str(Path(folder) / "c"))[0] == check.ACCEPTED
        values = [least.value for least in result.minima if least.proven]
        yield name, most, size, [objective, *then], values, f"{result.seconds:.1f}", accepted


PARTS = {
    "published": published,
    "random": random_goals,
    "corners": corners,
    "fastest": fastest,
    "shared": shared,
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run one part, and write and print its table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--count", type=int, default=2000, help="random problems (default: 2000)")
    arguments = parser.parse_args(argv)
    folder = ROOT / "results" / "goals"
    folder.mkdir(parents=True, exist_ok=True)
    head, *rows = PARTS[arguments.part](arguments.count)
    lines = [head, ["---"] * len(head), *rows]
    text = "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
    print(text, end="")
    (folder / f"{arguments.part}.md").write_text(f"# Goals: {arguments.part}\n\n{text}", "utf-8")


if __name__ == "__main__":
    main()
