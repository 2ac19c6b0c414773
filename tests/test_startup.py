"""Nothing is imported before it is used; the package shows itself."""

import subprocess
import sys
from importlib import import_module

import cloudpickle
import pytest

import xbarmip as xb
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.main import main

HEAVY = {"numpy", "numba", "scipy", "networkx", "onnx", "pyomo", "highspy", "matplotlib", "rich",
         "distributed", "psutil", "cloudpickle", "asyncio", "scipy.linalg",
         "numba.np.arraymath"}  # fmt: skip
LISTED = "import sys; print(*(set(sys.modules) & {heavy!r}))"


def loaded(code):
    """Heavy libraries that a fresh Python has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LISTED.format(heavy=HEAVY)}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


SMALL = ["--version"], ["--help"], ["check", "none"], ["version"]


def test_importing_the_package_and_small_commands_load_no_library():
    code = f"import xbarmip; from xbarmip.cli.main import main; [*map(main, {SMALL})]"
    assert loaded(code) == set()


def test_a_solve_loads_what_it_uses(capsys):
    tiny = ["solve", "lenet-5", "--crossbars", "12"]
    assert main(tiny) == 0  # from now on its machine code is kept, and the compiler is not needed
    code = f"from xbarmip.cli.main import main; assert not main({tiny!r})"
    assert loaded(code) == {"numpy", "numba", "scipy", "highspy", "rich"}


@pytest.mark.parametrize(
    "imports",
    ["import xbarmip, pyomo.environ as pyo", "import pyomo.environ as pyo, xbarmip"],
)
def test_pyomo_knows_the_solvers_whichever_comes_first(imports):
    assert "pyomo" in loaded(f"{imports}\nassert pyo.SolverFactory('xbarmip_dp').available()")


def test_compare_is_a_package_and_a_function_and_every_command_has_a_module():
    imports = "import xbarmip as xb; from xbarmip.compare import Row; assert callable(xb.compare); "
    imports += "".join(f"import xbarmip.cli.{name} as command; command.add; " for name in COMMANDS)
    assert loaded(f"{imports}import sys; assert 'xbarmip.cli.main' not in sys.modules")


def test_what_the_package_offers_is_there():
    for home in (xb, xb.hardware, xb.certificate, import_module("xbarmip.compare")):
        for name in home.__all__:
            assert getattr(home, name) is not None
    with pytest.raises(AttributeError):
        xb.nothing  # noqa: B018


def test_the_package_goes_to_other_processes_by_name():
    for home in (xb, xb.hardware, import_module("xbarmip.compare")):
        assert cloudpickle.loads(cloudpickle.dumps(home)) is home


def test_objects_show_themselves():
    network = xb.load_network("alexnet")
    problem = xb.Problem(network, 2304, 128, objective="steps", rule="published")
    result = xb.Result("dp", xb.Status.OPTIMAL, xb.Stop.FINISHED, 44, 44, {"<b>": 3},
                       xb.Proof.EXACT, 0.25)  # fmt: skip
    assert str(network) == "alexnet: 5 layers, 4 edges"
    assert str(problem) == ("alexnet: least steps (published) within 2304 crossbars of 128x128")
    assert str(result) == "OPTIMAL (value 44, bound 44, exact proof, dp, 0.25 s)"
    for shown in (network, problem, result):
        assert shown._repr_html_().startswith("<table><caption>")
    assert "<td>&lt;b&gt;</td><td>3</td>" in result._repr_html_()


def test_answers_show_themselves():
    problem = xb.Problem(xb.load_network("lenet-5"), 12)
    chip = xb.SharedChip((problem,), share="slowest")
    bounded = xb.Problem(problem.network, 12, constraints=[xb.constraints.PowersOfTwo()])
    for shown, cell in (
        (xb.frontier(problem), "<td>12</td><td>201</td>"),
        (xb.pareto(problem, "interval"), "<th>cycles</th><th>interval</th>"),
        (xb.score(problem, [1] * 5), "<td>value</td><td>784</td>"),
        (xb.solve_shared(chip), "<td>1</td><td>12</td><td>201</td>"),
        (xb.explain(bounded), "<td>exhaustive</td>"),
    ):
        assert shown._repr_html_().startswith("<table><caption>")
        assert cell in shown._repr_html_()
    pipeline = xb.Pipeline(problem.network, [1] * 5)
    assert pipeline._repr_svg_().startswith("<svg")
    with pytest.raises(xb.InputError):
        xb.Pipeline(problem.network, [1])
