"""`xbarmip schedule`: a network whose weights exceed the chip, in segments (SPEC §13)."""

from argparse import Namespace, _SubParsersAction
from dataclasses import replace
from functools import partial
from typing import Any

from xbarmip.cli.arguments import (
    add_certificate,
    add_file,
    add_limits,
    add_network,
    add_objective,
    add_option,
    add_solver,
)
from xbarmip.cli.budget import add_crossbars
from xbarmip.cli.certify import certify
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.effort import outcome, warn_of
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cli.progress import limits_of
from xbarmip.cli.segments import add_segments, question, schedule_of
from xbarmip.compare.pictures.canvas import check_picture, picture
from xbarmip.compare.pictures.schedule import schedule_figure
from xbarmip.display import in_us
from xbarmip.files import check_writable, written
from xbarmip.schedules.door import SCHEDULE_SOLVERS, make_schedule_solver, schedule
from xbarmip.schedules.problem import OBJECTIVES, Schedule
from xbarmip.schedules.result import (
    Plan,
    ScheduleResult,
    part_names,
    plan_cost,
    planned,
    segments_as_dict,
)
from xbarmip.schedules.standing import standing
from xbarmip.solvers.result import Stop


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "schedule", COMMANDS["schedule"], run)
    add_network(parser)
    add_crossbars(parser)
    add_objective(parser, OBJECTIVES)
    add_segments(parser)
    add_solver(parser, SCHEDULE_SOLVERS, "dp")
    add_option(parser)
    add_certificate(parser)
    words = "draw writing, running and crossbars of each segment over time (.png, .svg or .pdf)"
    add_file(parser, "--plot", words)
    add_limits(parser)


def run(arguments: Namespace) -> int:
    """Solve and print."""
    asked = schedule_of(arguments)
    make_schedule_solver(arguments.solver, **dict(arguments.option))
    if arguments.plot is not None:
        check_picture(arguments.plot, "--plot")
    if arguments.certificate is not None:
        from xbarmip.schedules.certificate import stated_schedule

        check_writable(arguments.certificate)
        stated_schedule(asked)
    with limits_of(arguments) as limits:
        result = schedule(asked, arguments.solver, **limits, **dict(arguments.option))
    if arguments.json:
        print_json(as_dict(asked, result))
    else:
        _print(asked, result)
    if arguments.plot is not None and result.plan is not None:
        written(arguments.plot, picture(schedule_figure(asked, result.plan), arguments.plot))
        if not arguments.json:
            say(f"written: {arguments.plot}")
    if arguments.certificate is not None:
        from xbarmip.schedules.certificate import write_schedule_certificate

        write = partial(write_schedule_certificate, asked, result, arguments.certificate)
        certify(write, arguments.json)
    return 1 if result.stop is Stop.ERROR else 0


def as_dict(asked: Schedule, result: ScheduleResult) -> dict[str, Any]:
    """Question and answer for JSON."""
    return {
        **asked.as_dict(),
        "smallest_budget": asked.whole.smallest_budget,
        **result.as_dict(),
        "unit_s": str(result.unit) if asked.is_latency else None,
        "segments": None if result.plan is None else segments_as_dict(asked, result.plan),
        "standing": None if (found := standing(asked, result)) is None else found.as_dict(asked),
    }


def _print(asked: Schedule, result: ScheduleResult) -> None:
    if result.plan is not None:
        print_rich(_table(asked, result.plan))
    say(f"{question(asked)}: {outcome(result, _planned(asked, result), 'schedule')}")
    _print_standing(asked, result)
    warn_of(result)


def _print_standing(asked: Schedule, result: ScheduleResult) -> None:
    """What many batches in a row ask for, where that is proven."""
    found = standing(asked, result)
    if found is not None and found.figures is None:
        say("however many batches follow each other: no single segment takes less")
    elif found is not None and found.figures is not None:
        run, write = (_shown(asked, cost) for cost in (found.figures.run, found.figures.write))
        many = "every batch" if found.batches == 1 else f"{found.batches} batches in a row or more"
        say(
            f"{many}: one segment that stays written takes less, {write} to write it once and "
            f"{run} a batch; `xbarmip solve --objective interval` makes it fastest for ever"
        )


def _table(asked: Schedule, plan: Plan) -> Any:
    names = ["segment", "layers", "from", "to", "crossbars", "write", "count", "interval", "run"]
    rows = []
    for number, (segment, figures) in enumerate(planned(asked, plan), start=1):
        parts = part_names(segment)
        kept = [_shown(asked, figures.off_chip)] * asked.off_chip
        rows.append(
            (number, len(parts), parts[0], parts[-1], figures.crossbars,
             _shown(asked, figures.write), figures.count, figures.interval,
             _shown(asked, figures.run), *kept)
        )  # fmt: skip
    return table((*names, *["off chip"] * asked.off_chip), rows)


def _shown(asked: Schedule, cost: int) -> str:
    """A number of steps, or a time."""
    return f"{in_us(cost * asked.unit)} us" if asked.is_latency else str(cost)


def _in_time(asked: Schedule, plan: Plan) -> str:
    """What follows a count where the hardware says how long the steps of the segments last."""
    if asked.is_latency or asked.hardware is None or not asked.hardware.has_step_time:
        return ""
    timed = replace(asked, objective=asked.whole.measure.time)
    return f" = {_shown(timed, plan_cost(timed, plan))}"


def _planned(asked: Schedule, result: ScheduleResult) -> str | None:
    """Segments and costs in words; None where there is no plan."""
    if result.plan is None or result.value is None:
        return None
    many, unit = len(result.plan), "" if asked.is_latency else f" {asked.whole.measure.words}"
    words = f"{many} segment{'s' * (many != 1)}, "
    words += f"{_shown(asked, result.value)}{unit}{_in_time(asked, result.plan)}"
    found = [figures for _, figures in planned(asked, result.plan)]
    for counts, spent, what in (
        (asked.write_time, sum(figures.write for figures in found), "writing"),
        (asked.off_chip, sum(figures.off_chip for figures in found), "off the chip"),
    ):
        if counts:
            words += f", {_shown(asked, spent)} of them {what}"
    return words
