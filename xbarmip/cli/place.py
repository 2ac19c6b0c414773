"""`xbarmip place`: copies in the cores of a chip, or the score of a placement that is given."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from xbarmip.cli.arguments import add_file, add_limits, add_network, add_option, add_solver
from xbarmip.cli.budget import add_hardware, add_size_beside
from xbarmip.cli.certify import certify
from xbarmip.cli.chip import add_chip, placement_of, question
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.constraints import add_constraint
from xbarmip.cli.effort import outcome, warn_of
from xbarmip.cli.output import print_json, print_rich, say, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cli.progress import limits_of
from xbarmip.compare.pictures.canvas import check_picture, picture
from xbarmip.compare.pictures.cores import cores_figure
from xbarmip.cores.certificate import stated_chip, write_placement_certificate
from xbarmip.cores.door import PLACEMENT_SOLVERS, make_placement_solver, place
from xbarmip.cores.export import pimcomp_text
from xbarmip.cores.layout import Layout, check_layout, layout_as_dict, layout_from_dict
from xbarmip.cores.problem import OBJECTIVES, Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.cores.score import score
from xbarmip.display import all_in_us, in_us
from xbarmip.errors import InputError
from xbarmip.files import check_writable, written
from xbarmip.solvers.result import Status, Stop
from xbarmip.strict import located, parse_json, read_text

_FILES = {
    "certificate": "write a proof of the placement and its bound, which `xbarmip check` checks",
    "plot": "draw the cores: load and crossbars, the busiest marked (.png, .svg or .pdf)",
    "export": "write replication and mapping for PIMCOMP-NN, as JSON",
}

_SCORE = "do not search: score the placement in a file that `place --json` wrote"


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "place", COMMANDS["place"], run)
    add_network(parser)
    add_chip(parser)
    add_hardware(parser)
    add_size_beside(parser)
    parser.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default="core-interval",
        help="products of the busiest core, or the time between two inferences, memory included "
        "(default: core-interval)",
    )
    add_constraint(parser)
    _add_how(parser)
    add_limits(parser)


def _add_how(parser: Parser) -> None:
    """The options that say how to answer, and what to do with the answer."""
    add_solver(parser, PLACEMENT_SOLVERS, "search")
    add_option(parser)
    for name, what in {**_FILES, "score": _SCORE}.items():
        add_file(parser, f"--{name}", what)


def run(arguments: Namespace) -> int:
    """Place or score, print, write what was asked for."""
    placement = placement_of(arguments)
    _check(placement, arguments)
    if arguments.score is not None:
        layout = _given(placement, arguments.score)
        check_layout(placement, layout)
        facts = {**_about(placement), **_figures(placement, layout)}
        if arguments.json:
            print_json(facts)
        else:
            _print_layers(placement, layout)
            say(f"{question(placement)}: {_scored(placement, layout)}")
        _write(placement, layout, arguments)
        return 0
    with limits_of(arguments) as limits:
        result = place(placement, arguments.solver, **limits, **dict(arguments.option))
    if arguments.json:
        print_json(as_dict(placement, result))
    else:
        _print(placement, result)
    if result.layout is not None:
        _write(placement, result.layout, arguments)
    if arguments.certificate is not None:
        file = arguments.certificate
        limit = arguments.time_limit
        certify(
            lambda tell: write_placement_certificate(placement, result, file, tell, limit),
            arguments.json,
        )
    return 1 if result.stop is Stop.ERROR else 0


def _check(placement: Placement, arguments: Namespace) -> None:
    """Refuse before the search what could not be done after it."""
    make_placement_solver(arguments.solver, **dict(arguments.option))
    for name in _FILES:
        if getattr(arguments, name) is not None:
            check_writable(getattr(arguments, name))
    if arguments.plot is not None:
        check_picture(arguments.plot, "--plot")
    if arguments.certificate is not None:
        if arguments.score is not None:
            raise InputError("--certificate is of a search, --score makes none")
        stated_chip(placement)


def _given(placement: Placement, file: Path) -> Layout:
    with located(str(file)):
        record = parse_json(read_text(file))
        if isinstance(record, dict) and "layout" in record:
            record = record["layout"]
        return layout_from_dict(placement, record)


def _write(placement: Placement, layout: Layout, arguments: Namespace) -> None:
    contents: dict[str, Callable[[], bytes]] = {
        "plot": lambda: picture(cores_figure(placement, layout), arguments.plot),
        "export": lambda: pimcomp_text(placement, layout).encode(),
    }
    for name, content in contents.items():
        path = getattr(arguments, name)
        if path is not None:
            written(path, content())
            if not arguments.json:
                say(f"written: {path}")


def _about(placement: Placement) -> dict[str, Any]:
    return {
        "network": placement.network.name,
        "cores": placement.chip,
        "crossbars_per_core": placement.capacity,
        "size": placement.problem.as_dict()["size"],
        "objective": placement.objective,
        "split": placement.split,
        "hardware": None if placement.hardware is None else placement.hardware.name,
        "constraints": list(placement.problem.constraint_names),
    }


def _figures(placement: Placement, layout: Layout) -> dict[str, Any]:
    found = score(placement, layout)
    return {
        "core_interval": found.interval,
        "loads": list(found.loads),
        "used": list(found.used),
        "busiest": list(found.busiest),
        "crossbars_used": found.crossbars,
        "values_moved": found.traffic,
        "period_us": None if found.period is None else float(found.period * 10**6),
        "layout": layout_as_dict(placement, layout),
    }


def as_dict(placement: Placement, result: PlacementResult) -> dict[str, Any]:
    """The answer for JSON."""
    facts = {
        **_about(placement),
        **result.as_dict(),
        "unit_s": None if result.unit is None else str(result.unit),
    }
    return facts if result.layout is None else {**facts, **_figures(placement, result.layout)}


def _print_layers(placement: Placement, layout: Layout) -> None:
    names = ("layer", "outputs", "row blocks", "width", "R", "windows a copy", "products a copy")
    rows = (
        (p.name, p.outputs, p.blocks, p.width, r, p.windows(r), p.blocks * p.windows(r))
        for p, r in zip(placement.parts, layout.allocation, strict=True)
    )
    print_rich(table(names, rows))


def _scored(placement: Placement, layout: Layout) -> str:
    found = score(placement, layout)
    time = "" if found.period is None else f"{in_us(found.period)} us, "
    product, many = placement.product_seconds, len(found.busiest)
    took = "" if product is None else all_in_us(found.interval, product)
    return (
        f"{time}{found.interval} products{took} on the busiest core ({many} of "
        f"{placement.chip} cores {'has' if many == 1 else 'have'} that load), "
        f"{found.crossbars} crossbars used"
    )


def _print(placement: Placement, result: PlacementResult) -> None:
    if result.layout is not None:
        _print_layers(placement, result.layout)
    words = None if result.layout is None else _scored(placement, result.layout)
    say(f"{question(placement)}: {outcome(result, words, 'placement')}")
    if result.status is Status.OPTIMAL and "crossbars_at_least" in result.statistics:
        say(f"ties: {_ties(result.statistics)}")
    warn_of(result)


def _ties(known: Mapping[str, Any]) -> str:
    """What is proven of crossbars, then cycles, of placements of the value."""
    crossbars, cycles = known["crossbars"], known["cycles"]
    least = known["crossbars_at_least"]
    if least < crossbars:
        return f"{crossbars} crossbars, {least} at least; {cycles} cycles, nothing proven"
    shown = "the fewest" if known["cycles_at_least"] == cycles else "nothing proven"
    return f"{crossbars} crossbars, the fewest; with so many {cycles} cycles, {shown}"
