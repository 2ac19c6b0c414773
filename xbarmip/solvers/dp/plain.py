"""The dynamic program in plain Python integers: short, unbounded, without bounds. Read it first.

It is the oracle that the compiled search is tested against, and the path that takes over where 64
bits might not hold a number.
"""

from collections.abc import Callable

from xbarmip.constraint import Constraint
from xbarmip.exact import ceil_div
from xbarmip.measures.view import View
from xbarmip.problem import Problem

Pairs = tuple[tuple[int, int], ...]
State = tuple[tuple[tuple[int, Pairs, int | None], ...], tuple[int, ...]]


def plain_optimum(
    problem: Problem, check: Callable[[], None] = lambda: None
) -> tuple[int, tuple[int, ...]] | None:
    """Least value and the allocation that has it; None when the budget is too small."""
    ends = plain_frontier(problem, check)
    if not ends:
        return None
    _, value, chosen = ends[-1]
    return value, chosen


def plain_frontier(
    problem: Problem, check: Callable[[], None] = lambda: None
) -> list[tuple[int, int, tuple[int, ...]]]:
    """Crossbars, value and allocation wherever more crossbars within the budget gain something.

    Ascending in crossbars, descending in value; empty when the budget is too small.

    Backwards over the layers (SPEC §7). A label holds the crossbars used, the value so far, and for
    every layer that is waited for its pairs (x, D), D steps remaining behind output x (`cycles`) or
    behind a first step (`steps`), with the longest tail behind it (`steps`), and the R of layers
    that a constraint still asks for. Of two labels that are the same in all this only those stay
    that are better in crossbars or in value.
    """
    network, view = problem.network, problem.view
    start: dict[int, tuple[Pairs, int | None]] = {}
    for k, end in enumerate(view.ends):
        if end:
            start[k] = (((view.outputs[k], 0),), None) if view.stalls else ((), 0)
    scopes = [
        (constraint, [network.index[layer] for layer in constraint.layers])
        for constraint in problem.constraints
    ]
    labels: dict[State, list[tuple[int, int, tuple[int, ...]]]] = {
        (_state(start), ()): [(0, 0, ())]
    }
    rest = problem.smallest_budget
    for k in range(len(network.layers) - 1, -1, -1):
        rest -= problem.sets[k]
        after: dict[State, list[tuple[int, int, tuple[int, ...]]]] = {}
        asked = [m for m in range(k, len(network.layers)) if _still_asked(scopes, m, k)]
        tested = [(c, scope) for c, scope in scopes if min(scope) == k]
        for (state, _), choices in labels.items():
            check()
            waiting = {layer: (pairs, tail) for layer, pairs, tail in state}
            pairs, tail = waiting.pop(k, ((), None))
            for r in range(1, problem.largest[k] + 1):
                if view.stalls:
                    behind, handed = _decide_cycles(view, k, r, pairs)
                else:
                    behind, handed = _decide_steps(view, k, r, pairs, tail)
                new = _state(_merged(waiting, handed))
                for used, value, chosen in choices:
                    total, all_chosen = used + r * problem.sets[k], (r, *chosen)
                    if total + rest <= problem.crossbars and all(
                        c.holds(tuple(all_chosen[m - k] for m in scope)) for c, scope in tested
                    ):
                        memory = tuple(all_chosen[m - k] for m in asked)
                        label = (total, max(value, behind), all_chosen)
                        _keep(after.setdefault((new, memory), []), label)
        labels = {state: choices for state, choices in after.items() if choices}
    return sorted(end for choices in labels.values() for end in choices)


def _still_asked(scopes: list[tuple[Constraint, list[int]]], layer: int, decided: int) -> bool:
    """Whether a constraint on `layer` waits for layers before `decided`."""
    return any(layer in scope and min(scope) < decided for _, scope in scopes)


def _state(
    waiting: dict[int, tuple[Pairs, int | None]],
) -> tuple[tuple[int, Pairs, int | None], ...]:
    return tuple((layer, *waiting[layer]) for layer in sorted(waiting))


def _keep(
    choices: list[tuple[int, int, tuple[int, ...]]], new: tuple[int, int, tuple[int, ...]]
) -> None:
    if not any(used <= new[0] and value <= new[1] for used, value, _ in choices):
        choices[:] = [old for old in choices if old[0] < new[0] or old[1] < new[1]] + [new]


def _merged(
    waiting: dict[int, tuple[Pairs, int | None]],
    handed: list[tuple[int, list[tuple[int, int]], int | None]],
) -> dict[int, tuple[Pairs, int | None]]:
    merged = dict(waiting)
    for layer, pairs, tail in handed:
        old, old_tail = merged.get(layer, ((), None))
        tails = [t for t in (tail, old_tail) if t is not None]
        merged[layer] = (_needed_pairs([*old, *pairs]), max(tails) if tails else None)
    return merged


def _needed_pairs(pairs: list[tuple[int, int]]) -> Pairs:
    """Pairs without those of smaller x and no larger D."""
    kept: list[tuple[int, int]] = []
    for x, behind in sorted(pairs, reverse=True):
        if not kept or behind > kept[-1][1]:
            kept.append((x, behind))
    return tuple(kept)


def _decide_cycles(
    view: View, k: int, r: int, pairs: Pairs
) -> tuple[int, list[tuple[int, list[tuple[int, int]], int | None]]]:
    after: dict[int, int] = {}
    for x, behind in pairs:
        step = ceil_div(x, r)
        after[step] = max(after.get(step, 0), behind)
    remaining: dict[int, int] = {}
    for step in range(max(after, default=0), 0, -1):
        remaining[step] = max(remaining.get(step + 1, -1) + 1, after.get(step, 0))
    handed: list[tuple[int, list[tuple[int, int]], int | None]] = []
    for number in view.into[k]:
        asked = [
            (view.need[number](view.cap(k, step * r)), behind) for step, behind in remaining.items()
        ]
        wanted = [(x, behind) for x, behind in asked if x]
        handed.append((view.edges[number][0], wanted, None))
    return remaining.get(1, -1) + 1, handed


def _decide_steps(
    view: View, k: int, r: int, pairs: Pairs, tail: int | None
) -> tuple[int, list[tuple[int, list[tuple[int, int]], int | None]]]:
    """SPEC §7: D_k = max(ceil(N_k/r) + E_k, ceil(x/r) - 1 + D over the pairs)."""
    own = [ceil_div(x, r) - 1 + behind for x, behind in pairs]
    if tail is not None:
        own.append(ceil_div(view.outputs[k], r) + tail)
    if not own:
        return 0, []
    firsts = [(r, max(own)), *((ceil_div(x, r) * r, behind) for x, behind in pairs)]
    handed = []
    for number in view.into[k]:
        made = [(view.cap(k, x), behind) for x, behind in firsts]
        asked = [(view.need[number](x), behind) for x, behind in made if x]
        behind_edge = view.tails[number]
        longest = None
        if tail is not None and behind_edge is not None:
            end, begin = behind_edge
            longest = tail + ceil_div(end, r) - ceil_div(begin, r)
        wanted = [(x, behind) for x, behind in asked if x]
        handed.append((view.edges[number][0], wanted, longest))
    return max(own), handed
