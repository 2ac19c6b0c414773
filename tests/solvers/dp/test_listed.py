"""Windows under linear constraints: the kernels against the definition, R by R."""

from random import Random

import numpy as np

from xbarmip.constraint import LinearConstraint
from xbarmip.solvers.dp.constraints import Carried
from xbarmip.solvers.dp.state.bounds import Windows
from xbarmip.solvers.dp.state.listed import fill_ends, listed, trim


def drawn(random):
    """Some sums over some of four layers, and windows."""
    largest = [random.randint(1, 7) for _ in range(4)]
    linear = [
        {
            k: np.array([random.randint(-5, 9) for _ in range(largest[k])], dtype=np.int64)
            for k in random.sample(range(4), random.randint(1, 4))
        }
        for _ in range(random.randint(1, 3))
    ]
    low = np.array([random.randint(1, most) for most in largest], dtype=np.int64)
    high = np.array([random.randint(at, most) for at, most in zip(low, largest, strict=True)])
    return linear, [random.randint(-8, 20) for _ in linear], low, high


def narrowed(linear, limits, low, high):
    """Both ends moved to an R with which the least of all others is within the limit."""
    low, high = low.copy(), high.copy()
    for terms, limit in zip(linear, limits, strict=True):
        least = {k: min(w[r - 1] for r in range(low[k], high[k] + 1)) for k, w in terms.items()}
        for k, w in terms.items():
            others = sum(each for m, each in least.items() if m != k)
            fits = [r for r in range(low[k], high[k] + 1) if w[r - 1] + others <= limit]
            if not fits:
                return None
            low[k], high[k] = fits[0], fits[-1]
    return low, high


def test_windows_end_where_a_constraint_can_still_be_met():
    random, seen = Random("trim"), set()
    for _ in range(500):
        linear, limits, low, high = drawn(random)
        expected, before = narrowed(linear, limits, low, high), (low.copy(), high.copy())
        sums = listed(linear, limits)
        moved = trim(sums, low, high, np.empty(len(sums.layer), dtype=np.int64))
        seen.add(moved)
        assert (moved < 0) == (expected is None)
        if expected is not None:
            assert (low == expected[0]).all()
            assert (high == expected[1]).all()
            assert moved == ((low != before[0]) | (high != before[1])).any()
    assert seen == {-1, 0, 1}


def test_ends_of_terms():
    random = Random("ends")
    for _ in range(200):
        linear, limits, low, high = drawn(random)
        sums = listed(linear, limits)
        least, most = np.empty((2, len(sums.layer)), dtype=np.int64)
        fill_ends(sums, low, high, least, most)
        within = [w[low[k] - 1 : high[k]] for terms in linear for k, w in terms.items()]
        assert least.tolist() == [w.min() for w in within]
        assert most.tolist() == [w.max() for w in within]


def test_a_charge_holds_for_every_allocation_and_stays_within_its_reach():
    random, found = Random("charges"), 0
    for _ in range(300):
        linear, limits, low, high = drawn(random)
        scale = random.choice([1, 2**19])  # beyond FINE weights are divided
        constraints = [
            LinearConstraint(str(n), tuple((str(k), tuple(scale * int(w) for w in weights))
                                           for k, weights in terms.items()), scale * limit)
            for n, (terms, limit) in enumerate(zip(linear, limits, strict=True))
        ]  # fmt: skip
        largest = np.array([max([len(t[k]) for t in linear if k in t] or [7]) for k in range(4)])
        carried = Carried(constraints, "0123", largest, range(4))
        windows = Windows(np.ones(4, dtype=np.int64), low, high)
        if carried.trim(windows) is None:
            continue
        charges = carried.charges(windows)
        numbers = {charge.number for charge in charges}
        for c, terms in enumerate(linear):
            binds = sum(int(w[low[k] - 1 : high[k]].max()) for k, w in terms.items()) > limits[c]
            assert (c in numbers) == binds
        for charge in charges:
            sizes = [int(abs(w).max()) for w in charge.weights.values()]
            assert abs(charge.limit) + sum(sizes) <= charge.reach
            for _ in range(20):
                r = [random.randint(int(a), int(b)) for a, b in zip(low, high, strict=True)]
                weight = sum(int(w[r[k] - 1]) for k, w in linear[charge.number].items())
                if weight <= limits[charge.number]:
                    charged = sum(int(w[r[k] - low[k]]) for k, w in charge.weights.items())
                    assert charged <= charge.limit
                    found += 1
    assert found > 300


def test_a_cap_on_one_layer_is_a_window_and_no_state():
    """Two caps on layer 0, of which the lower counts: R <= 4; labels carry nothing of them."""
    copies = tuple(range(1, 8))
    constraints = [LinearConstraint(str(most), (("0", copies),), most) for most in (5, 4)]
    carried = Carried(constraints, "0123", np.full(4, 7), range(4))
    ones = np.ones(4, dtype=np.int64)
    windows = Windows(ones, ones.copy(), 7 * ones)
    assert carried.trim(windows)
    assert windows.high.tolist() == [4, 7, 7, 7]
    assert carried.charges(windows) == []
    assert [stage.limits for stage in carried.stages] == [(), (), (), ()]
