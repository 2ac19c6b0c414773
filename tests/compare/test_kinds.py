"""Schedules and placements in suites: run, judged, resumed and certified like allocations."""

from dataclasses import dataclass, replace

import pytest

import xbarmip as xb
from xbarmip.compare.instance import Instance, Suite
from xbarmip.compare.integer_suite import write_integer_suite
from xbarmip.compare.kinds import kind_of
from xbarmip.compare.recorder import row_here
from xbarmip.compare.resume import refusal
from xbarmip.compare.run import compare
from xbarmip.compare.suite import read_suite
from xbarmip.compare.verdict import judge
from xbarmip.errors import InputError, UnsupportedError
from xbarmip.schedules.door import make_schedule_solver
from xbarmip.schedules.result import answer
from xbarmip.solvers.protocol import Limits

LENET = xb.load_network("lenet-5")
SCHEDULE = xb.Schedule(LENET, 8, write_cycles=2, batch=3)
PLACEMENT = xb.Placement(LENET, 4, 12)
MIXED = Suite(
    "mixed",
    "one of each",
    (
        Instance("allocation", xb.Problem(LENET, 12)),
        Instance("schedule", SCHEDULE),
        Instance("placement", PLACEMENT),
    ),
)


def test_a_name_runs_on_the_kinds_that_have_it(tmp_path):
    wanted = ["dp", "search", "even", "greedy"]
    found = compare(MIXED, wanted, time_limit=60, output=tmp_path, certify=True)
    ran = [(row.instance, row.solver, row.confirmed, row.certified) for row in found.rows]
    assert ran == [
        ("allocation", "dp", 201, "yes"),
        ("allocation", "greedy", found.rows[1].confirmed, ""),
        ("schedule", "dp", 416, "yes"),
        ("schedule", "even", 436, ""),
        ("placement", "search", 248, "yes"),
    ]
    assert found.counts["AGREE"] == 3
    again = compare(MIXED, wanted, time_limit=60, output=tmp_path, certify=True, resume=True)
    assert [row.finished for row in again.rows] == [row.finished for row in found.rows]


@pytest.mark.parametrize(
    ("instances", "solvers", "message"),
    [
        (MIXED.instances, ["best"], "solver must be one of dp, milp"),
        (MIXED.instances[1:2], ["greedy"], "solver must be one of dp, milp, exhaustive, filling"),
        (MIXED.instances[:1], ["filling"], "solver must be one of dp, milp"),
        (MIXED.instances, ["dp", "dp"], "solver 'dp' is listed 2 times"),
    ],
)
def test_names_that_are_of_no_kind_are_refused(instances, solvers, message):
    with pytest.raises(InputError, match=message):
        compare(replace(MIXED, instances=instances), solvers)


@dataclass(frozen=True)
class Liar:
    """Answers about a schedule whatever it is told to."""

    lie: str
    name: str = "liar"

    def unsupported(self, schedule):
        return ("it refuses",) if self.lie == "refuses" else ()

    def solve(self, schedule, watch):
        true = xb.schedule(schedule)
        if self.lie == "bound":
            return replace(true, bound=true.value + 1, value=true.value + 1)
        if self.lie == "infeasible":
            return replace(true, status=xb.Status.INFEASIBLE, value=None, bound=None, plan=None,
                           allocation=None, proof=None)  # fmt: skip
        return replace(true, plan=true.plan[1:])


@pytest.mark.parametrize(
    ("lie", "verdict"),
    [
        ("bound", "VALUE_MISMATCH"),
        ("infeasible", "INFEASIBILITY_CONFLICT"),
        ("plan", "INVALID_ALLOCATION"),
        ("refuses", "AGREE"),
    ],
)
def test_liars_are_caught(lie, verdict):
    instance = MIXED.instances[1]
    rows = [
        row_here(instance, solver, Limits()) for solver in (make_schedule_solver("dp"), Liar(lie))
    ]
    assert judge(instance.facts, rows).kind == verdict


def test_a_row_is_evaluated_anew():
    instance = MIXED.instances[1]
    row = row_here(instance, make_schedule_solver("dp"), Limits())
    assert refusal(instance, row) == ""
    assert "its plan takes 415, it takes 416" in refusal(instance, replace(row, confirmed=415))
    for cuts in ([0], [1], [0, 99], [0, 2, 1], None):
        assert "has no plan" in refusal(instance, replace(row, statistics={"cuts": cuts}))
    other = replace(instance, problem=replace(SCHEDULE, batch=2))
    assert "is of another problem" in refusal(other, row)


