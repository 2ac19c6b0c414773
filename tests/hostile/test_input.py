"""Small files that would take the machine: each is read, or refused by a named limit.

All cases run in forked children of one process, each under limits of memory and CPU time, so that a
limit that is missing fails a test and nothing else.
"""

import json
import re
import subprocess
import sys

import pytest
from onnx import TensorProto, helper

from tests import ROOT
from tests.network.test_paths import ladder
from tests.onnx_graphs import GraphWriter, ended, started
from xbarmip import limits
from xbarmip.errors import InputError
from xbarmip.network.onnx.limits import check_unfolded

pytestmark = pytest.mark.long

MEMORY = 2**28  # bytes beyond what the process has before it reads
SECONDS = 60  # of CPU

IMPORTS = """
import onnx.reference
import xbarmip.cli.compare, xbarmip.cli.hardware, xbarmip.cli.show
from xbarmip.cli.main import main
from xbarmip.network.onnx import read_onnx
"""
RUNNER = f"""
import json, os, resource, sys

def limited(arguments, errors):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
    pages = int(open("/proc/self/statm").read().split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + {MEMORY}
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
    status = 70
    try:
        status = main(arguments)
        sys.stdout.flush()
    finally:
        os._exit(status)

for name, arguments in json.load(open("cases.json")).items():
    child = os.fork()
    if not child:
        limited(arguments, f"{{name}}.stderr")
    _, status = os.waitpid(child, 0)
    print(json.dumps([name, os.waitstatus_to_exitcode(status)]), flush=True)
"""

LAYER = {"in_channels": 3, "out_channels": 3, "size": 8, "kernel": 1}


def network(layers=2, edges=None, **changes):
    """The text of a network whose every layer is `LAYER` with these changes."""
    table = {
        "format": "xbarmip-network",
        "version": 1,
        "name": "hostile",
        "layers": [{"name": f"l{i}", **LAYER, **changes} for i in range(layers)],
    }
    return json.dumps(table if edges is None else {**table, "edges": edges})


def edge(number=0, through=()):
    return {"from": f"l{number}", "to": f"l{number + 1}", "through": list(through)}


SUITE = 'format = "xbarmip-suite"\nversion = 1\nname = "s"\ndescription = "d"\n'
CASE = f"""{SUITE}[[case]]
name = "c"
network.layers = [
    {{ name = "a", in_channels = 1, out_channels = 1, size = 4096, kernel = 1 }},
]
crossbars = 1_000_000_000
"""


def suite(table):
    return f"{SUITE}[[family]]\nname = 'f'\nseed = 1\nspare = 4\n{table}\n"


def hardware(levels):
    head = 'format = "xbarmip-hardware"\nversion = 1\nname = "h"\nsource = "s"\n'
    return f"{head}crossbar_rows = 8\ncrossbar_columns = 8\n" + levels


def between(write):
    """A model: a convolution, what `write` makes of its result, another convolution."""
    writer, x = started()
    ended(writer, write(writer, x))
    return writer.model(writer.nodes[-1].output[0])


def rungs(count, one, other):
    return between(lambda w, x: ladder(w, x, count, one, other))


def functions(calls, times):
    """Function number n calls number calls(n) some times; the model calls the last one."""

    def write(w, x):
        return w.node("f31", [x], domain="own")

    model = between(write)
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    for number in range(32):
        called = calls(number)
        operator = (
            {"op_type": "Relu"} if called is None else {"op_type": f"f{called}", "domain": "own"}
        )
        nodes = [
            helper.make_node(
                operator["op_type"], [f"v{i}"], [f"v{i + 1}"], domain=operator.get("domain", "")
            )
            for i in range(times)
        ]
        model.functions.append(
            helper.make_function("own", f"f{number}", ["v0"], [f"v{times}"], nodes, imports)
        )
    return model


def doubled(operator, first, count, **attributes):
    """`count` times, a constant and itself put into an operator; the largest entry scales a map."""

    def write(w, x):
        made = first(w)
        for _ in range(count):
            made = w.node(operator, [made, made], **attributes)
        scale = w.node("Cast", [w.node("ReduceMax", [made], keepdims=0)], to=TensorProto.FLOAT)
        return w.node("Mul", [x, scale])

    return between(write)


def computed_shape(w, x):
    """A shape that takes 8 TB to compute: the largest of as many zeros."""
    zeros = w.node("ConstantOfShape", [w.constant([10**6, 10**6])])
    largest = w.node("Cast", [w.node("ReduceMax", [zeros], keepdims=0)], to=TensorProto.INT64)
    return w.node("Reshape", [x, w.node("Unsqueeze", [largest, w.constant([0])])])


