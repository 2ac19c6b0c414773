"""Certificates in the form before: paths in full, and lists of what stages keep."""

from random import Random
from typing import Any

from xbarmip.certificate import check

Record = dict[str, Any]


def in_older_form(records: list[Any]) -> list[Any]:
    """A certificate of the version before: of version 4, or of a schedule of version 2."""
    older = [{**records[0], "version": records[0]["version"] - 1}]
    paths, keep, label = list[Any](), list[Any](), 0
    for line in records[1:]:
        match line:
            case {"proof": _}:
                paths = []
            case {"round": {"bound": bound} as said}:
                line = {"round": {**said, "bound": _in_full(bound, paths)}}
            case {"bound": bound}:
                line = {"bound": _in_full(bound, paths)}
            case {"stage": bounds}:
                keep, label = [], 0
                line = {"stage": {"bounds": bounds, "keep": keep}}
            case [*_]:
                label += 1
                keep += [[label, r] for r, n in enumerate(line[1:], *line[:1]) if n == check.KEPT]
                line = line[:1] + [max(n, 0) for n in line[1:]]
        older.append(line)
    return older


def in_any_form(records: list[Any], random: Random) -> list[Any]:
    """Every fourth certificate of an allocation or a schedule in the form before."""
    return in_older_form(records) if random.random() < 0.25 else records


def _in_full(bound: Record, paths: list[Any]) -> Record:
    """A bound without numbers of paths, which get longer by its own."""
    full = [[m, paths[path] if isinstance(path, int) else path] for m, path in bound["paths"]]
    paths += [path for _, path in bound["paths"] if not isinstance(path, int)]
    return {**bound, "paths": full}
