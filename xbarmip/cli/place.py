"""`xbarmip place`: copies in the cores of a chip, or the score of a placement that is given."""

import json
import sys
from argparse import Namespace, _SubParsersAction
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xbarmip.cli.budget import add_hardware
from xbarmip.cli.constraints import add_constraint
from xbarmip.cli.output import print_json, print_rich, sides, table
from xbarmip.cli.parser import (
    Parser,
    add_command,
    add_limits,
    add_network,
    integer,
    network_of,
    option,
    size,
)
from xbarmip.cli.progress import progress_line
from xbarmip.compare.files import check_writable, written
from xbarmip.compare.pictures.canvas import png, require_matplotlib
from xbarmip.compare.plain import plain
from xbarmip.cores.certificate import require_certifiable, write_placement_certificate
from xbarmip.cores.door import PLACEMENT_SOLVERS, make_placement_solver, place
from xbarmip.cores.export import pimcomp_text
from xbarmip.cores.layout import Layout, check_layout, layout_as_dict, layout_from_dict
from xbarmip.cores.picture import cores_figure
from xbarmip.cores.problem import OBJECTIVES, Placement
from xbarmip.cores.result import PlacementResult
from xbarmip.cores.score import score
from xbarmip.errors import InputError
from xbarmip.hardware.preset import load_hardware
from xbarmip.solvers.result import Status, Stop
from xbarmip.strict import located, read_text

_FILES = {
    "certificate": "write a proof of the placement and its bound, which `xbarmip check` checks",
    "plot": "draw the cores: load and crossbars, the busiest marked (FILE.png)",
    "export": "write replication and mapping for PIMCOMP-NN, as JSON",
}


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    text = "place copies in cores that do one product at a time, so that the busiest ends first"
    parser = add_command(commands, "place", text, run)
    add_network(parser)
    parser.add_argument(
        "--cores", type=integer, metavar="C", help="cores (default: the tiles of the hardware)"
    )
    parser.add_argument(
        "--crossbars-per-core",
        type=integer,
        metavar="S",
        help="logical crossbars of a core (default: those of a tile of the hardware)",
    )
    add_hardware(parser)
    parser.add_argument(
        "--size",
        type=size,
        metavar="SIZE",
        help="crossbar size: 128, or rows x columns as 256x128 (default: the hardware's, or 128)",
    )
    parser.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default="core-interval",
        help="products of the busiest core, or the time between two inferences, memory included "
        "(default: core-interval)",
    )
    parser.add_argument(
        "--split",
        action="store_true",
        help="a copy that a core could hold may lie in several, by row blocks",
    )
    add_constraint(parser)
    _add_how(parser)
    add_limits(parser)


def _add_how(parser: Parser) -> None:
    """The options that say how to answer, and what to do with the answer."""
    parser.add_argument(
        "--solver", choices=tuple(PLACEMENT_SOLVERS), default="search", help="(default: search)"
    )
    parser.add_argument(
        "--option",
        type=option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the solver, for instance seed=3 (can be given several times)",
    )
    parser.add_argument(
        "--score",
        type=Path,
        metavar="FILE",
        help="do not search: score the placement in a file that `place --json` wrote",
    )
    for name, what in _FILES.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)


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
            print(f"{_question(placement)}: {_scored(placement, layout)}")
        _write(placement, layout, arguments)
        return 0
    with progress_line() as progress:
        result = place(
            placement,
            arguments.solver,
            time_limit=arguments.time_limit,
            memory_limit=arguments.memory_limit,
            progress=progress,
            **dict(arguments.option),
        )
    if arguments.json:
        print_json(as_dict(placement, result))
    else:
        _print(placement, result)
    if result.layout is not None:
        _write(placement, result.layout, arguments)
    if arguments.certificate is not None:
        sys.stdout.flush()
        record = write_placement_certificate(placement, result, arguments.certificate)
        if not arguments.json:
            print(f"{arguments.certificate}: certificate of the bound {record['bound']}")
    return 1 if result.stop is Stop.ERROR else 0


def placement_of(arguments: Namespace) -> Placement:
    """The placement that was asked for."""
    hardware = None if arguments.hardware is None else load_hardware(arguments.hardware)
    return Placement(
        network_of(arguments),
        arguments.cores,
        arguments.crossbars_per_core,
        arguments.size,
        arguments.objective,
        tuple(arguments.constraint),
        hardware,
        arguments.split,
    )


