"""`xbarmip show`: the layers of a network, as the solvers see them."""

from argparse import Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xbarmip.cli.arguments import add_network, add_size, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, sides, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.network.layer import Layer
from xbarmip.network.window import Whole, Window
from xbarmip.problem import Problem

_TOLD = 10  # deviations that are printed


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "show", COMMANDS["show"], run)
    add_network(parser)
    add_size(parser)
    parser.add_argument(
        "--verify-needs",
        action="store_true",
        help="hold the need maps of an ONNX file against runs of it by onnxruntime, in which one "
        "output of a layer is changed; exit status 1 if one asks for too little",
    )


def run(arguments: Namespace) -> int:
    """Print the layers, or hold need maps against runs."""
    if arguments.verify_needs:
        return _verify(arguments)
    network = network_of(arguments)
    problem = Problem(network, 1, arguments.size)
    pairs = list(zip(network.layers, problem.sets, strict=True))
    if arguments.json:
        print_json(
            {
                "network": network.name,
                "source": network.source,
                "size": list(arguments.size),
                "smallest_budget": problem.smallest_budget,
                "edges": len(network.edges),
                "shared": network.shared,
                "layers": [_entry(layer, crossbar_set) for layer, crossbar_set in pairs],
            }
        )
        return 0
    names = ("layer", "kind", "window", "pool", "groups", "channels", "map", "outputs", "set")
    print_rich(table(names, (_row(layer, crossbar_set) for layer, crossbar_set in pairs), text=4))
    _print_file_names(network)
    say(
        f"{network.name}: {len(pairs)} layers, {len(network.edges)} edges, smallest budget "
        f"{problem.smallest_budget} crossbars of {sides(arguments.size)}"
    )
    if network.source:
        say(f"source: {network.source}")
    return 0


def _print_file_names(network: Network) -> None:
    """What the file calls the layers, where it calls them otherwise; and what they share."""
    named = [(x.name, x.node) for x in network.layers if x.node and x.node != x.name]
    if named:
        print_rich(table(("layer", "name in the file"), named, text=2))
    for weight, names in network.shared.items():
        say(f"the tensor {weight!r} is used {len(names)} times, {len(names)} sets of its own:")
        say(f"  {', '.join(names)}")


def _verify(arguments: Namespace) -> int:
    path = Path(arguments.network)
    if path.suffix.lower() != ".onnx":
        raise InputError(f"{path}: only ONNX files can be run to hold need maps against them")
    from xbarmip.network.onnx.perturb import verify_needs

    found = verify_needs(path, dict(arguments.input), arguments.digital)
    if arguments.json:
        print_json(asdict(found))
        return 1 if found.wrong else 0
    for word, deviations in (("wrong", found.wrong), ("loose", found.loose)):
        for one in deviations[:_TOLD]:
            stated, seen = (f"output {x}" if x else "none" for x in (one.stated, one.seen))
            say(
                f"{word}: {one.producer} -> {one.consumer}: output {one.position} of the producer "
                f"is first needed by {stated} of the consumer, and first changes {seen}"
                f"{' (the edge needs all of its producer)' * one.whole}"
            )
    pairs = len({(one.producer, one.consumer) for one in found.loose})
    say(
        f"{path.name}: {found.edges} edges, {found.changes} changed outputs: need maps asked "
        f"{'too little' if found.wrong else 'never too little'} ({len(found.wrong)} times), and of "
        f"{pairs} edges more than was seen ({len(found.loose)} times)"
    )
    return 1 if found.wrong else 0


def kind(layer: Layer) -> str:
    """What a layer is called."""
    if layer.fully_connected:
        return "fully connected"
    if layer.groups == 1:
        return "convolution"
    return "depthwise" if layer.groups == layer.in_channels else "grouped"


def _entry(layer: Layer, crossbar_set: int) -> dict[str, Any]:
    return {
        "name": layer.name,
        "node": layer.node,
        "weight": layer.weight,
        "kind": kind(layer),
        "in_channels": layer.in_channels,
        "out_channels": layer.out_channels,
        "height": layer.height,
        "width": layer.width,
        "outputs": layer.outputs,
        "window": _window_entry(layer.window),
        "groups": layer.groups,
        "pool": None if layer.pool is None else _window_entry(layer.pool),
        "set": crossbar_set,
    }


def _window_entry(window: Window | Whole) -> Any:
    return "whole" if isinstance(window, Whole) else asdict(window)


def _row(layer: Layer, crossbar_set: int) -> tuple[object, ...]:
    return (
        layer.name,
        kind(layer),
        _window_text(layer.window),
        "" if layer.pool is None else _window_text(layer.pool),
        layer.groups,
        f"{layer.in_channels} -> {layer.out_channels}",
        sides((layer.height, layer.width)),
        layer.outputs,
        crossbar_set,
    )


def _window_text(window: Window | Whole) -> str:
    """The kernel, and what differs from stride 1, pads 0, dilation 1 and rounding down."""
    if isinstance(window, Whole):
        return "whole"
    words = [sides(window.kernel)]
    for name, values, plain in (
        ("stride", window.stride, 1),
        ("pads", window.pads, 0),
        ("dilation", window.dilation, 1),
    ):
        if set(values) != {plain}:
            few = values[:1] if len(set(values)) == 1 else values
            words.append(f"{name} {','.join(map(str, few))}")
    return " ".join([*words, *["ceil"] * window.ceil_mode])
