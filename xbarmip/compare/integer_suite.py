"""Suites as integers alone: one JSON file that any program can read (docs/suite-format.md)."""

import json
from pathlib import Path
from typing import Any

from xbarmip.compare.fields import read_note
from xbarmip.compare.instance import INFEASIBLE, Instance, Suite
from xbarmip.compare.integers import from_integers, to_integers
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.exact import as_int
from xbarmip.limits import MOST_INSTANCES
from xbarmip.problem import Problem
from xbarmip.strict import as_text, check_format, known_keys, located, parse_json, read_text, short

FORMAT = "xbarmip-integers"
VERSION = 3
OLDER = 2  # had no joins


def write_integer_suite(suite: Suite) -> bytes:
    """The content of a file that `read_integer_suite` reads: one instance a line.

    Raises
    ------
    UnsupportedError
        On a constraint that is not linear, a schedule or a placement.
    """
    head = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "name": suite.name,
            "description": suite.description,
        }
    )[:-1]
    lines = ",\n".join(json.dumps(_instance_out(instance)) for instance in suite.instances)
    return f'{head}, "instances": [\n{lines}\n]}}\n'.encode()


def _instance_out(instance: Instance) -> dict[str, Any]:
    if not isinstance(instance.problem, Problem):
        raise UnsupportedError(f"{instance.name}: integers state allocations alone")
    known = {"optimum": instance.optimum, "note": instance.note}
    return {
        "name": instance.name,
        **{key: value for key, value in known.items() if value},
        "problem": to_integers(instance.problem),
    }


def read_integer_suite(path: Path) -> Suite:
    """The suite that a JSON file holds.

    Raises
    ------
    InputError
        On an unreadable file, an unknown or missing key, or a problem that is none; the message
        names the file and the instance.
    """
    with located(str(path)):
        data = parse_json(read_text(path))
        if isinstance(data, dict) and (data.get("format"), data.get("version")) == (FORMAT, 1):
            raise InputError(
                "version 1 is not read any more, as it does not state views by their numbers; "
                "`xbarmip suite export SUITE --output FILE.json` writes the suite anew"
            )
        check_format(data, FORMAT, VERSION, OLDER)
        table = known_keys(data, ("format", "version", "name", "description", "instances"))
        if not isinstance(table["instances"], list):
            raise InputError(f"instances must be a list, got {short(table['instances'])}")
        if len(table["instances"]) > MOST_INSTANCES:
            raise InputError(f"a suite has at most {MOST_INSTANCES} instances, this one has more")
        instances = [
            _instance_in(entry, number) for number, entry in enumerate(table["instances"], start=1)
        ]
        name, description = (as_text(table[key], key) for key in ("name", "description"))
        return Suite(name, description, tuple(instances))


def _instance_in(entry: Any, number: int) -> Instance:
    with located(f"instance number {number}"):
        table = known_keys(entry, ("name", "problem"), ("optimum", "note"))
        optimum = table.get("optimum")
        if optimum is not None and optimum != INFEASIBLE:
            as_int(optimum, "optimum", 1)
        name = as_text(table["name"], "name")
        return Instance(
            name, from_integers(table["problem"]), optimum=optimum, note=read_note(table)
        )
