"""What is kept of how a row was made: by which code, on which machine, in how long."""

from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any

from xbarmip.compare.facts import code_facts, machine_facts
from xbarmip.compare.report.summary import code_words, machine_words
from xbarmip.reproduce.store import Row, Work
from xbarmip.reproduce.text import listed
from xbarmip.solvers.protocol import Progress


def made(work: Work, time_limit: float, progress: Progress | None) -> Row:
    """Compute a row; its entry `made` says how."""
    begin = perf_counter()
    row = work(progress)
    return {**row, "made": {**_now(time_limit), "seconds": round(perf_counter() - begin, 1)}}


def is_current(row: Row | None, time_limit: float) -> bool:
    """Whether a row is there and was made by the solvers as they are, within this limit."""
    now = _now(time_limit)
    kept = {} if row is None else row.get("made", {})
    return all(kept.get(key) == now[key] for key in ("sources", "limit"))


def _now(time_limit: float) -> dict[str, Any]:
    code = code_facts()
    return {
        "by": code_words(code),
        "sources": code["sources"],
        "on": machine_words(machine_facts()),
        "limit": time_limit,
    }


def words(computed: Mapping[str, Mapping[str, Row] | None]) -> str:
    """How the rows of the complete parts were made, and how long that took; empty if none says."""
    entries = [row["made"] for rows in computed.values() if rows for row in rows.values()
               if "made" in row]  # fmt: skip
    if not entries:
        return ""
    parts = {
        name: sum(row["made"]["seconds"] for row in rows.values() if "made" in row)
        for name, rows in computed.items()
        if rows
    }
    each = listed([f"{name} {seconds / 60:.1f}" for name, seconds in parts.items()])
    limits = listed([f"{limit:g} s" for limit in _distinct(entries, "limit")])
    return (
        f"Made by {listed(_distinct(entries, 'by'))} on {listed(_distinct(entries, 'on'))}: "
        f"{sum(parts.values()) / 60:.1f} minutes, row after row, in minutes by part: {each}. Each "
        f"proof had {limits}, each run of table 7 three times as long."
    )


def _distinct(entries: Iterable[Mapping[str, Any]], key: str) -> list[Any]:
    return list(dict.fromkeys(entry[key] for entry in entries))
