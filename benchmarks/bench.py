"""What the benchmarks share: options, measuring in a process of its own, tables and files."""

import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import xbarmip as xb
from xbarmip.compare.instance import Instance
from xbarmip.compare.recorder import row_here
from xbarmip.compare.row import UNSUPPORTED
from xbarmip.compare.verdict import Agreement, judge
from xbarmip.constraints import RatioLimit
from xbarmip.network.generate import Shape, random_network
from xbarmip.solvers.protocol import Limits
from xbarmip.solvers.registry import make_solver
from xbarmip.solvers.result import Status

ROOT = Path(__file__).parents[1]
REPEAT_BELOW = 5.0  # seconds; a longer run is not repeated
GIB = 2**30
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
GRACE = 60.0  # seconds beyond its own limit after which a process is ended

Row = dict[str, Any]


def options(description: str, time_limit: float) -> ArgumentParser:
    """The options that every benchmark has."""
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--time-limit",
        type=float,
        default=time_limit,
        metavar="S",
        help=f"seconds for each run of a solver (default: {time_limit:g})",
    )
    parser.add_argument(
        "--memory-limit",
        type=float,
        default=4.0,
        metavar="GIB",
        help="memory of each run, in GiB (default: 4)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "results" / "benchmarks",
        metavar="DIR",
        help="folder for the results (default: results/benchmarks)",
    )
    parser.add_argument("--smoke", action="store_true", help="tiny instances: does it run at all?")
    return parser


