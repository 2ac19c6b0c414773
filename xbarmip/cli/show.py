"""`xbarmip show`: the layers of a network, as the solvers see them."""

from argparse import Namespace, _SubParsersAction
from dataclasses import asdict
from typing import Any

from xbarmip.cli.arguments import add_network, add_size, network_of
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, say, sides, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.network.layer import Layer
from xbarmip.network.window import Whole, Window
from xbarmip.problem import Problem


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "show", COMMANDS["show"], run)
    add_network(parser)
    add_size(parser)


def run(arguments: Namespace) -> int:
    """Print the layers."""
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
                "layers": [_entry(layer, crossbar_set) for layer, crossbar_set in pairs],
            }
        )
        return 0
    names = ("layer", "kind", "window", "pool", "groups", "channels", "map", "outputs", "set")
    print_rich(table(names, (_row(layer, crossbar_set) for layer, crossbar_set in pairs), text=4))
    say(
        f"{network.name}: {len(pairs)} layers, {len(network.edges)} edges, smallest budget "
        f"{problem.smallest_budget} crossbars of {sides(arguments.size)}"
    )
    if network.source:
        say(f"source: {network.source}")
    return 0


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
