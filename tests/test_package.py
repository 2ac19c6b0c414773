"""What is published: the sdist holds all that the wheel is made of, and the wheel works alone."""

import os
import subprocess
import sys
import tarfile
from email.parser import Parser
from zipfile import ZipFile

import pytest

from tests import ROOT

pytest.importorskip("build")
pytest.importorskip("hatchling")
pytestmark = [pytest.mark.long, pytest.mark.around]

# No machine code: a package in a new place would compile its kernels anew.
ALONE = {"NUMBA_DISABLE_JIT": "1", "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the sdist, and of the wheel that is made of it and of nothing else."""
    folder = tmp_path_factory.mktemp("dist")
    call = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A folder that holds the wheel's files, as pip lays them."""
    place = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    call = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(place)]
    subprocess.run([*call, "--disable-pip-version-check", str(wheel)], check=True)
    return place


def test_the_wheel_has_the_package_its_data_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    names = ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"xbarmip", "xbarmip-0.1.0.dist-info"}
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "xbarmip").rglob("*.py*")}
    data = {
        f"xbarmip/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "instances").rglob("*.*ml")
    }
    assert {name for name in shipped | data if "__pycache__" not in name} <= set(names)
    about = Parser().parsestr(
        ZipFile(wheel).read("xbarmip-0.1.0.dist-info/METADATA").decode("utf-8")
    )
    assert about["Requires-Python"] == ">=3.11" and "xbarmip" in about.get_payload()


def test_the_sdist_has_what_a_packager_needs(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile"} <= names
    assert any(name.startswith("tests/") for name in names)
    assert not any(name.startswith((".venv", "build/")) for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("solve", "lenet-5", "--crossbars", "12"), "201 cycles, OPTIMAL, exact proof"),
        (
            ("solve", "onnx:light_squeezenet", "--crossbars", "9", "--solver", "greedy"),
            "INFEASIBLE",
        ),
        (("suites",), "ladder"),
        (("hardware",), "isaac-like"),
        (("doctor",), "kernels compiled"),
        (("suite", "new-solver", "mine.py"), "written: mine.py"),
    ],
)
def test_the_wheel_works_outside_of_the_checkout(installed, tmp_path, arguments, said):
    env = {**ALONE, "PYTHONPATH": str(installed)}
    where = "import xbarmip; print(xbarmip.__file__)"
    run = {"capture_output": True, "text": True, "cwd": tmp_path, "env": env}
    found = subprocess.run([sys.executable, "-c", where], check=True, **run).stdout
    assert found.startswith(str(installed))
    call = [sys.executable, "-m", "xbarmip", *arguments]
    done = subprocess.run(call, check=False, **run)
    assert said in done.stdout, done.stderr
