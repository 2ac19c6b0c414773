"""Need maps against the positions that windows read, one by one; what fails is made small."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.sample import draws
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.need import clamped_need
from xbarmip.network.window import Whole, Window

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
windows = st.one_of(
    st.builds(
        Window,
        kernel=pairs,
        stride=pairs,
        pads=st.tuples(*[st.integers(0, 3)] * 4),
        dilation=pairs,
        ceil_mode=st.booleans(),
    ),
    st.builds(Whole),
)
maps = st.tuples(st.integers(1, 7), st.integers(1, 7))


def read(window, place, size):
    """Positions of a map of `size` that the output at `place` of a window reads."""
    ranges = [
        [
            at
            for tap in range(window.kernel[axis])
            for at in [
                place[axis] * window.stride[axis] - window.pads[axis] + tap * window.dilation[axis]
            ]
            if 0 <= at < size[axis]
        ]
        for axis in (0, 1)
    ]
    return {(i, j) for i in ranges[0] for j in ranges[1]}


def needed(sizes, chain):
    """need(1), need(2), ...: the largest position behind the outputs so far, from 1; 0 for none."""
    largest, found = 0, []
    height, width = sizes[-1]
    for place in ((i, j) for i in range(height) for j in range(width)):
        places = {place}
        for window, size in zip(reversed(chain), reversed(sizes[:-1]), strict=True):
            if places and isinstance(window, Whole):  # all that the producer makes, by definition
                places = {(sizes[0][0] - 1, sizes[0][1] - 1)}
                break
            places = {each for one in places for each in read(window, one, size)}
        largest = max([largest, *(i * sizes[0][1] + j + 1 for i, j in places)])
        found.append(largest)
    return found


def need_maps_are_what_windows_read(size, pool, through, window):
    chain = [*([] if pool is None else [pool]), *through, window]
    sizes = [size]
    for each in chain:
        sizes.append(tuple(each.size(sizes[-1][axis], axis) for axis in (0, 1)))
        assume(min(sizes[-1]) >= 1)
    producer = Layer("a", 1, 1, *size, Window.square(1), pool=pool)
    consumer = Layer("b", 1, 1, *sizes[-1], window)
    need = clamped_need(producer, Edge("a", "b", tuple(through)), consumer)
    expected = needed(sizes, chain)
    assert [need(x) for x in range(1, consumer.outputs + 1)] == expected
    for target in {1, *expected}:
        first = next((x for x, n in enumerate(expected, 1) if n >= target), 0)
        assert need.first(target, consumer.outputs) == first


anything = given(maps, st.none() | windows, st.lists(windows, max_size=2), windows)
steady = settings(
    max_examples=draws(300), deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@settings(steady, derandomize=True)
@anything
def test_need_maps_are_what_windows_read(size, pool, through, window):
    need_maps_are_what_windows_read(size, pool, through, window)


@pytest.mark.fresh
@settings(steady, max_examples=3000, print_blob=True)
@anything
def test_need_maps_are_what_windows_read_whatever_they_are(size, pool, through, window):
    need_maps_are_what_windows_read(size, pool, through, window)