def isolated(work: Callable[[], Row], arguments: Namespace) -> Row:
    """What `work` returns, and the memory that it took, from a process made for it alone.

    The process is forked, so compiled kernels come along; `peak_mib` is all that it held at most,
    `search_mib` that less what it held at the start. A process that dies, or that outlives the
    time limit by far, leaves status "KILLED".
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, arguments.memory_limit, sending))
    process.start()
    sending.close()
    row: Row = {"status": "KILLED"}
    try:
        # a measurement may consist of one long run, or of a short one and its repetitions
        if receiving.poll(2 * arguments.time_limit + GRACE):
            row = receiving.recv()
    except EOFError:
        row = {"status": "KILLED", "message": "the process died, most likely out of memory"}
    process.kill()
    process.join()
    return row


def _child(work: Callable[[], Row], memory_limit: float, sending: Any) -> None:
    before = _peak()
    statm = Path("/proc/self/statm")
    if statm.exists():
        held = int(statm.read_text().split()[0]) * resource.getpagesize()
        most = held + int((memory_limit + 1) * GIB)  # solvers stop at their limit before this one
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        row = work()
    except Exception as error:  # one failing case is a row, not the end of the benchmark
        row = {"status": "ERROR", "message": f"{type(error).__name__}: {error}"}
    mib = _peak() / 2**20
    sending.send({**row, "peak_mib": mib, "search_mib": mib - before / 2**20})


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


def measure(
    problem: xb.Problem, solver: str, arguments: Namespace, repeat: int = 3, **chosen: Any
) -> Row:
    """Solve in a process of its own: the answer, and the median time of the warm runs.

    The first run warms up and is not counted, unless it takes so long that it stays the only one.
    """
    return isolated(lambda: _solve(problem, solver, arguments, repeat, chosen), arguments)


def _solve(
    problem: xb.Problem,
    solver: str,
    arguments: Namespace,
    repeat: int,
    chosen: Mapping[str, Any],
) -> Row:
    memory = int(arguments.memory_limit * GIB)
    times: list[float] = []
    busy: list[float] = []
    while not times or (times[0] < REPEAT_BELOW and len(times) <= repeat):
        start, before = time.perf_counter(), time.process_time()
        result = xb.solve(problem, solver, arguments.time_limit, memory, **chosen)
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - before)
    warm = times[1:] or times
    return {
        "status": str(result.status),
        "stop": str(result.stop),
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "seconds": statistics.median(warm),
        "first_seconds": times[0],
        "cpu_seconds": statistics.median(busy[1:] or busy),
        "runs": len(warm),
        "allocation": result.allocation and list(result.allocation.values()),
    }


def agreed(
    drawn: Sequence[tuple[str, Any]], solvers: Sequence[Any], time_limit: float
) -> dict[str, Any]:
    """What becomes of named problems under several solvers in this process, counted.

    Of the first solver how many it proves optimal or infeasible; of all how many problems any of
    them refuses, how many are not settled without a contradiction, and the seconds.
    """
    tally, start = Counter[str](), time.perf_counter()
    for name, problem in drawn:
        instance, limits = Instance(name, problem), Limits(time_limit)
        rows = [row_here(instance, solver, limits) for solver in solvers]
        tally["disagreements"] += judge(instance.facts, rows).kind != Agreement.AGREE
        tally["refused"] += any(row.status == UNSUPPORTED for row in rows)
        for status in (Status.OPTIMAL, Status.INFEASIBLE):
            tally[status.lower()] += rows[0].status == status
    names = ("optimal", "infeasible", "refused", "disagreements")
    counts = {name: tally[name] for name in names}
    return {"cases": len(drawn), **counts, "seconds": time.perf_counter() - start}


def warm_up(*solvers: str) -> None:
    """Load the compiled kernels, so that the processes forked from here on have them."""
    tiny = random_network(Random("warm up"), Shape(layers=3))
    middle = xb.load_network("vgg-a")  # `dp` is done with a tiny one before it sweeps
    for objective, rule in (("cycles", None), ("steps", "published"), ("steps", "pipeline")):
        for network, more, size, constraints, names in (
            (tiny, 9, 8, (), solvers),
            (tiny, 9, 8, (RatioLimit(2),), solvers),
            (middle, 3000, 128, (), {"dp"} & set(solvers)),
        ):
            budget = xb.Problem(network, 1, size).smallest_budget + more
            problem = xb.Problem(network, budget, size, objective, rule, constraints)
            for solver in names:
                if not make_solver(solver).unsupported(problem):
                    xb.solve(problem, solver)


def ratio(slow: Row, fast: Row) -> str:
    """How many times longer `slow` took; >= where it was cut off, empty where one is missing."""
    if "seconds" not in slow or not fast.get("seconds") or fast.get("stop") != "FINISHED":
        return ""
    least = "" if slow.get("stop") == "FINISHED" else ">= "
    return f"{least}{slow['seconds'] / fast['seconds']:.3g}"


def prefixed(row: Row, prefix: str, keys: Sequence[str]) -> Row:
    """Some entries of a row under longer names."""
    return {f"{prefix}_{key}": row.get(key) for key in keys}


class Report:
    """Rows as they come: printed, and written to NAME.json and NAME.md at once.

    Parameters
    ----------
    name, title : str
    columns : sequence of str
        Keys of the rows that the table shows.
    arguments : Namespace
    """

    def __init__(self, name: str, title: str, columns: Sequence[str], arguments: Namespace) -> None:
        self.name, self._title, self._columns = name, title, columns
        self.folder: Path = arguments.output
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows: list[Row] = []
        self.facts: Row = {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "time_limit_seconds": arguments.time_limit,
            "memory_limit_gib": arguments.memory_limit,
            "smoke": arguments.smoke,
            "versions": {p: version(p) for p in ("xbarmip", "numpy", "numba", "highspy")},
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} processors, {_processor()}",
        }

    def add(self, row: Row) -> None:
        """Take a row; the files hold it when this returns."""
        self.rows.append(row)
        shown = (f"{column} {_cell(row.get(column))}" for column in self._columns)
        print(", ".join(shown), flush=True)
        self.write()

    def write(self, *lines: str) -> None:
        """Write both files; `lines` stand below the table."""
        data = {"benchmark": self.name, **self.facts, "rows": self.rows}
        text = json.dumps(data, indent=1, allow_nan=False) + "\n"
        (self.folder / f"{self.name}.json").write_text(text, encoding="utf-8")
        facts = [
            f"{self.facts['machine']}; Python {self.facts['python']}; "
            f"{self.facts['time_limit_seconds']:g} s a run; {self.facts['started']}."
        ]
        head = [f"# {self._title}", "", *facts, ""]
        table = [self._line(self._columns), self._line(["---"] * len(self._columns))]
        table += [self._line([_cell(row.get(c)) for c in self._columns]) for row in self.rows]
        below = ["", *lines] if lines else []
        page = "\n".join([*head, *table, *below]) + "\n"
        (self.folder / f"{self.name}.md").write_text(page, encoding="utf-8")

    @staticmethod
    def _line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
