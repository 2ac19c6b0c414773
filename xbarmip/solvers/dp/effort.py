"""How much is done of everything: each knob of the dynamic program, by what it turns.

None of them changes an answer, only the time and memory that it takes, and how far a search gets
within a limit. "Labels" beside a knob are those of nine networks when it is halved, and doubled, in
shares of those with the shipped value (`benchmarks/knobs.py`, results/benchmarks/knobs.md); where
seconds followed, they stand there, too, good to a fifth. The others were set once, by
`benchmarks/published.py`, `onnx_models.py` and `growth.py`.
"""

from bisect import bisect_right
from fractions import Fraction
from typing import NamedTuple

# The sweep
BEAM = 32  # labels that the first beams keep, and times 4 in every round
# labels 0.57, 1.33; seconds 0.95, 0.54 to 0.7: a wider one pays here; of the time on the published
# cases it takes 0.97, on eleven cases of ONNX models 0.91, on some of these 1.1
OVERSIZE = 4  # times the width of a beam: labels compared for dominance; labels 0.93, 1.01
COMPARED_FIRST = 2048  # labels up to which they are compared before the forward pass; labels 1, 1
LABELS_AT_ONCE = 128  # decided between two looks at the watch; labels 1, 1
COMPARED_AT_ONCE = 512  # compared between two looks at the watch; labels 1, 1
PAUSED_SWEEPS = 4  # that gave up and may go on, each with its labels in memory; labels 1, 1

# Dominance
SAMPLES = 32  # deadlines of a label that are compared before all of them are
LEAST_SAMPLES = 4  # of every staircase
SAMPLED_FROM = 4096  # pairs that the outputs to sample are taken from
RANKS = 32  # of a column of signatures
MARKED = 512  # signatures that the ranks are told apart by

# Least times for a slack: 512 levels and 16 points keep the tables of 100 layers below 10 MB
LEVELS = 512  # slack is rounded up to one of this many levels; labels 1.01, 1.00
POINTS = 16  # outputs of a layer with least times; labels 1.15, 0.75; seconds 0.86, 0.68, but
# on the published cases 32 take 1.09 of the time
EVEN = 4  # of the points, spread evenly over the outputs
GRID_CANDIDATES = 512  # for points of one layer
GROUPS = 64  # groups of R in a window; the first half are single values

# Windows
WINDOW_ROUNDS = 4  # of narrowing the windows by what the layers must spend; labels 1.00, 1
PATH_ROUNDS = (2, 2, 3)  # of narrowing them by the path bound, by effort; labels 0.93, 0.89
REMEMBERED = 4  # targets whose cuts are kept

# The linear program of the path bound
MENU, MENU_SEEDED = 16, 4  # R of each layer to begin with, without seeds and with some
# labels 0.93, 0.90 without; 12.6, 0.97 with seeds, where 2 are too few: seconds 1.31, 0.90
GOOD = 1 / 2_000  # of the budget: what a choice may cost more than none to be a seed
PROGRAM_ROUNDS = (12, 20, 100)  # of rows and columns, by effort; labels 0.97, 0.98
ITERATIONS, BY_LAYER = 1500, 12  # of the simplex algorithm in one call, or for each layer
LITTLE = (1 / 500, 1 / 5_000, 1 / 50_000)  # of the budget: a change that does not count, by effort
# labels 0.91, 0.93
SMOOTH = 0.3  # share of the latest mixture in the mean at which paths are looked for
# labels 1.24, 0.95
SCALE = 2**20  # price of a crossbar, where that fits
EVENLY = 200  # parts of a layer, each with an entry for paths; labels 1.04, 1.02
PATHS, PATHS_APART = 6, 10  # paths returned at once (labels 1.10, 1.00), or one for so many layers
PATH_TOLERANCE = 1e-9  # of the target: a path that is longer by this is not too long
ARCS_FROM = 400  # layers: the linear program is told from arcs, not from paths; with 316 a chain is
# proven within a minute without, and less deep networks are left as they were
DEEP_PART = 3  # the next target of a deep network lies so far above the bound, of what is open
COARSE = 16  # parts of what is open: exchanges at first look no closer
INTERIOR_STEPS = 80  # iterations of one program of arcs
GAPS = (1e-2, 1e-3, 3e-4)  # relative, to which a program of arcs is solved, by effort
ENTRIES = 6  # of each layer that a program of arcs begins with
NEARBY = (2 / 3, 5 / 6, 1, 6 / 5, 3 / 2)  # times the R of an allocation: choices it begins with
UNUSED, UNUSED_ROUNDS = 1e-3, 2  # of all flow: an entry with less is left out after so many rounds
HELD = 1e-3  # share of a choice that is never left out
HELD_INSIDE = 1e-6  # share of a choice in a mixture of interior points: less is none
FINE = 2**20  # as fine as a linear constraint is looked at

# Boxes
BOX_LABELS = 128  # of a sweep in a box; labels 1, 1
BOX_EFFORT = 1  # for the path bound of a box
DECIDED = 1e-6  # a mixture that is no farther from whole numbers is decided

# Starts
LONGER = 32  # under constraints each start has one part in so many more steps than the one before

# Exchange
EXCHANGES_AT_FIRST, EXCHANGES_NEARBY, EXCHANGES_AFTER_BEAM = 4, 64, 256  # rounds
# the first: labels 0.93, 0.79, seconds 1.03, 1.07; the last: 1, 1
OUTPUTS_AT_ONCE = 2**23  # outputs, summed over rounds, between two looks at the watch
TOO_DEAR = 2  # budgets: an allocation that takes more is given up
SAVED_AT_ONCE = 8  # of what a target is missed by, one part in so many is saved at once
RAISED_IN_A_ROW, RAISED_ANYWHERE = 7, 4  # fewer layers than this are raised in a round
NEIGHBOURS, TRIALS = 5, 4  # layers in a row that exchange copies in deep networks, and how often

# The frontier
POINT_BEAMS = 4  # times BEAM: labels of a search for the cheapest allocation of a point, which
# mostly ends in a proof
FEWEST_ROUNDS = 3  # of widening it by 4 where the target is given, before other ways are taken


class Effort(NamedTuple):
    """How much is done, in a round of some width, of what moves bound and value.

    Attributes
    ----------
    labels : int
        Times the width: labels of a sweep that is to refute a target.
    boxes : Fraction
        Times the width: boxes of a target.
    widths : tuple of int
        Widths of sweeps from which on more is done for the path bound.
    """

    labels: int
    boxes: Fraction
    widths: tuple[int, ...]


# Where exchanges have come near the optimum, wide sweeps with sharp path bounds do the rest.
# Elsewhere sharp bounds cost more than they save at first, and boxes find good allocations, too.
# Halved and doubled, neither changes the labels of the nine networks.
NEAR = Effort(labels=32, boxes=Fraction(1, 128), widths=(0, 128))
FAR = Effort(labels=8, boxes=Fraction(1), widths=(500, 5000))


def effort_of(width: int | None, widths: tuple[int, ...]) -> int:
    """How much to do for the path bound before a sweep of some width: it pays in wide ones."""
    return len(widths) if width is None else bisect_right(widths, width)
