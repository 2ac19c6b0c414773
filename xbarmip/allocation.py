"""Allocations in files, as solvers, spreadsheets and compilers write them."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xbarmip.errors import InputError
from xbarmip.network.graph import Network
from xbarmip.problem import checked_allocation
from xbarmip.strict import each_once, located, parse_json, read_text, short

_HEADER = ["layer", "R"]
_WITHIN = ("allocation", "replication")  # of `solve --json` and `place --export`


def read_allocation(path: Path, network: Network) -> tuple[int, ...]:
    """R of every layer, in layer order, from a file.

    CSV with the header `layer,R`; or JSON: an object of layers and R, a list in layer order, or an
    object with one of these under `allocation`, as `xbarmip solve --json` writes it, or under
    `replication`, as PIMCOMP takes it. A layer may be called as in the network's own file.

    Raises
    ------
    InputError
        On a file that is none of these, an unknown, missing or doubled layer, an R out of range;
        the message names the file.
    """
    text = read_text(path)
    with located(str(path)):
        given = _json(text) if text.lstrip()[:1] in ("{", "[") else _csv(text)
        return checked_allocation(network, given)


def pimcomp_text(network: Network, allocation: Sequence[int]) -> str:
    """An allocation for PIMCOMP-NN, as JSON that `read_allocation` reads: R by node.

    A node is called as in the file that the network comes from (an ONNX file, whose names the
    compiler's front end keeps), and as here where that file names none, or several alike.
    """
    chosen = checked_allocation(network, allocation)
    replication = dict(zip(network.names_in_file, chosen, strict=True))
    data = {"format": "pimcomp-replication", "network": network.name, "replication": replication}
    return json.dumps(data, indent=1) + "\n"


def _json(text: str) -> Mapping[str, int] | Sequence[int]:
    data: Any = parse_json(text)
    if isinstance(data, dict):
        for key in _WITHIN:
            if isinstance(data.get(key), dict | list):
                return data[key]
    return data


def _csv(text: str) -> dict[str, int]:
    rows = [row for row in csv.reader(text.splitlines()) if row]
    if not rows or [cell.strip() for cell in rows[0]] != _HEADER:
        raise InputError("is neither JSON nor CSV with the header layer,R")
    pairs = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(_HEADER):
            raise InputError(f"row {number}: must be a layer and its R, got {short(row)}")
        pairs.append((row[0].strip(), _number(row[1].strip(), number)))
    return each_once(pairs)


def _number(text: str, row: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise InputError(f"row {row}: R must be a whole number, got {short(text)}")
    return int(text)
