"""Where the package runs: no cache folder, other systems' calls, encodings of the output."""

import json
import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

import xbarmip.compiled
from tests.cli.test_cli import PAIR, SUITE
from tests.hostile_names import NAMES
from tests.results import row, written
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.main import main
from xbarmip.compare.journal import append
from xbarmip.errors import UnsupportedError

pytestmark = pytest.mark.long

ENCODINGS = ("ascii", "latin-1", "cp1252")


def ran(code, *arguments, folder=".", **environment):
    """What a fresh Python makes of some code."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, check=False,
    )  # fmt: skip


# --- the cache of compiled kernels ----------------------------------------------------------------

TIMED = "import xbarmip as xb\nprint(xb.cycles(xb.load_network('lenet-5'), [1] * 5))"


def test_without_a_cache_folder_one_warning_names_the_setting():
    """/dev/null is not a folder, for root neither."""
    unset = {"XDG_CACHE_HOME": "", "NUMBA_CACHE_DIR": ""}
    done = ran("from xbarmip.timing import pipeline", **unset, HOME="/dev/null/none")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.count(b"RuntimeWarning") == 1
    assert done.stderr.count(b"NUMBA_CACHE_DIR") == 1


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "NUMBA_CACHE_DIR"])
def test_kernels_work_where_a_setting_names_no_folder(name, monkeypatch, tmp_path):
    package, folders = xbarmip.compiled, {"XDG_CACHE_HOME": tmp_path, name: "/dev/null/none"}
    monkeypatch.setattr(package, "_folder", package._folder.__wrapped__)
    monkeypatch.setattr(package, "_warn", cache(package._warn.__wrapped__))
    monkeypatch.setattr(package, "KERNELS", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(folders["XDG_CACHE_HOME"]))
    monkeypatch.setattr(package._settings, "CACHE_DIR", folders.get("NUMBA_CACHE_DIR", ""))
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR") as warned:
        doubled, halved = package.making(lambda n: n * 2), package.making(lambda n: n // 2)
    assert len(warned) == 1
    assert (doubled(21), halved(42)) == (42, 21)


def test_numba_s_setting_names_the_folder(tmp_path):
    done = ran(TIMED, NUMBA_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        b"xbarmip: compiling the kernels, once; `xbarmip warm` does it beforehand"
    ]
    assert list(tmp_path.glob("xbarmip/*/*/*.nbi"))


@pytest.fixture
def folder_of(monkeypatch):
    """The cache folder of this package's own module, worked out anew."""
    source = Path(xbarmip.compiled.__file__)
    return lambda: xbarmip.compiled._folder.__wrapped__(source)


