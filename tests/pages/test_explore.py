"""The page that walks the frontier: its facts by other ways, and the page in a browser."""

import json
from dataclasses import replace
from random import Random

import pytest

import xbarmip as xb
from tests.browser import Browser, needs_browser
from xbarmip.cli.main import main
from xbarmip.errors import InputError
from xbarmip.hardware.preset import load_hardware
from xbarmip.network.generate import Shape, random_network
from xbarmip.pages.explore import MOST_CORNERS, explore_page, explored, longest_way
from xbarmip.pages.fastest import computation_binds, fastest, latency_front
from xbarmip.solvers.dp.frontier import Frontier, Point

LENET = xb.Problem(xb.load_network("lenet-5"), 20)


def test_the_numbers_of_each_corner():
    curve = xb.frontier(LENET)
    facts = explored(curve)
    assert facts["covered"] == (9, 20)
    assert [layer["set"] for layer in facts["layers"]] == list(LENET.sets)
    for point, corner in zip(curve.points, facts["corners"], strict=True):
        copies = list(point.allocation.values())
        assert (corner["crossbars"], corner["cycles"]) == (point.crossbars, point.value)
        assert corner["copies"] == copies
        for layer, more in enumerate(corner["more"]):
            if more is None:
                assert copies[layer] == LENET.network.layers[layer].outputs
            else:
                grown = [r + (k == layer) for k, r in enumerate(copies)]
                assert more == xb.evaluate(LENET, grown)
        assert max(corner["end"]) == point.value
        columns = {sum(int(run.split("x")[1]) for run in row.split()) for row in corner["busy"]}
        assert columns == {min(point.value, 160)}
        assert "tstep_us" not in corner