def _check(placement: Placement, arguments: Namespace) -> None:
    """Refuse before the search what could not be done after it."""
    make_placement_solver(arguments.solver, **dict(arguments.option))
    for name in _FILES:
        if getattr(arguments, name) is not None:
            check_writable(getattr(arguments, name))
    if arguments.plot is not None:
        if arguments.plot.suffix.lower() != ".png":
            raise InputError(f"--plot {str(arguments.plot)!r}: the name must end in .png")
        require_matplotlib()
    if arguments.certificate is not None:
        if arguments.score is not None:
            raise InputError("--certificate is of a search, --score makes none")
        require_certifiable(placement)


def _given(placement: Placement, file: Path) -> Layout:
    with located(str(file)):
        try:
            record = json.loads(read_text(file))
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not readable as JSON: {error}") from None
        if isinstance(record, dict) and "layout" in record:
            record = record["layout"]
        return layout_from_dict(placement, record)


def _write(placement: Placement, layout: Layout, arguments: Namespace) -> None:
    contents: dict[str, Callable[[], bytes]] = {
        "plot": lambda: png(cores_figure(placement, layout)),
        "export": lambda: pimcomp_text(placement, layout).encode(),
    }
    for name, content in contents.items():
        path = getattr(arguments, name)
        if path is not None:
            written(path, content())
            if not arguments.json:
                print(f"written: {path}")


def _about(placement: Placement) -> dict[str, Any]:
    rows, columns = placement.problem.crossbar.rows, placement.problem.crossbar.columns
    return {
        "network": placement.network.name,
        "cores": placement.chip,
        "crossbars_per_core": placement.room,
        "size": rows if rows == columns else [rows, columns],
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
        "solver": result.solver,
        "status": result.status,
        "stop": result.stop,
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "unit_s": None if result.unit is None else str(result.unit),
        "proof": result.proof,
        "seconds": result.seconds,
        "statistics": plain(result.statistics),
        "options": plain(result.options),
        "message": result.message,
    }
    return facts if result.layout is None else {**facts, **_figures(placement, result.layout)}


def _print_layers(placement: Placement, layout: Layout) -> None:
    names = ("layer", "outputs", "row blocks", "width", "R", "windows a copy", "products a copy")
    rows = (
        (p.name, p.outputs, p.blocks, p.width, r, p.windows(r), p.blocks * p.windows(r))
        for p, r in zip(placement.parts, layout.allocation, strict=True)
    )
    print_rich(table(names, rows))


def _question(placement: Placement) -> str:
    size = sides((placement.problem.crossbar.rows, placement.problem.crossbar.columns))
    cores = f"{placement.chip} core{'s' * (placement.chip != 1)}"
    return f"{placement.network.name}, {cores} of {placement.room} crossbars of {size}"


def _scored(placement: Placement, layout: Layout) -> str:
    found = score(placement, layout)
    time = "" if found.period is None else f"{float(found.period * 10**6):,.2f} us, "
    many = len(found.busiest)
    return (
        f"{time}{found.interval} products on the busiest core ({many} of {placement.chip} cores "
        f"{'has' if many == 1 else 'have'} that load), {found.crossbars} crossbars used"
    )


def _print(placement: Placement, result: PlacementResult) -> None:
    if result.layout is not None:
        _print_layers(placement, result.layout)
    print(f"{_question(placement)}: {_answer(placement, result)}")
    if result.message and result.status is not Status.INFEASIBLE:
        print(f"xbarmip: {result.solver}: {result.message}", file=sys.stderr)


def _answer(placement: Placement, result: PlacementResult) -> str:
    """Status, value, bound and proof in one line."""
    effort = f"{result.solver}, {result.seconds:.2f} s"
    if result.stop is not Stop.FINISHED:
        effort += f", stopped: {result.stop}"
    bound = "no bound" if result.bound is None else f"bound {_shown(result, result.bound)}"
    if result.status is Status.INFEASIBLE:
        return f"INFEASIBLE: {result.message}"
    if result.layout is None:
        return f"UNKNOWN, no placement found, {bound} ({effort})"
    words = _scored(placement, result.layout)
    if result.status is Status.OPTIMAL:
        return f"{words}; OPTIMAL, {result.proof} proof ({effort})"
    gap = ""
    if result.bound is not None and result.value is not None:
        gap = f", gap {100 * (result.value - result.bound) / result.bound:.2f} percent"
    return f"{words}; FEASIBLE, {bound}{gap} ({effort})"


def _shown(result: PlacementResult, value: int) -> str:
    return str(value) if result.unit is None else f"{float(value * result.unit * 10**6):,.2f} us"