def test_a_user_without_a_home_has_no_cache(folder_of, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(xbarmip.compiled._settings, "CACHE_DIR", "")
    monkeypatch.setattr(Path, "home", homeless)
    assert folder_of() is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_has_no_room_for_a_cache(folder_of, monkeypatch, tmp_path):
    monkeypatch.setattr(xbarmip.compiled._settings, "CACHE_DIR", str(tmp_path))
    assert folder_of().is_relative_to(tmp_path)
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(xbarmip.compiled, "TemporaryFile", lambda **_: full)
        assert folder_of() is None


def test_code_that_checks_indices_is_kept_apart(folder_of, monkeypatch, tmp_path):
    monkeypatch.setattr(xbarmip.compiled._settings, "CACHE_DIR", str(tmp_path))
    plain = folder_of()
    monkeypatch.setattr(xbarmip.compiled._settings, "BOUNDSCHECK", 1)
    assert folder_of() != plain


# --- every command, in other surroundings ---------------------------------------------------------

# Runs each command in one process and files the exit statuses; what the commands print goes out.
RUNNER = """
import json, sys
{before}
from xbarmip.cli.main import main
commands = json.loads(open("commands.json", encoding="utf-8").read())
json.dump([main(command) for command in commands], open(sys.argv[1], "w"))
"""
# What Windows has not; whatever the libraries need of it they have taken by then.
ELSEWHERE = """
import os, signal, socket
import highspy, matplotlib.figure, numba, numpy, onnx, psutil, pyomo.environ, rich.console
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for module, names in (
    (os, "fork setsid killpg wait4 WNOHANG sched_getaffinity getppid"),
    (signal, "SIGKILL SIGALRM SIGHUP"),
    (socket, "send_fds recv_fds socketpair AF_UNIX"),
):
    for name in names.split():
        delattr(module, name)
import ctypes
ctypes.CDLL = None
"""
ODD = {
    **PAIR,
    "name": NAMES[-1],
    "layers": [{**PAIR["layers"][0], "name": name} for name in (NAMES[11], NAMES[13], NAMES[-1])],
}
BUDGET = ("odd.json", "--crossbars", "6", "--size", "8")
ALONE = [
    ["solve", *BUDGET],
    ["solve", *BUDGET, "--certificate", "odd.cert"],
    ["solve", *BUDGET, "--json"],
    ["check", "odd.cert"],
    ["export", *BUDGET, "--output", "odd.opb", "--format", "opb"],
    ["explain", *BUDGET],
    ["frontier", "odd.json", "--up-to", "6", "--csv", "odd.csv"],
    ["bandwidth", "odd.json", "--crossbars", "6", "--hardware", "isaac-like"],
    ["place", "odd.json", "--cores", "2", "--crossbars-per-core", "8", "--size", "8"],
    ["schedule", "odd.json", "--crossbars", "2", "--size", "8", "--write-cycles", "1"],
    ["simulate", "odd.json", "--allocation", "1,2,2"],
    ["score", *BUDGET, "--allocation", "chosen.json"],
    ["plot", *BUDGET, "--layers", "odd.png"],
    ["explore", "odd.json", "--up-to", "6", "--size", "8", "--output", "odd.html"],
    ["report", "made.jsonl", "--html", "r.html", "--markdown", "r.md", "--csv", "r.csv"],
    ["regress", "made.jsonl", "made.jsonl"],
    ["merge", "made.jsonl", "--output", "all.jsonl"],
    ["networks"],
    ["show", "odd.json"],
    ["hardware"],
    ["suites"],
    ["suite", "check", "mine.toml"],
    ["version"],
    ["doctor"],
    ["warm"],
    ["--help"],
    ["completion", "bash"],
    ["show", NAMES[-1]],
    ["reproduce", "li-han-chen-2023", "--parts", NAMES[-1], "--output", "pages"],
]  # fmt: skip
COMPLETES = 0 if find_spec("shtab") else 2
EXPECTED = [0] * (len(ALONE) - 3) + [COMPLETES, 2, 2]  # the last two: of what does not exist
PRINTING = ("solve", "explain", "simulate", "show", "reproduce")  # names, out and as errors
COMPARE = ["compare", "mine.toml", "--solvers", "dp", "--output", "out"]


@pytest.fixture
def folder(tmp_path):
    """A folder with hostile names in its files."""
    (tmp_path / "odd.json").write_text(json.dumps(ODD))
    (tmp_path / "pair.json").write_text(json.dumps(PAIR))
    (tmp_path / "chosen.json").write_text(json.dumps([1, 2, 2]))
    (tmp_path / "mine.toml").write_text(SUITE.replace("One pair.", NAMES[-1]), encoding="utf-8")
    rows = [row(name, "a", 1.0, 2, 2) for name in NAMES]
    written(tmp_path, rows)
    return tmp_path


def test_every_command_is_tried():
    assert {command[0] for command in [*ALONE, COMPARE]} == {*COMMANDS, "--help"}


@pytest.mark.around
def test_on_another_system_in_ascii_only_what_needs_processes_refuses(folder):
    """No other encoding has fewer characters."""
    (folder / "commands.json").write_text(json.dumps([*ALONE, COMPARE]))
    code = RUNNER.format(before=ELSEWHERE)
    done = ran(code, "statuses.json", folder=folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert json.loads((folder / "statuses.json").read_text()) == [*EXPECTED, 2]
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"needs os.fork, os.setsid, os.killpg, os.wait4") == 1
    assert_readable(done.stdout, done.stderr, "ascii")


def test_without_fcntl_a_results_file_is_refused_by_name(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(UnsupportedError, match="adding to a results file needs the module fcntl"):
        append(folder / "made.jsonl", b"{}")


def assert_readable(out, err, encoding):
    assert r"\x1b]0;title\x07" in out.decode(encoding)
    assert_printable(out, err, encoding)


def assert_printable(out, err, encoding):
    assert all(line.isprintable() for line in (out + err).decode(encoding).split("\n"))


@pytest.fixture
def printed(monkeypatch, folder):
    """What a command prints where both streams have an encoding."""
    monkeypatch.chdir(folder)

    def run(command, encoding, status=0):
        streams = [TextIOWrapper(BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patched:
            for name, stream in zip(("stdout", "stderr"), streams, strict=True):
                patched.setattr(sys, name, stream)
            assert main(command) == status
        for stream in streams:
            stream.flush()
        return [stream.buffer.getvalue() for stream in streams]

    return run


def test_a_comparison_prints_in_ascii(printed):
    out, err = printed(COMPARE, "ascii")
    assert b"AGREE" in out
    assert_printable(out, err, "ascii")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_of_the_output_is_an_error(printed, encoding):
    tried = [each for each in zip(ALONE, EXPECTED, strict=True) if each[0][0] in PRINTING]
    said = [printed(command, encoding, status) for command, status in tried]
    out, err = (b"".join(each) for each in zip(*said, strict=True))
    assert_readable(out, err, encoding)


def test_a_stream_that_is_not_there_is_no_error(folder):
    code = RUNNER.format(before="import os; sys.stdout = sys.stderr = None; os.close(1)")
    (folder / "commands.json").write_text(json.dumps([["version"], ["solve", *BUDGET]]))
    done = ran(code, "statuses.json", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((folder / "statuses.json").read_text()) == [0, 0]
