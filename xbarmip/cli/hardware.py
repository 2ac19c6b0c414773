"""`xbarmip hardware`: the presets of published architectures."""

from argparse import Namespace, _SubParsersAction
from dataclasses import fields
from fractions import Fraction
from typing import Any

from xbarmip.cli.output import print_json, print_rich, sides, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.hardware.preset import Hardware, list_hardware, load_hardware


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    text = "list the hardware presets, or show one"
    parser = add_command(commands, "hardware", text, run)
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a preset to show, or a path to a .toml file; without it, all are listed",
    )


def run(arguments: Namespace) -> int:
    """List the presets or show one."""
    if arguments.name is not None:
        facts = as_dict(load_hardware(arguments.name))
        if arguments.json:
            print_json(facts)
        else:
            print_rich(table(("field", "value"), _rows(facts), text=2))
        return 0
    presets = {name: load_hardware(name) for name in list_hardware()}
    if arguments.json:
        print_json({"hardware": {name: as_dict(preset) for name, preset in presets.items()}})
        return 0
    rows = [
        (name, sides(_crossbar(preset)), preset.crossbars_per_tile, preset.tiles)
        for name, preset in presets.items()
    ]
    print_rich(table(("name", "crossbar", "crossbars a tile", "tiles"), rows))
    return 0


def as_dict(preset: Hardware) -> dict[str, Any]:
    """A preset for JSON; what its source does not say is null."""
    facts = {field.name: getattr(preset, field.name) for field in fields(preset)}
    facts["crossbar"] = _crossbar(preset)
    facts["memory"] = [
        {
            "name": level.name,
            "bytes_per_second": _number(level.bytes_per_second),
            "rule": level.rule,
        }
        for level in preset.memory
    ]
    return {
        key: _number(fact) if isinstance(fact, Fraction) else fact for key, fact in facts.items()
    }


def _number(value: Fraction) -> int | float:
    """An exact number as JSON can hold it: rounded where it is no integer."""
    return int(value) if value.denominator == 1 else float(value)


def _rows(facts: dict[str, Any]) -> list[tuple[str, object]]:
    shown = {**facts, "crossbar": sides(facts["crossbar"])}
    memory = [
        (f"memory {level['name']}", f"{level['bytes_per_second']} bytes per second")
        for level in shown.pop("memory")
    ]
    return [*((key, fact) for key, fact in shown.items() if fact is not None), *memory]


def _crossbar(preset: Hardware) -> tuple[int, int]:
    return preset.crossbar.rows, preset.crossbar.columns
