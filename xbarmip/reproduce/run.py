"""Running the reproduction: part by part, row by row, then the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.pictures.canvas import require_matplotlib
from xbarmip.errors import InputError
from xbarmip.files import writing, written
from xbarmip.reproduce.claims import FOLDER, LIMITS, certified, certify
from xbarmip.reproduce.page import files
from xbarmip.reproduce.source import Part, Source
from xbarmip.reproduce.store import Kept, Store, Work, compute
from xbarmip.solvers.protocol import Limits, Progress


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What was done.

    Attributes
    ----------
    folder : Path
    computed, rows : mapping of str to int
        By part: rows computed now, and rows that there are.
    cases : mapping of str to int
        By part: rows that there should be.
    """

    folder: Path
    computed: Mapping[str, int]
    rows: Mapping[str, int]
    cases: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether every part has all its rows."""
        return self.rows == self.cases


def reproduce(
    source: Source,
    output: str | PathLike[str],
    parts: Sequence[str] | None = None,
    keep: bool = False,
    certificates: bool = False,
    time_limit: float = 20.0,
    progress: Progress | None = None,
) -> Reproduction:
    """Compute what a source publishes again, and write the page that compares them.

    Every row is kept in `<part>.json` as soon as it and the certificates of what it claims are
    done; a certificate may take four times as long as a proof, and is left out if it takes
    more. The page is written from all parts that are complete in the folder, also when Ctrl-C ends
    the computation.

    Parameters
    ----------
    source : Source
    output : str or path
        Folder for the results.
    parts : sequence of str, optional
        Names of parts to compute; all by default, none if empty: then only the page is written.
    keep : bool
        Keep rows that are there already, and compute the missing ones. A row that other sources of
        the solvers made, or another time limit, counts as missing, and one that lacks a
        certificate.
    certificates : bool
        Compute no row: write the certificates that are missing of what the kept rows claim.
    time_limit : float
        Seconds for each proof, as the source's parts use them; what is not proven within them is
        marked.
    progress : callable, optional
        Called with a dict of facts during the computation.

    Raises
    ------
    InputError
        On an unknown part, a bad limit, a file that is none of these, a folder that cannot be
        written, or where matplotlib is missing: before anything is computed. On a row for which a
        solver finds no allocation: after the page is written.
    KeyboardInterrupt
        After the page is written.
    """
    chosen = _chosen(source, parts)
    Limits(time_limit)
    require_matplotlib()
    folder = Path(output)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    stores = {part.name: Store(folder, part.name, part.row) for part in source.parts}
    parts_of = {part.name: part for part in source.parts}
    works = {part.name: part.cases(time_limit) for part in source.parts}
    computed = dict.fromkeys(works, 0)
    earlier = _claimed(source, stores)
    try:
        for name in chosen if certificates else ():
            for key, row in stores[name].rows.items():
                claims = parts_of[name].claims(row.row)
                there = certified(claims, folder)
                missing = {file: claim for file, claim in claims.items() if file not in there}
                certify(missing, folder, LIMITS * time_limit, _named(progress, name, key))
        for name in () if certificates else chosen:
            if not keep:
                stores[name].clear()
            for key, work in works[name].items():
                kept = stores[name].rows.get(key)
                if kept is None or not _is_whole(parts_of[name], kept, time_limit, folder):
                    whole = partial(_certified, parts_of[name], work, folder, time_limit)
                    done = compute(whole, time_limit, _named(progress, name, key))
                    stores[name].add(key, done)
                    computed[name] += 1
    finally:
        for name in earlier - _claimed(source, stores):
            (folder / FOLDER / name).unlink(missing_ok=True)
        complete = {
            name: {key: store.rows[key] for key in works[name]}
            for name, store in stores.items()
            if works[name].keys() <= store.rows.keys()
        }
        for name, content in files(source, complete, folder).items():
            written(folder / name, content)
    rows = {name: len(works[name].keys() & store.rows.keys()) for name, store in stores.items()}
    return Reproduction(folder, computed, rows, {name: len(works[name]) for name in works})


def _chosen(source: Source, parts: Sequence[str] | None) -> list[str]:
    known = [part.name for part in source.parts]
    for name in parts or ():
        if name not in known:
            raise InputError(f"part must be one of {', '.join(known)}, got {name!r}")
    return [name for name in known if parts is None or name in parts]


def _claimed(source: Source, stores: Mapping[str, Store]) -> set[str]:
    """The certificates of all that the rows claim, by file name."""
    rows = ((part, kept.row) for part in source.parts for kept in stores[part.name].rows.values())
    return {name for part, row in rows for name in part.claims(row)}


def _certified(
    part: Part, work: Work, folder: Path, time_limit: float, progress: Progress | None
) -> Any:
    """A row, with a certificate of each optimum that it claims."""
    row = work(progress)
    certify(part.claims(row), folder, LIMITS * time_limit, progress)
    return row


def _is_whole(part: Part, kept: Kept, time_limit: float, folder: Path) -> bool:
    """Whether a row that was kept is current, and its certificates are there."""
    claimed = part.claims(kept.row)
    return kept.is_current(time_limit) and len(certified(claimed, folder)) == len(claimed)


def _named(progress: Progress | None, part: str, key: str) -> Progress | None:
    """`progress` told what the row is."""
    if progress is None:
        return None
    return lambda facts: progress({**facts, "instance": f"{part} {key}"})
