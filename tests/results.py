"""Made-up results: rows as a comparison would have made them."""

from dataclasses import replace
from hashlib import sha256

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.instance import InstanceFacts
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.journal import Journal
from xbarmip.compare.row import STOPS, UNSUPPORTED, Row

FACTS = {
    "run": "r1",
    "suite": "made",
    "description": "Made up <&>.",
    "started": "2026-01-01T00:00:00+00:00",
    "solvers": {},
    "seeds": [],
    "limits": {"seconds": 60.0, "memory_bytes": 2**31, "threads": 1},
    "code": {"xbarmip": "0", "commit": None, "python": "3", "numpy": "2", "numba": "0"}
    | {"highspy": "1"},
    "machine": {"system": "s", "processor": "p", "processors": 2, "memory_bytes": 2**34},
}


def facts(name, **more):
    made = InstanceFacts(name, "net", 2, 10, (8, 8), "cycles", 4, digest=mark(name))
    return replace(made, **more)


def mark(name):
    """What stands for the digest of an instance's problem."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def row(instance, solver, seconds=1.0, value=None, bound=None, **more):
    """A row: OPTIMAL where value and bound meet, FEASIBLE with a value, UNKNOWN without."""
    status = "UNKNOWN" if value is None else "OPTIMAL" if value == bound else "FEASIBLE"
    made = Row(
        instance, solver, "net", 10, (8, 8), "cycles", None, "ANSWERED", status,
        stop="FINISHED", value=value, bound=bound, confirmed=value, seconds=seconds,
        finished="2026-01-01T00:00:00+00:00", run="r1", task=f"{instance} {solver}", suite="made",
        allocation=None if value is None else {"a": 1}, digest=mark(instance),
        proof=None if bound is None else "exact",
    )  # fmt: skip
    return replace(made, **more)


def failed(instance, solver, outcome):
    outcome = Outcome(outcome)
    status = UNSUPPORTED if outcome is Outcome.REFUSED else "UNKNOWN"
    reason = {"status": status, "stop": STOPS[outcome], "message": "because"}
    return row(instance, solver, outcome=outcome.value, **reason)


def comparison(rows, instances=None):
    names = dict.fromkeys(each.instance for each in rows)
    made = instances or [facts(name) for name in names]
    solvers = {each.solver: {} for each in rows}
    return Comparison(
        "made", FACTS["description"], tuple(made), {**FACTS, "solvers": solvers}, tuple(rows), True
    )


def written(folder, rows, run="r1", **more):
    """A results file of these rows; its path."""
    made = comparison(rows)
    journal = Journal.open(folder, "made", run)
    instances = [each.as_dict() for each in made.instances]
    journal.write("run", {**made.facts, "instances": instances, **more, "run": run})
    for each in rows:
        journal.write("row", {**each.as_dict(), "run": run})
    return journal.path
