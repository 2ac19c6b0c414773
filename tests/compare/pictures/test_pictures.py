"""Pictures of a solution: what they show is what the timing says."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from xbarmip.cli.main import main
from xbarmip.compare.pictures.layers import layers_figure
from xbarmip.compare.pictures.pipeline import DONE, RUNS, WAITS, activity, pipeline_figure
from xbarmip.hardware.preset import load_hardware
from xbarmip.measures.cycles import CYCLES
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.library import load_network
from xbarmip.problem import Problem
from xbarmip.timing.pipeline import schedule
from xbarmip.timing.step_time import step_time


def test_activity_is_the_schedule_cycle_by_cycle():
    for number in range(100):
        random = Random(number)
        network = random_network(random, Shape(random.randint(1, 5), 7, 14, branching=0.4))
        chosen = [random.randint(1, layer.outputs) for layer in network.layers]
        share, end = activity(network, chosen)
        for line, last, finish in zip(
            share, end, schedule(CYCLES.view(network), chosen), strict=True
        ):
            assert last == finish[-1]
            assert [place + 1 for place, busy in enumerate(line) if busy > 0.5] == list(finish)
            assert np.allclose(line, np.round(line))


def test_many_cycles_share_columns():
    network = load_network("alexnet")
    share, end = activity(network, [1] * 5)
    assert share.shape == (5, 800)
    cycles = share.sum(axis=1) * int(end.max()) / 800
    assert np.allclose(cycles, [layer.outputs for layer in network.layers])


def test_the_pipeline_in_colours():
    network = load_network("alexnet")
    figure = pipeline_figure(network, [24, 6, 7, 5, 7])
    (axes,) = figure.axes
    (image,) = axes.images
    pixels = np.asarray(image.get_array())
    assert pixels.shape == (5, 148, 3)
    assert np.allclose(pixels[0, 0], RUNS)
    assert np.allclose(pixels[1, 0], WAITS)
    assert np.allclose(pixels[0, -1], DONE)
    assert np.allclose(pixels[4, -1], RUNS)
    assert axes.get_yticklabels()[0].get_text() == "conv1  R=24"
    assert [text.get_text() for text in figure.legends[0].texts] == ["runs", "waits", "done"]
    assert axes.get_title() == "alexnet: 148 cycles"
    (timed,) = pipeline_figure(network, [24, 6, 7, 5, 7], in_time=" of 2 us = 296 us").axes
    assert timed.get_title() == "alexnet: 148 cycles of 2 us = 296 us"


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_bars_are_crossbars_and_step_times_and_the_binding_layer_is_marked():
    network, hardware = load_network("alexnet"), load_hardware("isaac-like")
    problem = Problem(network, 2304, hardware=hardware)
    chosen = [28, 9, 7, 7, 7]
    above, below = layers_figure(problem, chosen).axes
    assert [bar.get_width() for bar in above.patches] == [
        r * each for r, each in zip(chosen, problem.sets, strict=True)
    ]
    time = step_time(network, hardware, chosen)
    ends = [bar.get_x() + bar.get_width() for bar in below.patches[-len(chosen) :]]
    assert np.allclose(ends, [float(layer.total * 10**6) for layer in time.layers])
    assert time.binding, "the allocation is meant to be bound by memory"
    assert words(below) == [f"binds at {level}" for _, level in time.binding]


def test_computation_binds():
    problem = Problem(load_network("alexnet"), 2304, hardware=load_hardware("isaac-like"))
    _, below = layers_figure(problem, [1] * 5).axes
    assert words(below) == []
    assert below.get_title() == "computation binds"


def test_without_hardware_the_steps_of_each_layer():
    problem = Problem(load_network("alexnet"), 2304)
    _, below = layers_figure(problem, [1, 1, 100, 100, 100]).axes
    assert [bar.get_width() for bar in below.patches] == [3025, 729, 2, 2, 2]
    assert words(below) == ["3025  most", "729", "2", "2", "2"]


# --- the command ----------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def plot(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["plot", "alexnet", *arguments])
        return status, *capsys.readouterr()

    return run


def test_all_pictures(plot):
    files = ("--pipeline", "p.png", "--layers", "l.png", "--frontier", "f.png")
    status, out, err = plot("--crossbars", "230", *files)
    assert (status, err) == (0, "")
    assert out.splitlines()[-3:] == ["written: p.png", "written: l.png", "written: f.png"]
    assert all(Path(name).read_bytes().startswith(PNG) for name in files[1::2])


def test_an_allocation_of_ones_own(plot):
    given = ("--crossbars", "2304", "--allocation", "24,6,7,5,7", "--pipeline", "p.png")
    status, out, _ = plot(*given, "--json")
    assert status == 0
    assert json.loads(out) == {
        "network": "alexnet",
        "allocation": [24, 6, 7, 5, 7],
        "pipeline": "p.png",
    }


BAD = {
    "nothing to draw": ((), "needs at least one of --pipeline, --layers, --frontier"),
    "no picture": (("--layers", "l.gif"), "must end in .png, .svg, .pdf"),
    "no folder": (("--layers", "no/l.png"), "its folder does not exist"),
    "over budget": (
        ("--layers", "l.png", "--allocation", "99,99,99,99,99"),
        "--allocation takes 22770 crossbars, the budget is 300",
    ),
    "breaks a constraint": (
        ("--layers", "l.png", "--allocation", "3,1,1,1,1", "--constraint", "powers-of-two"),
        "--allocation breaks the constraint 'powers-of-two'",
    ),
    "a constraint of one budget": (
        ("--frontier", "f.png", "--constraint", "spare-crossbars:rate=0.1"),
        "constraint 'spare-crossbars' depends on the budget",
    ),
    "too short": (("--layers", "l.png", "--allocation", "1"), "must have 5 values, got 1"),
    "frontier of a latency": (
        ("--frontier", "f.png", "--objective", "latency", "--hardware", "isaac-like"),
        "--frontier is of a count",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD.keys())
def test_bad_arguments(plot, arguments, message):
    status, out, err = plot("--crossbars", "300", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not list(Path().glob("*.png"))


def test_nothing_found_is_nothing_drawn(plot):
    status, out, err = plot("--crossbars", "3", "--pipeline", "p.png")
    assert (status, out) == (2, "")
    assert "found no allocation, INFEASIBLE" in err


def test_without_matplotlib_the_extra_is_named(plot, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    status, _, err = plot("--crossbars", "300", "--pipeline", "p.png")
    assert status == 2
    assert "extra `plot`" in err