def test_a_digest_says_which_problem_it_is():
    changes = [
        {"crossbars": 9}, {"write_cycles": 3}, {"batch": 4}, {"divide": True},
        {"objective": "steps"}, {"network": xb.load_network("alexnet"), "crossbars": 800},
    ]  # fmt: skip
    made = [SCHEDULE, *(replace(SCHEDULE, **change) for change in changes)]
    made += [PLACEMENT, *(replace(PLACEMENT, **{k: v}) for k, v in
                          (("cores", 5), ("crossbars_per_core", 13), ("split", True)))]  # fmt: skip
    digests = [kind_of(problem).digest(problem) for problem in made]
    assert len(set(digests)) == len(digests)
    renamed = replace(SCHEDULE, network=replace(LENET, name="other"))
    assert kind_of(renamed).digest(renamed) == digests[0]


HEAD = 'format = "xbarmip-suite"\nversion = 1\nname = "s"\ndescription = "d"\n'
CASE = '[[case]]\nnetwork = "lenet-5"\n'


def test_cases_of_schedules_and_placements(tmp_path):
    (tmp_path / "s.toml").write_text(
        HEAD
        + CASE + 'crossbars = [8, 9]\nwrite_cycles = [0, 5]\nobjectives = ["steps/published"]\n'
        + CASE + 'cores = 4\ncrossbars_per_core = 12\nobjectives = ["core-interval"]\n'
        + '[[family]]\nname = "f"\nseed = 1\ncount = 2\nlayers = 2\nbudget_factor = 0.5\nsize = 8\n'
        + "batch = [2, 3]\n",
        encoding="utf-8",
    )  # fmt: skip
    suite = read_suite(tmp_path / "s.toml")
    names = [instance.name for instance in suite.instances]
    assert names[:5] == [
        "lenet-5@128/8/W=0/b=1/steps/published",
        "lenet-5@128/8/W=5/b=1/steps/published",
        "lenet-5@128/9/W=0/b=1/steps/published",
        "lenet-5@128/9/W=5/b=1/steps/published",
        "lenet-5@128/4x12/core-interval",
    ]
    assert suite.instances[1].problem == xb.Schedule(
        LENET, 8, 128, "steps", "published", write_cycles=5
    )
    assert {instance.problem.batch for instance in suite.instances[5:]} <= {2, 3}
    assert suite.allocations == ()
    with pytest.raises(UnsupportedError, match="integers state allocations alone"):
        write_integer_suite(suite)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("batch = 0\ncrossbars = 8\n", "batch must be at least 1"),
        ("write_cycles = [1, 1]\ncrossbars = 8\n", "write_cycles must be a value, or some that"),
        ("batch = 2\ncores = 4\n", "batch is of segments, cores of cores"),
        ("batch = 2\ncrossbars = 8\noptimum = 3\n", "optimum is of an allocation, batch is not"),
        ("cores = 4\ncrossbars = 8\n", "crossbars is of an allocation, cores is not"),
        ("batch = 2\n", "needs either crossbars or budget_factor"),
        ('batch = 2\ncrossbars = 8\nobjectives = ["serial"]\n', "objective of a schedule must be"),
        ("off_chip = true\ncrossbars = 8\n", "off_chip needs hardware"),
    ],
)
def test_what_a_case_may_not_say(keys, message, tmp_path):
    (tmp_path / "s.toml").write_text(HEAD + CASE + keys, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_suite(tmp_path / "s.toml")


def test_a_chip_too_small_is_infeasible_to_all():
    asked = xb.Schedule(LENET, 1, 16)
    assert asked.obstacle
    instance = Instance("small", asked)
    rows = [row_here(instance, make_schedule_solver(n), Limits()) for n in ("dp", "exhaustive")]
    assert judge(instance.facts, rows).kind == "AGREE"
    assert answer(asked, "dp", None, None).status == rows[0].status == "INFEASIBLE"


def test_integers_of_version_1_are_refused_with_the_command_that_writes_them_anew(tmp_path):
    path = tmp_path / "old.json"
    path.write_text('{"format": "xbarmip-integers", "version": 1, "name": "old"}')
    with pytest.raises(InputError, match=r"version 1 is not read any more.*xbarmip suite export"):
        read_suite(path)
