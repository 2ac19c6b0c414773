"""Which of parallel paths decide, against the maximum over all of them."""

from random import Random

import numpy as np
import pytest

from tests.onnx_graphs import GraphWriter, ended, read, started
from xbarmip.errors import InputError
from xbarmip.measures.registry import measure_of
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.need import clamped_need, printed, printed_need
from xbarmip.network.onnx.field import reach_of
from xbarmip.network.paths import Demand, formula_of
from xbarmip.network.paths import deciding as deciding_demands
from xbarmip.network.window import Broadcast, Reach, Whole, Window
from xbarmip.timing import implied
from xbarmip.timing.pipeline import cycles


def deciding(paths, height, width):
    return deciding_demands(
        [
            Demand(reach_of(height, width, tuple(p)), formula_of(tuple(p), height, width))
            for p in paths
        ]
    )


def random_window(random):
    def pair(low, high):
        return random.randint(low, high), random.randint(low, high)

    return Window(
        pair(1, 4), pair(1, 2), (*pair(0, 2), *pair(0, 2)), pair(1, 2), random.random() < 0.3
    )


def random_operator(random, size):
    """An operator that fits a map of `size`."""
    while True:
        kind = random.random()
        if kind < 0.1:
            operator = Whole()
        elif kind < 0.2:
            operator = Broadcast((random.randint(1, 5), random.randint(1, 5)))
        elif kind < 0.35:
            rows, columns = (
                tuple(random.randint(0, n) for _ in range(random.randint(1, 5))) for n in size
            )
            operator = Reach(rows, columns)
        else:
            operator = random_window(random)
        if min(behind := after(operator, size)) >= 1:
            return operator, behind


def after(operator, size):
    return operator.size(size[0], 0), operator.size(size[1], 1)


def random_paths(random, size):
    """Several paths from a map of `size` that end in maps of one size."""
    by_size = {}
    for _ in range(40):
        path, at = [], size
        for _ in range(random.randint(0, 3)):
            operator, at = random_operator(random, at)
            path.append(operator)
        by_size.setdefault(at, []).append(tuple(path))
    return max(by_size.items(), key=lambda pair: len(pair[1]))


def largest(need, paths, producer, behind):
    """The largest need over the paths, at every output of a consumer."""
    operators, consumer = behind
    maps = [need(producer, Edge("a", "b", (*path, *operators)), consumer) for path in paths]
    return [max(m(x) for m in maps) for x in range(1, consumer.outputs + 1)]


def asked_by_rule(paths, producer, behind):
    """The same by the published formula; None where it refuses one of them."""
    try:
        return largest(printed_need, paths, producer, behind)
    except InputError:
        return None


def test_what_is_left_out_decides_nothing_whatever_follows():
    random, left_out, stayed = Random(11), 0, 0
    for _ in range(150):
        size = random.randint(1, 6), random.randint(1, 6)
        producer = Layer("a", 1, 1, *size, Window((1, 1)))
        at, paths = random_paths(random, size)
        kept = [paths[number] for number in deciding(paths, *size)]
        left_out, stayed = left_out + len(paths) - len(kept), stayed + (len(kept) > 1)
        for _ in range(4):
            passed, end = random_operator(random, at)
            window = random_window(random)
            if min(after(window, end)) < 1:
                continue
            behind = (passed,), Layer("b", 1, 1, *after(window, end), window)
            assert largest(clamped_need, kept, producer, behind) == largest(
                clamped_need, paths, producer, behind
            )
            assert asked_by_rule(kept, producer, behind) == asked_by_rule(paths, producer, behind)
    assert left_out > 1000
    assert stayed > 50


def test_of_equal_paths_the_first_remains():
    same, larger = Window.square(1), Window.square(3, 1, 1)
    assert deciding([(same,), (), (same, same)], 4, 4) == [0]
    assert deciding([(), (larger,), (same, larger)], 4, 4) == [1]


def test_tall_and_wide_both_remain():
    tall, wide = Window((3, 1), pads=(1, 0, 1, 0)), Window((1, 3), pads=(0, 1, 0, 1))
    assert deciding([(tall,), (wide,), (tall, wide)], 4, 4) == [2]
    assert deciding([(tall,), (wide,)], 4, 4) == [0, 1]