def residual(layers):
    """Each convolution reads the sum of all before it."""

    def write(w, x):
        for _ in range(layers):
            x = w.node("Add", [x, w.conv(x, 4, 4, (1, 1))])
        return x

    return between(write)


def huge_input():
    writer = GraphWriter((1, 3, 2**40, 2**40))
    return writer.model(writer.conv("x", 4, 3, (1, 1)))


LONGEST = limits.LARGEST_EXTENT
LONG = {"size": [1, LONGEST]}
HALF = LONGEST // 2
PAD = {"kernel": 1, "pads": [HALF, 0, 0, 0]}
CROP = {"kernel": [HALF + 1, 1]}
ACROSS = {"kernel": [1, LONGEST], "pads": [0, HALF, 0, HALF - 1]}

ANSWERED = {
    "functions.onnx": functions(lambda n: n - 1 if n else None, 1),
    "ladder.onnx": rungs(20, (3, 3), (5, 5)),
    "equal-ladder.onnx": rungs(40, (3, 3), (3, 3)),
    "tall-and-wide.onnx": rungs(20, (3, 1), (1, 3)),
    "many-ways.onnx": rungs(40, (3, 1), (1, 3)),
    "constants.onnx": doubled("Add", lambda w: w.constant([0]), 60),
    "kernel.json": network(**LONG, **ACROSS),
    "channels.json": network(in_channels=limits.LARGEST_CHANNELS),
}
"""Files that are read, however large what they describe looks at first."""

REFUSED = {
    "functions-2.onnx": (
        functions(lambda n: n - 1 if n else None, 2),
        "has more than 131072 nodes",
    ),
    "functions-loop.onnx": (functions(lambda n: (n + 1) % 32, 1), "calls itself"),
    "long-way.onnx": (rungs(129, (3, 3), (1, 1)), "lies 129 operators behind"),
    "edges.onnx": (residual(370), "edges between its layers, must be at most 65536"),
    "shapes.onnx": (
        doubled("Concat", lambda w: w.node("Shape", ["x"]), 40, axis=0),
        "needs too much memory to read",
    ),
    "zeros.onnx": (between(computed_shape), "of 1000000000000 entries, must be at most"),
    "input.onnx": (huge_input(), "height must be at most 1048576, got 1099511627776"),
    "layers.json": (network(5000), "has 5000 layers, must be at most 4096"),
    "edges.json": (network(edges=[edge()] * 70_000), "has 70000 edges, must be at most 65536"),
    "extent.json": (network(size=2**24), "height must be at most 1048576, got 16777216"),
    "outputs.json": (network(size=2**20), "has 2199023255552 outputs, must be at most 67108864"),
    "positions.json": (network(edges=[edge()] * 17, **LONG), "rows and columns of need maps"),
    "passed.json": (network(edges=[edge(0, [{"kernel": 1}] * 129)]), "passes 129 operators"),
    "way.json": (
        network(edges=[edge(0, [PAD, PAD, PAD, CROP, CROP, CROP])]),
        "a map is 1572872 long, must be at most 1048576",
    ),
    "channels-2.json": (network(in_channels=10**51), "in_channels must be at most"),
    "digits.json": (network().replace("3", "9" * 5000, 1), "is not readable as JSON"),
    "nested.json": ("[" * 100_000, "is not readable as JSON"),
    "count.toml": (suite("count = 1_000_000_000\nlayers = 1"), "1000000000 times 1 layers"),
    "instances.toml": (
        CASE.replace("4096", "1").replace("1_000_000_000", f"{[*range(1, 2**14 + 2)]}"),
        "a suite has at most 16384 instances",
    ),
    "depth.toml": (suite("count = 1\nlayers = [1, 1_000_000_000]"), "up to 1000000000 layers"),
    "stages.toml": (
        suite("count = 1\nstages = { extent = 8, stages = 1_000_000, blocks = 1_000_000 }"),
        "draws up to 1000000000000 layers",
    ),
    "branches.toml": (
        suite("count = 1\nstages = { extent = 2, blocks = 2, branches = 2000 }"),
        "draws more than 65536 edges",
    ),
    "choices.toml": (
        CASE + "constraints = [{ name = 'tile-granularity', crossbars_per_tile = 8, tiles = 9 }]\n",
        "ready constraints over 16777216 values of R",
    ),
    "latency.toml": (
        CASE + "hardware = 'isaac-like'\nobjectives = ['latency']\n",
        "objective 'latency' over 16777216 values of R",
    ),
    "drawn-extent.toml": (
        suite(f"count = 1\nlayers = 1\nextent = {10**18}\noutputs = {10**40}"),
        "must be at most 1048576",
    ),
    "tiles.toml": (hardware(f"tiles = {10**30}\n"), "tiles must be at most"),
    "clock.toml": (hardware("clock_ns = 1e999999999\n"), "clock_ns must lie between"),
    "levels.toml": (
        hardware("[[memory]]\nname = 'm'\nbandwidth_GB_per_s = 1\n" * 20_000),
        "memory level name 'm' is used 20000 times",
    ),
}
"""Files that are refused, and what the one line says."""

