"""Views that certificates state by their numbers: of registered rules, and any others."""

from dataclasses import replace
from random import Random

import pytest

import xbarmip as xb
from benchmarks.by_definition import best, varied
from tests.brute import OBJECTIVES, tiny_problem
from tests.certificate.test_write import SHAPES, quiet, some_problem
from tests.sample import draws
from tests.views import in_whole_rows
from xbarmip.certificate import check
from xbarmip.certificate.same import require_same
from xbarmip.certificate.statement import edge_numbers, stated_problem, statement
from xbarmip.certificate.sweep import NotRefuted, proof
from xbarmip.certificate.write import write_certificate
from xbarmip.errors import UnsupportedError
from xbarmip.exact import ceil_div
from xbarmip.measures.steps import register_closed_form, rule_view
from xbarmip.solvers.result import Status


def whole_rows(network):
    """Outputs are handed on in whole rows (docs/adding-a-rule.md)."""
    return in_whole_rows(rule_view(network, "pipeline"))


def anything(network):
    """Random outputs that count, tails and caps."""
    random = Random(repr(network))
    view = rule_view(network, random.choice(["pipeline", "pipeline", "published"]))
    counted = [random.randint(0, layer.outputs) for layer in network.layers]
    counted[-1] = max(1, counted[-1])
    lengths = [random.choice([None, random.randint(0, 12)]) for _ in network.edges]
    return replace(
        view,
        outputs=tuple(counted),
        capped=view.capped and random.random() < 0.8,
        tails=tuple(None if a is None else (a, random.randint(0, a)) for a in lengths),
    )


def above_of_its_own(network):
    """A need map that is not one of last rows and columns."""
    view = rule_view(network, "pipeline")
    need = tuple(replace(one, above=one.above + (one.above > 0)) for one in view.need)
    return replace(view, need=need)


@pytest.fixture(autouse=True)
def _registered():
    register_closed_form("certified rows", whole_rows)
    register_closed_form("certified view", anything)
    register_closed_form("certified above", above_of_its_own)


ADDED = [
    ("steps", "certified rows"), ("steps", "certified view"), ("interval", None), ("serial", None),
]  # fmt: skip


@pytest.mark.parametrize(("objective", "rule"), ADDED)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_registered_measure_is_certified(objective, rule, shape, tmp_path):
    random, path, optimal = Random(f"{objective} {rule} {shape}"), tmp_path / "c", 0
    for _ in range(draws(20)):
        problem = some_problem(random, shape, objective, rule)
        result = xb.solve(problem, "exhaustive")
        write_certificate(problem, result, path)
        stated, value, bound = check.verify(str(path))
        require_same(stated, stated_problem(problem))
        assert (value, bound) == (result.value, result.value)
        if result.status is Status.OPTIMAL:
            optimal += 1
            with pytest.raises(NotRefuted):
                list(proof(check.Problem(statement(problem)), result.value, quiet))
    assert optimal >= draws(6)


def test_a_need_map_that_cannot_be_stated():
    problem = xb.Problem(xb.load_network("lenet-5"), 40, objective="steps", rule="certified above")
    with pytest.raises(UnsupportedError, match=r"need map of edge 'c1' -> .*no certificate"):
        statement(problem)


def test_edges_are_listed_once_and_in_order():
    """Two branches between the same two layers that need the same are one edge."""
    network = xb.load_network("resnet-18")
    double = replace(network, edges=(*network.edges, *reversed(network.edges)))
    problem = xb.Problem(network, 2048)
    record = statement(problem)
    assert statement(replace(problem, network=double)) == record
    ends = [(edge["consumer"], edge["producer"]) for edge in record["edges"]]
    assert ends == sorted(ends)
    for number, (consumer, producer) in zip(edge_numbers(problem), ends, strict=True):
        edge = network.edges[number]
        assert (network.index[edge.consumer], network.index[edge.producer]) == (consumer, producer)


# --- views of no measure: ends anywhere, that wait for any of their outputs


@pytest.mark.parametrize(("objective", "rule"), OBJECTIVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_view(shape, objective, rule):
    """The least value is proven, and no proof is found for more."""
    random, shorter = Random(f"views {shape} {objective} {rule}"), 0
    for _ in range(draws(20)):
        problem = tiny_problem(random, shape, objective, rule, 300)
        record = varied(statement(problem), random)
        problem = check.Problem(record)
        if problem.spare < 0:
            continue
        value, allocation = best(record)
        assert problem.value(allocation) == value
        counted = zip(problem.made, problem.outputs, problem.ends, strict=True)
        shorter += any(end and made < outputs for made, outputs, end in counted)
        replayed(problem, value - 1, [*proof(problem, value - 1, quiet)])
        with pytest.raises(NotRefuted):
            list(proof(problem, value, quiet))
    assert shorter >= draws(6)


def replayed(problem, target, records):
    """Let the checker read a proof to its end."""
    lines = enumerate(records, 1)
    check.prove(lines, problem, target)
    assert not [*lines]


# --- two measures that are views: each layer alone, and one layer after the other


def test_each_layer_alone():
    """No edges, every layer an end: the longest ceil(N*/R)."""
    random = Random("interval")
    for _ in range(30):
        problem = tiny_problem(random, SHAPES[2], "cycles", None, 300)
        record = statement(problem)
        for stalls in (0, 1):
            view = {**record["view"], "stalls": stalls, "tails": []}
            layers = [{**layer, "end": 1} for layer in record["layers"]]
            own = {**record, "layers": layers, "edges": [], "view": view}
            optimum_is_certified(own, lambda steps: max(steps))


def test_one_layer_after_the_other():
    """A chain in which every layer waits for all of the one before: the sum of ceil(N*/R)."""
    random = Random("serial")
    for _ in range(30):
        problem = tiny_problem(random, SHAPES[2], "cycles", None, 300)
        record = statement(problem)
        edges, counted = [], record["view"]["counted"]
        if 0 in counted:
            continue
        for k, layer in enumerate(record["layers"][1:]):
            rows, columns = [1] * layer["outputs"], [counted[k]]
            edges.append(
                {
                    "producer": k,
                    "consumer": k + 1,
                    "width": record["layers"][k]["outputs"],
                    "rows": rows,
                    "columns": columns,
                    "growth": 0,
                }
            )
        for stalls in (0, 1):
            view = {
                **record["view"],
                "stalls": stalls,
                "tails": [None] * len(edges),
                "offset": len(edges),
            }
            layers = [
                {**layer, "end": int(k == len(edges))} for k, layer in enumerate(record["layers"])
            ]
            own = {**record, "layers": layers, "edges": edges, "view": view}
            optimum_is_certified(own, sum)


def optimum_is_certified(record, measure):
    """The checker's value is that of the formula, and its least value is proven."""
    problem, found = check.Problem(record), best(record)
    if found is None:
        return
    value, allocation = found
    assert problem.value(allocation) == value
    pairs = zip(problem.made, allocation, strict=True)
    assert value == measure([ceil_div(made, r) for made, r in pairs])
    replayed(problem, value - 1, [*proof(problem, value - 1, quiet)])
    with pytest.raises(NotRefuted):
        list(proof(problem, value, quiet))