def test_a_longest_way_takes_every_cycle_once():
    random = Random("ways")
    for _ in range(100):
        shape = Shape(5, extent=5, outputs=20, branching=0.4, joining=0.4)
        problem = xb.Problem(random_network(random, shape), 1000, 8)
        copies = [random.randint(1, most) for most in problem.largest]
        way = longest_way(problem.view, copies)
        assert sum(way) == xb.evaluate(problem, copies)
        steps = zip(way, problem.network.layers, copies, strict=True)
        assert all(0 <= cycles <= -(-layer.outputs // r) for cycles, layer, r in steps)


def test_with_hardware_each_corner_has_its_time():
    problem = xb.Problem(xb.load_network("alexnet"), 240, hardware=load_hardware("isaac-like"))
    corner = explored(xb.frontier(problem))["corners"][0]
    assert corner["cycles"] * corner["tstep_us"] == pytest.approx(corner["latency_us"])


def slow(crossbars: int) -> xb.Problem:
    """AlexNet where more copies of conv1 soon make a step longer than computation does."""
    chip = load_hardware("isaac-like")
    buffer, bus = chip.memory
    slower = replace(bus, bytes_per_second=bus.bytes_per_second / 16)
    chip = replace(chip, memory=(buffer, slower))
    return xb.Problem(xb.load_network("alexnet"), crossbars, hardware=chip)


def test_the_least_latency_at_each_corner_is_that_of_exhaustive_search():
    """And where the walk was stopped, it lies within the bounds that are shown."""
    curve = xb.frontier(slow(262))
    front = latency_front(curve)
    least = []
    for point in curve.points:
        asked = replace(curve.problem, crossbars=point.crossbars, objective="latency")
        least.append(float(xb.solve(asked, "exhaustive").latency * 10**6))
    found = fastest(curve, front)
    assert [pair[0] for pair in found["bounds"]] == least
    assert [pair[1] for pair in found["bounds"]] == least
    shown = [
        float(point.value * time.seconds * 10**6)
        for point, time in zip(curve.points, curve.times, strict=True)
    ]
    assert shown != least, "it is that of another allocation"
    for budget, latency in found["points"]:
        asked = replace(curve.problem, crossbars=budget, objective="latency")
        assert latency == float(xb.solve(asked, "exhaustive").latency * 10**6)
    for points in range(len(front.points)):
        cut = fastest(curve, replace(front, points=front.points[:points], stop=xb.Stop.TIME))
        for (low, high), best in zip(cut["bounds"], least, strict=True):
            assert low <= best <= high
        for point, (low, high) in zip(curve.points, cut["bounds"], strict=True):
            assert low == high or point.crossbars < (cut["proven_from"] or 263)
    assert fastest(curve, None)["proven_from"] is None
    with pytest.raises(InputError, match="of another problem"):
        fastest(curve, replace(front, problem=replace(front.problem, crossbars=261)))


def test_where_computation_binds_the_fewest_cycles_have_the_least_latency():
    curve = xb.frontier(replace(LENET, hardware=load_hardware("isaac-like")))
    assert computation_binds(curve)
    assert not computation_binds(xb.frontier(slow(262)))
    found = fastest(curve, None)
    assert found == fastest(curve, latency_front(curve))
    assert found["proven_from"] == 9


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(InputError, match="explore shows cycles, not 'steps'"):
        explore_page(xb.frontier(replace(LENET, objective="steps")))
    curve = xb.frontier(LENET)
    with pytest.raises(InputError, match="and there are 0"):
        explore_page(replace(curve, points=()))
    allocation = curve.points[0].allocation
    many = tuple(Point(9 + n, 5000 - n, allocation) for n in range(MOST_CORNERS + 1))
    long = Frontier(replace(LENET, crossbars=5000), many, curve.stop)
    with pytest.raises(InputError, match="there are 1001; --from and --up-to"):
        explore_page(long)


def test_the_command(tmp_path, capsys):
    page = tmp_path / "lenet.html"
    assert main(["explore", "lenet-5", "--output", str(page)]) == 0
    out = capsys.readouterr().out
    assert "optimal cycles of the budgets 9 to 36, complete" in out
    assert out.endswith(f"written: {page}\n")
    text = page.read_text("utf-8")
    assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in text
    page.unlink()
    asked = ["explore", "lenet-5", "--up-to", "12", "--output", str(page)]
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == str(page)
    assert main([*asked[:3], "8", *asked[4:]]) == 2
    assert "nothing to explore: INFEASIBLE up to 8" in capsys.readouterr().err
    assert main([*asked[:-1], str(tmp_path / "no" / "x.html")]) == 2


SEEN = """(() => {
  const text = (id) => document.getElementById(id)?.textContent ?? null;
  return {
    headline: text("headline"), next: text("next"), binds: text("binds"),
    value: document.getElementById("corner").value,
    rows: [...document.querySelectorAll("#layers tbody tr")].map((row) => row.cells[0].textContent),
    charts: document.querySelectorAll(".charts svg").length,
    bars: document.querySelectorAll("#pipeline rect").length,
    width: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth,
    outside: [...document.querySelectorAll("main *")].filter((one) => !one.closest(".wide"))
      .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .length,
    letters: Math.min(...[...document.querySelectorAll("svg text")]
      .map((one) => one.getBoundingClientRect().height)),
  };
})()"""
MIDDLE = """(() => {
  const box = document.querySelector("#frontier svg").getBoundingClientRect();
  document.querySelector("#frontier svg").dispatchEvent(
    new MouseEvent("click", { clientX: box.left + 60, clientY: box.top + 50 }));
})()"""


@pytest.mark.around
@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(width, tmp_path):
    curve = xb.frontier(replace(LENET, hardware=load_hardware("isaac-like")))
    corners = [(point.crossbars, point.value) for point in curve.points]
    with Browser(tmp_path, width, dark=width == 390) as browser:
        browser.open(explore_page(curve))
        found = browser.run(SEEN)
        assert found["rows"] == [layer.name for layer in LENET.network.layers]
        assert (found["charts"], found["outside"]) == (2, 0)
        assert found["width"] == found["seen"], "nothing scrolls sideways but the table in its box"
        assert found["letters"] >= 10, "pixels"
        assert found["bars"] >= 3 * len(found["rows"])
        browser.press("Home")
        first = browser.run(SEEN)
        crossbars, cycles = corners[0]
        assert first["headline"].startswith(f"{crossbars} crossbars: {cycles:,} cycles of ")
        assert f"{corners[1][0]} for {corners[1][1]:,} cycles" in first["next"]
        browser.press("ArrowRight")
        assert browser.run(SEEN)["headline"].startswith(f"{corners[1][0]} crossbars: ")
        browser.press("End")
        last = browser.run(SEEN)
        assert last["headline"].startswith(f"{corners[-1][0]} crossbars: {corners[-1][1]:,} cycles")
        assert "up to 20 none are faster" in last["next"]
        assert "Most cycles of a longest way pass in" in last["binds"]
        browser.run(MIDDLE)
        assert browser.run(SEEN)["value"] == "0", "a click at the left end of the curve"
        browser.run("document.getElementById('after').click()")
        assert browser.run(SEEN)["value"] == "1"


@pytest.mark.around
@needs_browser
def test_the_least_latency_is_told_apart_in_a_browser(tmp_path):
    curve = xb.frontier(slow(262))
    front = latency_front(curve)
    cut = replace(front, points=front.points[:1], stop=xb.Stop.TIME)
    count = "document.querySelectorAll('#latency .{}').length"
    with Browser(tmp_path, 390) as browser:
        for shown, areas in ((front, 0), (cut, 1)):
            browser.open(explore_page(curve, shown))
            assert browser.run(count.format("curve")) == 2
            assert browser.run(count.format("between")) == areas + (areas > 0), "area and its key"
            browser.press("End")
            said = "document.getElementById('least').textContent"
            assert browser.run(said).startswith("Proven: the least latency with so many crossbars")
        browser.open(explore_page(curve))
        browser.press("End")
        assert "is not proven: between " in browser.run(said)
        assert browser.run(SEEN)["outside"] == 0


@needs_browser
def test_names_are_shown_as_text(tmp_path):
    network = xb.load_network("lenet-5")
    hostile = "</script><script>document.title = 'broken'</script>"
    layers = (replace(network.layers[0], name=hostile), *network.layers[1:])
    edges = tuple(
        replace(edge, producer=hostile) if edge.producer == network.layers[0].name else edge
        for edge in network.edges
    )
    curve = xb.frontier(xb.Problem(replace(network, name=hostile, layers=layers, edges=edges), 12))
    with Browser(tmp_path, 1280) as browser:
        browser.open(explore_page(curve))
        assert browser.run("document.title").startswith(hostile)
        assert browser.run(SEEN)["rows"][0] == hostile
