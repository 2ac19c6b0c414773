"""Where the package runs: no cache folder, other systems' calls, encodings of the output."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import xbarmip.compiled
from tests.cli.test_cli import PAIR, SUITE
from tests.hostile_names import NAMES
from tests.results import row, written
from xbarmip.cli.commands import COMMANDS

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


IMPORTED = "from xbarmip.timing import pipeline"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("HOME", TIMED, b"784\n"),
        ("XDG_CACHE_HOME", IMPORTED, b""),
        ("NUMBA_CACHE_DIR", IMPORTED, b""),
    ],
)
def test_without_a_cache_folder_kernels_work_and_one_warning_names_the_setting(name, code, said):
    """/dev/null is not a folder, for root neither."""
    unset = {key: "" for key in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR") if key != name}
    done = ran(code, **unset, **{name: "/dev/null/none"})
    assert (done.returncode, done.stdout) == (0, said)
    assert done.stderr.count(b"RuntimeWarning") == 1
    assert done.stderr.count(b"NUMBA_CACHE_DIR") == 1


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
# The same in one encoding after the other, with form feeds between them.
IN_EACH_ENCODING = f"""
import json, sys
from xbarmip.cli.main import main
commands, found = json.loads(open("commands.json", encoding="utf-8").read()), []
for number, encoding in enumerate({ENCODINGS}):
    for stream in (sys.stdout, sys.stderr):
        print(end="\\f" if number else "", file=stream, flush=True)
        stream.reconfigure(encoding=encoding)
    found += map(main, commands)
json.dump(found, open(sys.argv[1], "w"))
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
PLAINLY = RUNNER.format(before="")
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


def statuses(folder, commands, code=PLAINLY, **environment):
    """Exit statuses of commands, and what they printed."""
    (folder / "commands.json").write_text(json.dumps(commands))
    done = ran(code, "statuses.json", folder=folder, **environment)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"Traceback" not in done.stderr
    return json.loads((folder / "statuses.json").read_text()), done.stdout, done.stderr


def test_every_command_is_tried():
    assert {command[0] for command in [*ALONE, COMPARE]} == {*COMMANDS, "--help"}


def test_on_another_system_in_ascii_only_what_needs_processes_refuses(folder):
    """No other encoding has fewer characters."""
    commands = [*ALONE, COMPARE]
    code = RUNNER.format(before=ELSEWHERE)
    found, out, err = statuses(folder, commands, code, PYTHONIOENCODING="ascii")
    assert found == [*EXPECTED, 2]
    assert err.count(b"needs os.fork, os.setsid, os.killpg, os.wait4") == 1
    assert_readable(out, err, "ascii")


def test_without_fcntl_a_results_file_is_refused_by_name(folder):
    code = (
        "import sys; sys.modules['fcntl'] = None\n"
        "from pathlib import Path\nfrom xbarmip.compare.journal import append\n"
        "append(Path('made.jsonl'), b'{}')"
    )
    done = ran(code, folder=folder)
    assert b"UnsupportedError: adding to a results file needs the module fcntl" in done.stderr


def assert_readable(out, err, encoding):
    assert r"\x1b]0;title\x07" in out.decode(encoding)
    assert all(line.isprintable() for line in (out + err).decode(encoding).split("\n"))


def test_a_comparison_prints_in_ascii(folder):
    found, out, err = statuses(folder, [COMPARE], PYTHONIOENCODING="ascii")
    assert found == [0]
    assert all(line.isprintable() for line in (out + err).decode("ascii").split("\n"))


def test_no_encoding_of_the_output_is_an_error(folder):
    tried = [each for each in zip(ALONE, EXPECTED, strict=True) if each[0][0] in PRINTING]
    commands, expected = zip(*tried, strict=True)
    found, out, err = statuses(folder, commands, IN_EACH_ENCODING)
    assert found == [*expected] * len(ENCODINGS)
    parts = zip(out.split(b"\f"), err.split(b"\f"), ENCODINGS, strict=True)
    for printed, said, encoding in parts:
        assert_readable(printed, said, encoding)


def test_a_stream_that_is_not_there_is_no_error(folder):
    code = RUNNER.format(before="import os; sys.stdout = sys.stderr = None; os.close(1)")
    (folder / "commands.json").write_text(json.dumps([["version"], ["solve", *BUDGET]]))
    done = ran(code, "statuses.json", folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert json.loads((folder / "statuses.json").read_text()) == [0, 0]
