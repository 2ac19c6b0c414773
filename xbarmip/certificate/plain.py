"""The proof for one target in plain Python: short, unbounded, on the checker's own labels.

It writes certificates where 64 bits might not hold a number, and is what tests of the checker use.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from xbarmip.certificate import check

Record = Any


def plain_proof(
    problem: check.Problem,
    target: int | None,
    rounds: Sequence[Record] = (),
    bounds: Sequence[Record] = (),
) -> Iterator[Record]:
    """The lines that prove that no allocation has a value of at most `target`.

    Parameters
    ----------
    problem : check.Problem
    target : int or None
        None: that there is no allocation at all.
    rounds, bounds : sequences of records
        Rounds of windows, and bounds that are used in every stage.

    Raises
    ------
    check.Refused
        When there is such an allocation: a label is left at the end.
    """
    order = [*reversed(problem.layers)]
    yield {"proof": {"edges": [*range(len(problem.edges))], "order": order}}
    search = check.Search(problem, target, [*range(len(problem.edges))], order)
    for record in rounds:
        yield {"round": record}
        if search.narrow(record):
            return
    for record in bounds:
        yield {"bound": record}
        search.bounds.append(check.Bound(record, search))
    labels, undecided = [problem.timing.first_label(target)], set(problem.layers)
    for k in order:
        yield {"stage": {"labels": len(labels), "bounds": [*range(len(bounds))]}}
        decision = check.Decision(search, k, undecided, search.bounds)
        kept: list[check.Label] = []
        for goes in _numbered(
            [dict(decision.successors(label)) for label in labels], kept, decision
        ):
            yield goes
        labels, undecided = kept, undecided - {k}
        if not labels:
            return
    raise check.Refused("a label is left after the last layer")


def _numbered(
    successors: list[dict[int, check.Label]], kept: list[check.Label], decision: check.Decision
) -> Iterator[list[int]]:
    """Fill `kept` with the undominated successors; for each label the line that sends them there."""
    everyone = [(at, r) for at, found in enumerate(successors) for r in found]
    everyone.sort(key=lambda place: successors[place[0]][place[1]].used)
    goes: list[dict[int, int]] = [{} for _ in successors]
    for at, r in everyone:
        label = successors[at][r]
        for number, rival in enumerate(kept, 1):
            if dominates(rival, label, decision.after):
                break
        else:
            kept.append(label)
            number = len(kept)
        goes[at][r] = number
    for each in goes:
        yield (
            [min(each), *(each.get(r, 0) for r in range(min(each), max(each) + 1))] if each else []
        )


def dominates(a: check.Label, b: check.Label, stage: check.Stage) -> bool:
    """Whether whatever completes b completes a."""
    if a.used > b.used or any(x > y for x, y in zip(a.sums, b.sums, strict=True)):
        return False
    if any(b.ends.get(j, e + 1) > e for j, e in a.ends.items()):
        return False
    for j, due in a.due.items():
        spread = stage.spread(b, j)
        for x, d in due:
            least = check.deadline(b.due.get(j, []), x, spread)
            if least is None or least > d:
                return False
    return True
