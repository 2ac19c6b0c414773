"""The closed form by hand, where its printed terms would be wrong."""

from xbarmip.measures.cycles import CYCLES
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.window import Window
from xbarmip.timing.closed_form import steps
from xbarmip.timing.pipeline import cycles, schedule


def test_a_layer_that_is_not_needed_puts_off_nothing():
    """A 1x1 convolution padded by 1 begins while the chain before it is still at work.

    a makes 3x3 outputs in cycles 1..9; b, 3x3 without pads, needs all of them and makes its one
    output in cycle 9. c pads that to 3x3: outputs 1..4 are padding alone and come in cycles 1..4,
    output 5 waits for b until cycle 9, outputs 6..9 come in cycles 10..13.

    PreOp_b = ceil(9/1) - 1 + 0 = 8. The first step of c needs nothing of b, so its wait is 0; a
    term f_b(0) - 1 + PreOp_b = 7 would give c 7 + 9 = 16 steps, more than the pipeline takes. As it
    is, c takes 9 by itself, and by its tail Op_b + 9 - 5 = 9 + 4 = 13.
    """
    layers = (
        Layer("a", 1, 1, 3, 3, Window.square(3, pad=1)),
        Layer("b", 1, 1, 1, 1, Window.square(3)),
        Layer("c", 1, 1, 3, 3, Window.square(1, pad=1)),
    )
    network = Network("padded", layers, (Edge("a", "b"), Edge("b", "c")))
    finishes = schedule(CYCLES.view(network), [1, 1, 1])
    assert list(finishes[2]) == [
        1,
        2,
        3,
        4,
        9,
        10,
        11,
        12,
        13,
    ]
    assert cycles(network, [1, 1, 1]) == 13
    assert steps(network, [1, 1, 1], "pipeline") == 13
