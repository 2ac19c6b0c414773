"""`xbarmip compare`: solvers against each other over a suite."""

from argparse import Namespace, _SubParsersAction
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext

from xbarmip.cli.arguments import SOLVER_WORDS, add_limits
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, warn
from xbarmip.cli.paper import add_paper, check_table, facts, give
from xbarmip.cli.parser import Parser, add_command, integer, integers
from xbarmip.cli.progress import progress_line
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.dask import dask_executor
from xbarmip.compare.isolation.limits import Allowance
from xbarmip.compare.report.summary import headline, problems, terminal_table
from xbarmip.compare.report.tables import instance_table
from xbarmip.compare.run import compare
from xbarmip.cores.door import PLACEMENT_SOLVERS
from xbarmip.schedules.door import SCHEDULE_SOLVERS


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "compare", COMMANDS["compare"], run)
    parser.add_argument(
        "suite",
        metavar="SUITE",
        help="a name that `xbarmip suites` lists, or a path to a .toml or .json file",
    )
    parser.add_argument(
        "--solvers",
        type=lambda names: tuple(names.split(",")),
        metavar="NAME,...",
        help=f"separated by commas, each {SOLVER_WORDS}; of schedules "
        f"{', '.join(SCHEDULE_SOLVERS)}; of placements {', '.join(PLACEMENT_SOLVERS)} (default: "
        "those that prove what they claim)",
    )
    add_paper(parser)
    add_limits(parser, seconds=60)
    _add_ways(parser)
    parser.add_argument(
        "--certify",
        action="store_true",
        help="write and check a certificate of every claimed optimum or infeasibility",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="run only what the results file does not hold yet",
    )
    parser.add_argument(
        "--output",
        default="results",
        metavar="DIR",
        help="folder for <suite>.jsonl and <suite>.md (default: results)",
    )


def _add_ways(parser: Parser) -> None:
    """Add how often and where each solver runs."""
    parser.add_argument(
        "--seeds",
        type=integers,
        default=(),
        metavar="S,...",
        help="run each solver that has a seed once with each of these (default: its own)",
    )
    parser.add_argument(
        "--threads", type=integer, default=1, metavar="N", help="threads of a solver (default: 1)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=integer, default=1, metavar="N", help="runs at a time (default: 1)"
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the workers of this Dask scheduler instead"
    )


def run(arguments: Namespace) -> int:
    """Compare, print, and say by the exit status whether all is well."""
    check_table(arguments)
    allowance = Allowance(arguments.time_limit, arguments.memory_limit, threads=arguments.threads)
    with _executor(arguments.scheduler) as executor, progress_line() as progress:
        comparison = compare(
            arguments.suite,
            arguments.solvers,
            output=arguments.output,
            resume=arguments.resume,
            certify=arguments.certify,
            seeds=arguments.seeds,
            jobs=arguments.jobs,
            executor=executor,
            allowance=allowance,
            progress=progress,
        )
    if arguments.json:
        print_json({**facts(arguments), **comparison.as_dict()})
    else:
        print_rich(terminal_table(comparison))
        _print_files(comparison)
    give(arguments, instance_table(comparison), headline(comparison))
    for problem in problems(comparison):
        warn(problem)
    if not comparison.agreed or comparison.errors:
        return 1
    if not comparison.complete:
        raise KeyboardInterrupt
    return 0


def _executor(scheduler: str | None) -> AbstractContextManager[Executor | None]:
    return nullcontext() if scheduler is None else dask_executor(scheduler)


def _print_files(comparison: Comparison) -> None:
    if comparison.output is not None:
        say(f"written: {comparison.output}, {comparison.output.with_suffix('.md')}")
