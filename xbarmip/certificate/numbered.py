"""The lines of a proof, in which each path stands once."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


def numbered(lines: Iterable[Any]) -> Iterator[Any]:
    """The lines of one proof, with the number of a path that an earlier line has in its place."""
    known: dict[str, int] = {}

    def once(bound: Any) -> Any:
        paths = []
        for multiplier, path in bound["paths"]:
            key = json.dumps(path)
            paths.append([multiplier, known.get(key, path)])
            known.setdefault(key, len(known))
        return {**bound, "paths": paths}

    for line in lines:
        if "bound" in line:
            yield {"bound": once(line["bound"])}
        elif "round" in line:
            yield {"round": {**line["round"], "bound": once(line["round"]["bound"])}}
        else:
            yield line
