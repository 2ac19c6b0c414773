"""`xbarmip solve A B C --share ...`: several networks on one chip."""

from argparse import Namespace
from copy import copy
from dataclasses import replace
from decimal import Decimal
from functools import partial

from xbarmip.cli.budget import problem_of
from xbarmip.cli.certify import certify
from xbarmip.cli.effort import effort
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser
from xbarmip.cli.progress import limits_of
from xbarmip.display import in_us
from xbarmip.errors import InputError
from xbarmip.files import check_writable
from xbarmip.plain import plain
from xbarmip.questions.chip import SHARES, SharedChip
from xbarmip.questions.shared import SharedResult, crossbars_that_would_do, solve_shared
from xbarmip.solvers.result import Status, Stop
from xbarmip.timing.step_time import time_of

_OF_ONE = {
    "table": "table",
    "reproduce": "reproduce",
    "bounds": "at-most",
    "then": "then",
    "sum": "sum",
    "whole_frontier": "whole-frontier",
}


def add_share(parser: Parser) -> None:
    """The option --share."""
    parser.add_argument(
        "--share",
        choices=SHARES,
        help="several networks on one chip: make the largest count least (slowest) or their sum, "
        "with weights as A:2; or take the fewest crossbars for deadlines, as A=300",
    )


def run_shared(arguments: Namespace) -> int:
    """Split the chip and print what each network gets."""
    chip = chip_of(arguments)
    if arguments.certificate is not None:
        from xbarmip.certificate.shared import stated_shared

        check_writable(arguments.certificate)
        stated_shared(chip)
    with limits_of(arguments) as limits:
        result = solve_shared(chip, arguments.solver, **limits, **dict(arguments.option))
    if result.status is Status.INFEASIBLE:
        most = crossbars_that_would_do(chip, arguments.solver, arguments.time_limit)
        why = "" if most is None else f"{chip.crossbars} crossbars are too few, {most} would do"
        result = replace(result, message=why)
    if arguments.json:
        shown = {"value_us": chip.shown(result.value)} if chip.timed and not chip.due else {}
        print_json({**chip.as_dict(), **result.as_dict(), **shown})
    else:
        _print(chip, result)
    if arguments.certificate is not None:
        from xbarmip.certificate.shared import write_shared_certificate

        write = partial(write_shared_certificate, chip, result, arguments.certificate)
        certify(write, arguments.json)
    return 1 if result.stop is Stop.ERROR else 0


def chip_of(arguments: Namespace) -> SharedChip:
    """The networks that share a chip, as they were asked for.

    Raises
    ------
    InputError
        On an option that is for one network, or a missing deadline.
    """
    for name, option in _OF_ONE.items():
        if getattr(arguments, name, None):
            raise InputError(f"--{option} is for one network, and here is --share")
    mark = "=" if arguments.share == "deadlines" else ":"
    named = [_split(text, mark) for text in arguments.networks]
    if mark == "=" and None in [number for _, number in named]:
        raise InputError("--share deadlines needs a deadline for each network, as lenet-5=300")
    problems = []
    for name, _ in named:
        one = copy(arguments)
        one.network = name
        problems.append(problem_of(one))
    numbers = tuple(1 if number is None else number for _, number in named)
    if mark == "=":
        return SharedChip(tuple(problems), arguments.share, deadlines=numbers)
    return SharedChip(tuple(problems), arguments.share, weights=numbers)


def _split(text: str, mark: str) -> tuple[str, int | Decimal | None]:
    """A network, and the number behind it if there is one: of a deadline perhaps a decimal."""
    name, _, number = text.rpartition(mark)
    if name and number.isdecimal():
        return name, int(number)
    if name and mark == "=" and number.replace(".", "", 1).isdecimal():
        return name, Decimal(number)
    return text, None


def _print(chip: SharedChip, result: SharedResult) -> None:
    if result.parts:
        what = "deadline" if chip.share == "deadlines" else "weight"
        first = chip.problems[0]
        counted = f"{first.label}_us" if chip.timed else first.measure.words
        parts = list(zip(chip.problems, result.parts, strict=True))
        times = [None if chip.timed else time_of(one, part.allocation) for one, part in parts]
        rows = [
            (
                problem.network.name,
                plain(chip.numbers[k]),
                part.crossbars,
                chip.shown_count(k, part.count),
                *([] if time is None else [in_us(part.count * time.seconds)]),
                ",".join(map(str, part.allocation.values())),
            )
            for k, ((problem, part), time) in enumerate(zip(parts, times, strict=True))
        ]
        in_time = [f"{counted} in us"] if None not in times else []
        print_rich(table(("network", what, "crossbars", counted, *in_time, "R"), rows))
    say(f"{question(chip)}: {_answer(chip, result)}")


def question(chip: SharedChip) -> str:
    """How many networks, and the budget, in words."""
    size = chip.problems[0].crossbar
    return f"{len(chip.problems)} networks, {chip.crossbars} crossbars of {size}"


def _answer(chip: SharedChip, result: SharedResult) -> str:
    by = effort(result)
    unit = " us" if chip.timed and not chip.due else ""
    bound = "no bound" if result.bound is None else f"bound {chip.shown(result.bound)}{unit}"
    if result.status is Status.INFEASIBLE:
        why = f"; {result.message}" if result.message else ""
        return f"INFEASIBLE: no split is within the limits{why} ({by})"
    if result.value is None:
        return f"UNKNOWN, no split found, {bound} ({by})"
    kind = "time" if chip.timed else "count"
    what = {"slowest": f"largest {kind}", "sum": f"sum of {kind}s", "deadlines": "crossbars"}
    proof = f"{result.proof} proof" if result.status is Status.OPTIMAL else bound
    return f"{what[chip.share]} {chip.shown(result.value)}{unit}, {result.status}, {proof} ({by})"
