"""The corpus: reading it, and making it again (`python -m tests.conformance.corpus`)."""

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.conformance.instances import KINDS, MEASURES, Answer, brute_force, draw, read, write
from xbarmip.problem import Problem

PATH = Path(__file__).with_name("corpus.json")
COUNTS = {"free": 40, "constrained": 36, "timed": 24, "huge": 6}  # for each measure


class Case(NamedTuple):
    """A problem of the corpus, its number among all, and its answer."""

    number: int
    kind: str
    label: str
    problem: Problem
    answer: Answer


@cache
def corpus() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    return tuple(
        Case(
            number,
            each["kind"],
            each["measure"],
            read(each["problem"]),
            Answer.read(each["answer"]),
        )
        for number, each in enumerate(json.loads(PATH.read_text(encoding="utf-8")))
    )


def main() -> None:
    """Draw all problems, answer them by brute force, write the file: one case a line."""
    lines = []
    for kind in KINDS:
        for label in MEASURES:
            random = Random(f"corpus {kind} {label}")
            for _ in range(COUNTS[kind]):
                problem = draw(random, kind, label)
                case = {
                    "kind": kind,
                    "measure": label,
                    "problem": write(problem),
                    "answer": brute_force(problem).write(),
                }
                lines.append(json.dumps(case, separators=(",", ":")))
    PATH.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
