"""The floors of the package: every import goes down, none goes up."""

import ast
from pathlib import Path

import pytest

import xbarmip

FLOORS = (
    "errors",
    "limits",
    "text",
    "version",
    "imports",
    "display",
    "clock",
    "linked",
    "compiled",
    "exact",
    "plain",
    "files",
    "strict",
    "data",
    "fingerprint",
    "network",
    "hardware",
    "measures",
    "constraint",
    "goal",
    "problem",
    "allocation",
    "timing",
    "constraints",
    "model",
    "solvers",
    "questions",
    "contract",
    "certificate",
    "digest",
    "export",
    "cores",
    "schedules",
    "compare",
    "warm",
    "pages",
    "reproduce",
    "cli",
    "xbarmip",  # the package itself and __main__: the roof
    "example",  # what a user writes who has the package
)
ROOMS = (  # of the dynamic program, in the same way
    "effort",
    "check",
    "sorting",
    "table",
    "state",
    "constraints",
    "timing",
    "bounds",
    "sweep",
    "primal",
    "boxes",
    "standing",
    "beside",
    "ways",
    "plain",
    "run",
    "fewest",
    "solver",
    "frontier",
)
DP = "xbarmip.solvers.dp"
COMPARE = "xbarmip.compare"
PACKAGE = Path(xbarmip.__file__).parent


def _is_shown(name: str) -> bool:
    """Whether the package itself has something of this name, and no floor."""
    return name not in FLOORS and name in xbarmip.__all__


def floor(module: str) -> int:
    """Where a module lives; a part of the package that has no floor yet is an error."""
    parts = module.split(".")
    if parts[1:] in ([], ["__init__"], ["__main__"]) or _is_shown(parts[1]):
        return FLOORS.index("xbarmip")
    return FLOORS.index(parts[1])


def imported(source: str) -> set[str]:
    """Modules that a source imports, wherever in it; a name taken from the package counts, too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            if node.module == "xbarmip":
                found |= {f"xbarmip.{alias.name}" for alias in node.names}
            else:
                found.add(node.module)
    return {module for module in found if module.split(".")[0] == "xbarmip"}


def upward(module: str, source: str) -> list[str]:
    """The imports of a module that come from a floor above its own."""
    return sorted(name for name in imported(source) if floor(name) > floor(module))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def test_every_floor_is_inhabited():
    assert {floor(module) for module in MODULES} == set(range(len(FLOORS)))


def test_imports_go_down():
    found = {name: upward(name, path.read_text("utf-8")) for name, path in MODULES.items()}
    assert {name: names for name, names in found.items() if names} == {}


def room(module: str) -> int:
    """Where a module of the dynamic program lives."""
    return ROOMS.index(module.removeprefix(f"{DP}.").split(".")[0])


def test_rooms_of_the_dynamic_program_import_downwards_and_never_in_circles():
    modules = {name: path for name, path in MODULES.items() if name.startswith(f"{DP}.")}
    modules.pop(f"{DP}.__init__")
    arrows = {
        name: {
            target
            for target in imported(path.read_text("utf-8")) | _names(path)
            if target in modules and target != name
        }
        for name, path in modules.items()
    }
    up = [(a, b) for a, ends in arrows.items() for b in ends if room(b) > room(a)]
    assert up == []
    assert sum(map(len, arrows.values())) > 50
    assert circles(arrows) == {}


def test_isolation_knows_nothing_of_what_it_serves_and_imports_never_in_circles():
    """What a row is, say, or a suite."""
    inside = f"{COMPARE}.isolation"
    arrows = {
        name: {n for n in imported(path.read_text("utf-8")) | _names(path) if n in MODULES}
        for name, path in MODULES.items()
        if name.startswith(f"{COMPARE}.")
    }
    up = [
        (name, target)
        for name, targets in arrows.items()
        for target in targets
        if name.startswith(inside) and f"{target}.".startswith(f"{COMPARE}.")
        and not target.startswith(inside)
    ]  # fmt: skip
    assert up == []
    assert circles(arrows) == {}


def circles(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of arrows when those that lead nowhere are taken away, over and over."""
    while ends := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        arrows = {name: targets for name, targets in arrows.items() if name not in ends}
    return arrows


def test_a_circle_is_found():
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert circles(arrows).keys() == {"a", "b", "c"}


def _names(path: Path) -> set[str]:
    """Modules that are imported as names out of a package."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("xbarmip.exact", "import xbarmip.errors", []),
        ("xbarmip.errors", "from xbarmip.exact import as_int", ["xbarmip.exact"]),
        ("xbarmip.network.need", "import numpy\nimport xbarmip.network.window", []),
        ("xbarmip.timing.pipeline", "def f():\n from xbarmip.model import x", ["xbarmip.model"]),
        ("xbarmip.cli.solve", "import xbarmip", ["xbarmip"]),
        ("xbarmip.solvers.x", "from xbarmip import compare", ["xbarmip.compare"]),
        ("xbarmip.__init__", "from xbarmip.cli import main", []),
    ],
)
def test_an_upward_import_is_found(module, source, found):
    assert upward(module, source) == found
