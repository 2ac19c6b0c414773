"""`xbarmip hardware`: the presets of published architectures, and the data-movement rules."""

from argparse import Namespace, _SubParsersAction
from typing import Any

from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, print_rich, table
from xbarmip.cli.parser import Parser, add_command
from xbarmip.compare.report.table import Table
from xbarmip.hardware.movement import Rule, list_rules
from xbarmip.hardware.preset import Hardware, MemoryLevel, list_hardware, load_hardware

_LABELS = {"compute_cycles": "compute_cycles (of the clock, a step)"}  # no cycles of the pipeline


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "hardware", COMMANDS["hardware"], run)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a preset to show, or a path to a .toml file; without it, all are listed",
    )
    which.add_argument(
        "--rules",
        action="store_true",
        help="list the rules that count what a memory level moves in a step",
    )


def run(arguments: Namespace) -> int:
    """List the presets, show one, or list the rules."""
    if arguments.rules:
        _print(_rule_table(), {"rules": [_rule(rule) for rule in list_rules()]}, arguments)
    elif arguments.name is not None:
        preset = load_hardware(arguments.name)
        _print(table(("field", "value"), _rows(preset), text=2), preset.as_dict(), arguments)
    else:
        presets = [load_hardware(name) for name in list_hardware()]
        facts = {"hardware": {preset.name: preset.as_dict() for preset in presets}}
        _print(_overview(presets), facts, arguments)
    return 0


def _print(shown: Table, facts: dict[str, Any], arguments: Namespace) -> None:
    if arguments.json:
        print_json(facts)
    else:
        print_rich(shown)


def _overview(presets: list[Hardware]) -> Table:
    names = (
        "name", "crossbar", "logical crossbars a tile", "physical to a logical one", "tiles",
        "computation us", "lacks for a latency",
    )  # fmt: skip
    rows = (
        (
            preset.name,
            preset.crossbar,
            preset.crossbars_per_tile,
            preset.physical_per_logical,
            preset.tiles,
            None if preset.compute_ns is None else f"{float(preset.compute_ns / 1000):g}",
            ", ".join(preset.missing) or "nothing",
        )
        for preset in presets
    )
    return table(names, rows)


def _rule_table() -> Table:
    return table(
        ("rule", "a step of a layer moves", "source"),
        ((rule.name, rule.text, rule.source) for rule in list_rules()),
        text=3,
    )


def _rule(rule: Rule) -> dict[str, Any]:
    """A rule for JSON."""
    return {"name": rule.name, "text": rule.text, "source": rule.source, "tiled": rule.tiled}


def _rows(preset: Hardware) -> list[tuple[str, object]]:
    facts = {**preset.as_dict(), "crossbar": str(preset.crossbar)}
    facts.pop("memory")
    facts["lacks_for_latency"] = ", ".join(preset.missing) or "nothing"
    memory = [(f"memory {level.name!r}", _level(level)) for level in preset.memory]
    known = [(_LABELS.get(key, key), fact) for key, fact in facts.items() if fact is not None]
    return [*known[:-1], *memory, known[-1]]


def _level(level: MemoryLevel) -> str:
    bandwidth = level.bytes_per_second
    units = ((bandwidth / 2**30, "GiB/s"), (bandwidth / 10**9, "GB/s"))
    both = " = ".join(f"{float(amount):.6g} {unit}" for amount, unit in units)
    return f"{both}, {'no rule' if level.rule is None else f'rule {level.rule}'}"