SPECIAL = {
    "zero.onnx": "is a device or a pipe, must be a file",
    "zero.json": "is larger than 67108864 bytes",
    "zero.toml": "is larger than 67108864 bytes",
    "sparse.onnx": "bytes, must be at most 2147483648",
}
"""Links to an endless device, and a file that is nothing but long."""


def command(name):
    if not name.endswith(".toml"):
        return ["show", name]
    if name.startswith(("tiles", "clock", "levels", "zero")):
        return ["hardware", name]
    return ["compare", name, "--solvers", "greedy"]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Exit status and standard error of every case."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in {**ANSWERED, **{k: v for k, (v, _) in REFUSED.items()}}.items():
        data = content.encode() if isinstance(content, str) else content.SerializeToString()
        (folder / name).write_bytes(data)
    for name in ("zero.onnx", "zero.json", "zero.toml"):
        (folder / name).symlink_to("/dev/zero")
    with (folder / "sparse.onnx").open("wb") as file:
        file.truncate(limits.MOST_BYTES_ONNX + 1)
    cases = {name: command(name) for name in (*ANSWERED, *REFUSED, *SPECIAL)}
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + RUNNER],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    statuses = dict(json.loads(line) for line in done.stdout.splitlines())
    return {name: (statuses[name], (folder / f"{name}.stderr").read_text()) for name in cases}


@pytest.mark.parametrize("name", ANSWERED)
def test_what_only_looks_huge_is_read(outcomes, name):
    assert outcomes[name] == (0, "")


@pytest.mark.parametrize("name", [*REFUSED, *SPECIAL])
def test_a_limit_refuses_in_one_line(outcomes, name):
    status, errors = outcomes[name]
    expected = SPECIAL[name] if name in SPECIAL else REFUSED[name][1]
    assert expected in errors
    assert name in errors
    assert errors.count("\n") == 1
    assert status == 2


def test_small_files(outcomes):
    """Nothing here is large because its file is: they stay below 200 KB, but for listed edges."""
    large = {"edges.json", "layers.json", "nested.json", "levels.toml", "edges.onnx"}
    for name, content in {**ANSWERED, **{k: v for k, (v, _) in REFUSED.items()}}.items():
        size = len(content) if isinstance(content, str) else content.ByteSize()
        assert name in large or size < 200_000


def test_the_bounds_hold(tmp_path):
    """What breaks a bound is seen: the runner reports it instead of dying."""
    bad = {"memory": "x = [0] * 10**9", "time": "while True: pass"}
    (tmp_path / "cases.json").write_text(json.dumps(bad), encoding="utf-8")
    runner = RUNNER.replace("main(arguments)", "exec(arguments)").replace(str(SECONDS), "1")
    done = subprocess.run(
        [sys.executable, "-c", runner], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    ends = dict(map(json.loads, done.stdout.splitlines()))
    assert ends.keys() == bad.keys()
    assert not {0, 2} & set(ends.values())


def test_calls_from_graphs_inside_nodes_count():
    model = functions(lambda n: n - 1 if n else None, 2)
    call = model.graph.node[1]
    assert call.domain == "own"
    inner = helper.make_graph([call], "inner", [], [])
    model.graph.node[1].CopyFrom(helper.make_node("If", ["c"], ["y"], then_branch=inner))
    with pytest.raises(InputError, match="has more than 131072 nodes"):
        check_unfolded(model)
    del model.graph.node[1]
    check_unfolded(model)


def test_the_page_states_every_limit():
    page = (ROOT / "docs" / "network-format.md").read_text(encoding="utf-8")
    table = page.partition("\n## Limits\n")[2]
    numbers = {int(base) ** int(power) for base, power in re.findall(r"(\d+)\^(\d+)", table)}
    numbers |= {int(number) for number in re.findall(r"\| (\d+) \|", table)}
    stated = {v for name, v in vars(limits).items() if name.startswith(("MOST", "LARGEST"))}
    assert numbers == stated
