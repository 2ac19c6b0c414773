"""Chains for latencies that a search with a planted defect makes are refused."""

from itertools import product
from random import Random

import pytest

import xbarmip as xb
from tests.certificate.test_hostile import DEFECTS, head, refusal, text
from tests.certificate.test_latency import problems
from tests.certificate.test_write import SHAPES, quiet
from tests.export.test_export import Dull
from tests.sample import draws
from tests.solvers.latency.test_latency import KINDS
from xbarmip.certificate import chain, check, relaxation, sweep
from xbarmip.certificate.statement import statement


def allowed(problem):
    """Every allocation that a problem of the checker allows."""
    for allocation in product(*(range(1, most + 1) for most in problem.largest)):
        try:
            problem.check_allowed([*allocation])
        except check.Refused:
            continue
        yield [*allocation]


def fewest(problem):
    """The least count of a problem of the checker; None where nothing is allowed."""
    return min((problem.timing.value(each) for each in allowed(problem)), default=None)


# --- links: the counts are right, what a link is about or what it leaves is not


def link_about_a_tick_less(monkeypatch):
    own = check.Problem.limited
    monkeypatch.setattr(check.Problem, "limited", lambda self, most: own(self, most - 1))


def caps_too_low(monkeypatch):
    own = check.StepTime.limits

    def limits(self, most):
        found = own(self, most)
        for constraint in found:
            layer, caps = next(iter(constraint.weights.items()))
            constraint.weights[layer] = [-max(-cap - 1, 0) for cap in caps]
        return found

    monkeypatch.setattr(check.StepTime, "limits", limits)


def data_of_a_copy_too_many(monkeypatch):
    own = check.StepTime.limits

    def limits(self, most):
        found = own(self, most)
        for constraint in found:
            for layer, weights in [*constraint.weights.items()][1:]:
                constraint.weights[layer] = [*weights[1:], weights[-1] + weights[0]]
        return found

    monkeypatch.setattr(check.StepTime, "limits", limits)


def closed_a_count_early(monkeypatch):
    """What is left after a link is thought to have one count more."""
    monkeypatch.setattr(chain, "left", lambda target, count: target // (count + 1))


def left_a_tick_short(monkeypatch):
    own = chain.left
    monkeypatch.setattr(chain, "left", lambda target, count: own(target, count) - 1)


def ended_after_a_link(monkeypatch):
    own = chain.left
    monkeypatch.setattr(
        chain, "left", lambda target, count: own(target, count) if count == 1 else -1
    )


def first_link_skipped(monkeypatch):
    own = chain.left
    monkeypatch.setattr(chain, "left", lambda target, count: own(target, max(2, count)))


LINKS = [
    link_about_a_tick_less,
    caps_too_low,
    data_of_a_copy_too_many,
    closed_a_count_early,
    left_a_tick_short,
    ended_after_a_link,
    first_link_skipped,
]

# --- proofs of links: a count is claimed that is too large, and the search "refutes" it


def half_that_misses_values(monkeypatch):
    monkeypatch.setattr(sweep, "MOST_LABELS", 0)
    monkeypatch.setattr(relaxation, "Relaxation", Dull)
    own = check.split

    def split(search, value):
        (low, high), lower = own(search, value)
        low[value[0]] = high[value[0]]
        return [(low, high), lower]

    monkeypatch.setattr(check, "split", split)


def halves_that_leave_out_the_lower_one(monkeypatch):
    monkeypatch.setattr(sweep, "MOST_LABELS", 0)
    monkeypatch.setattr(relaxation, "Relaxation", Dull)
    own = check.split
    monkeypatch.setattr(check, "split", lambda *split: own(*split)[:1])


SEARCHES = [*DEFECTS, half_that_misses_values, halves_that_leave_out_the_lower_one]


@pytest.mark.parametrize("defect", [*LINKS, *SEARCHES])
def test_a_broken_chain_is_found_out(defect, tmp_path):
    """Whatever is "proven" of a latency that can be attained is refused."""
    random, false = Random(defect.__name__), 0
    for _ in range(400):
        source = problems(random.choice(KINDS), random.choice(SHAPES), random.random(), 60)
        problem = next(source)
        best = xb.solve(problem, "exhaustive")
        if best.value is None:
            continue
        claim = {"value": None, "bound": best.value + 1, "allocation": None}
        proof = broken(defect, problem, best.value)
        if proof is None:
            continue
        refusal(tmp_path / "c", text([*head(statement(problem)), {"claim": claim}, *proof]))
        false += 1
        if false == draws(3):
            return
    pytest.fail(f"only {false} false chains: the defect does no harm")


def broken(defect, problem, value):
    """A chain for a bound beyond the value by a search with a defect; None if it finds none."""
    stated = check.Problem(statement(problem))
    counts = {}

    def count(most, hint, _):
        if most not in counts:
            counts[most] = fewest(stated.limited(most))
        if defect in LINKS or counts[most] is None:
            return counts[most]
        return max(counts[most], hint.at_least) + 1

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chain, "subproblem", lambda _, most: most)
        patched.setattr(chain, "_fewest", count)
        defect(patched)
        try:
            return list(chain.chain(problem, stated, value, (), quiet))
        except (sweep.NotRefuted, check.Refused):
            return None