@pytest.mark.parametrize("axis", [0, 1])
def test_the_last_tap_against_every_tap(axis):
    random = Random(5)
    for _ in range(400):
        window, full = random_window(random), random.randint(1, 9)
        inner = np.array([random.randint(0, full) for _ in range(random.randint(1, 9))])
        outputs = window.size(len(inner), axis)
        if outputs < 1:
            continue
        want = []
        for output in range(outputs):
            first = output * window.stride[axis] - window.pads[axis]
            taps = (first + t * window.dilation[axis] for t in range(window.kernel[axis]))
            want.append(max((inner[t] for t in taps if 0 <= t < len(inner)), default=0))
        assert window.last(inner, full, axis).tolist() == want


def test_one_affine_map_and_one_cap_stand_for_the_printed_chain():
    random = Random(6)
    for _ in range(300):
        full = n = random.randint(1, 9)
        chain, sizes = [], []
        for _ in range(random.randint(1, 4)):
            operator, (behind, _) = random_operator(random, (n, n))
            if isinstance(operator, Reach):
                continue
            chain.append(operator)
            sizes.append(n)
            n = behind
        form = printed(chain, full, 0)
        for q in range(-3, 2 * n):
            clamped = affine = q
            for operator, before in reversed(list(zip(chain, sizes, strict=True))):
                step = operator.printed(0)
                if step is None:
                    clamped = affine = full
                    break
                clamped, affine = min(step(clamped), before), step(affine)
            assert form.scale * q + form.offset == affine
            assert not chain or min(form.scale * q + form.offset, form.cap) == clamped


def ladder(writer, x, rungs, one, other):
    for _ in range(rungs):
        sides = [
            writer.node(
                "MaxPool",
                [x],
                kernel_shape=list(k),
                pads=[k[0] // 2, k[1] // 2] * 2,
                strides=[1, 1],
            )
            for k in (one, other)
        ]
        x = writer.node("Add", sides)
    return x


def read_ladder(folder, rungs, one, other):
    writer, x = started()
    ended(writer, ladder(writer, x, rungs, one, other))
    return read(folder, writer)


@pytest.mark.parametrize(
    ("one", "other", "edges"), [((3, 3), (3, 3), 1), ((3, 3), (1, 1), 2), ((3, 1), (1, 3), 6)]
)
def test_a_ladder_has_few_edges_and_the_cycles_of_all(tmp_path, one, other, edges):
    rungs = 3
    network = read_ladder(tmp_path, rungs, one, other)
    assert len(network.edges) == edges
    first, second = network.layers
    sides = [Window(k, pads=(k[0] // 2, k[1] // 2) * 2) for k in (one, other)]
    every = [
        Edge(first.name, second.name, tuple(sides[number >> rung & 1] for rung in range(rungs)))
        for number in range(2**rungs)
    ]
    full = Network("all paths", network.layers, tuple(every))
    random = Random(3)
    for _ in range(30):
        allocation = [random.randint(1, layer.outputs) for layer in network.layers]
        assert cycles(network, allocation) == cycles(full, allocation)


def test_implied_edges_do_not_depend_on_the_block(monkeypatch, tmp_path):
    w = GraphWriter((1, 3, 6, 6))
    x = w.conv("x", 3, 3, pads=[1] * 4)
    for number in range(6):
        made = w.conv(x, 3, 3, pads=[number % 2] * 4, kernel=(3, 3) if number % 2 else (1, 1))
        x = w.node("Add", [x, made]) if number % 2 else made
    network = read(tmp_path, w, x)
    view = measure_of("cycles").view(network)
    whole = implied.independent_edges.__wrapped__(view)
    assert 0 < len(whole) < len(network.edges)
    monkeypatch.setattr(implied, "_BLOCK", 5)
    assert implied.independent_edges.__wrapped__(view) == whole


def test_rows_beyond_64_bits_are_refused_by_the_published_rule():
    far = Window((1, 1), (2**20, 1))
    first, second = Layer("a", 1, 1, 1, 1, far), Layer("b", 1, 1, 1, 1, far)
    network = Network("far", (first, second), (Edge("a", "b", (far,) * 3),))
    assert network.clamped[0](1) == 1
    with pytest.raises(InputError, match="the rule 'published' asks for row"):
        _ = network.printed
