"""Kept labels that are compared all at once: those that the checker's own comparison leaves."""

from random import Random

import pytest

import xbarmip as xb
from tests.brute import OBJECTIVES
from tests.certificate.test_hostile import Listed, no_paths
from tests.certificate.test_write import SHAPES, quiet, some_problem
from xbarmip.certificate import check, dominance, sweep
from xbarmip.certificate.statement import statement
from xbarmip.solvers.result import Status


@pytest.mark.parametrize("large", [dominance.LARGE, 2])
def test_the_same_labels_are_kept(large, monkeypatch):
    """In 64 bits, and in integers of any size where numbers may leave them."""
    no_paths(monkeypatch)
    monkeypatch.setattr(dominance, "LARGE", large)
    random, dominated = Random("kept"), 0
    for _ in range(80):
        problem = some_problem(random, random.choice(SHAPES), *random.choice(OBJECTIVES))
        result = xb.solve(problem, "exhaustive")
        if result.status is not Status.OPTIMAL:
            continue
        stated, target = check.Problem(statement(problem)), result.value - 1
        if stated.time is not None:
            step = stated.time([*result.allocation.values()])
            stated, target = stated.limited(step), result.value // step - 1
        proofs = []
        for kind in (dominance.Kept, Listed):
            monkeypatch.setattr(sweep, "Kept", kind)
            proofs.append(list(sweep.proof(stated, target, quiet)))
        assert proofs[0] == proofs[1]
        dominated += sum(isinstance(line, list) and any(line[1:]) for line in proofs[0])
    assert dominated > 15


def test_more_labels_and_outputs_than_there_is_room_for(monkeypatch):
    """Rows and columns are added where a stage needs them."""
    problem = check.Problem(statement(xb.Problem(xb.load_network("alexnet"), 1024)))
    search = check.Search(problem, 10**6, [*range(len(problem.edges))], [*reversed(problem.layers)])
    stage = check.Stage(search, {0, 1}, [])
    kept, listed = dominance.Kept(stage), Listed(stage)
    random = Random("room")
    for used in range(300):
        outputs = sorted(random.sample(range(1, 400), 3))
        due = {
            1: [(x, d) for x, d in zip(outputs, sorted(random.sample(range(500), 3)), strict=True)]
        }
        label = check.Label(used, [], due, {})
        assert kept.rival(label) == listed.rival(label)
        kept.add(label)
        listed.add(label)
