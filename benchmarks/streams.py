"""Latencies of random tiny graphs whose layers read random trees of joins and concatenations.

Run from anywhere: python benchmarks/streams.py [--count N] [--milp N] [--seed S]. Writes
results/bandwidth/streams.md. The least latency over all allocations is worked out here, step times
word for word from docs/specification.md §6; the dynamic program is held against it, with and
without the whole frontier, exhaustive search, and on some HiGHS.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path
from random import Random

from bench import ROOT

import xbarmip as xb
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel
from xbarmip.network.generate import Shape, random_network
from xbarmip.network.stream import Concat, Join, Stream
from xbarmip.timing.evaluate import evaluate_count, seconds_of

LARGEST = 300  # allocations of an instance
OBJECTIVES = (("latency", None), ("latency-steps", "pipeline"), ("latency-steps", "published"))
SHAPES = (
    Shape(4, extent=4, outputs=6, branching=0.5, joining=0.8, trees=0.9),
    Shape(5, extent=3, outputs=4, branching=0.6, joining=0.9, trees=0.9),
    Shape(6, extent=2, outputs=3, branching=0.5, joining=0.9, trees=0.9),
)


def instances(random: Random) -> Iterator[xb.Problem]:
    """Small problems on hardware of which now memory binds and now computation."""
    while True:
        network = random_network(random, random.choice(SHAPES))
        if not network.streams:
            continue
        size = Crossbar(random.randint(4, 30), random.randint(2, 6))
        smallest = xb.Problem(network, 1, size).smallest_budget
        objective, rule = random.choice(OBJECTIVES)
        problem = xb.Problem(
            network, smallest + random.randint(0, 40), None, objective, rule,
            hardware=hardware(random, size),
        )  # fmt: skip
        if 1 < prod(problem.largest) <= LARGEST:
            yield problem


def hardware(random: Random, size: Crossbar) -> Hardware:
    """Buffer and bus of the ISAAC-like architecture, of random widths."""
    levels = tuple(
        MemoryLevel(name, Fraction(random.randint(1, 60), random.choice([1, 3, 7])), rule)
        for name, rule in (("buffer", "isaac-intra-tile"), ("bus", "isaac-inter-tile"))
    )
    return Hardware(
        "random", "drawn", size, crossbars_per_tile=random.randint(1, 6), input_bits=8,
        compute_ns=Fraction(10**9 * random.randint(1, 30), random.choice([1, 10])), memory=levels,
    )  # fmt: skip


def volume(stream: Stream, made: dict[str, int]) -> int:
    """V of SPEC §6."""
    match stream:
        case Join(parts):
            return max(volume(part, made) for part in parts)
        case Concat(parts):
            return sum(volume(part, made) for part in parts)
    return made[str(stream)]


def step(problem: xb.Problem, allocation: Sequence[int]) -> Fraction:
    """Tstep in seconds."""
    network, chip = problem.network, problem.hardware
    assert chip is not None
    assert chip.compute_ns is not None
    tile, (buffer, bus) = chip.crossbars_per_tile or 0, chip.memory
    trees = dict(network.streams)
    made = {x.name: r * x.out_channels for x, r in zip(network.layers, allocation, strict=True)}
    times = [chip.compute_ns / 10**9]
    for layer, set_size, r in zip(network.layers, problem.sets, allocation, strict=True):
        kernel, blocks = prod(layer.kernel), -(-layer.out_channels // problem.crossbar.columns)
        values = Fraction(kernel * layer.in_channels * blocks)
        if set_size <= tile:
            tiles, intra = -(-r // (tile // set_size)), min(tile // set_size, r) * values
        else:
            n = -(-set_size // tile)
            tiles, intra = r, values * Fraction(-(-set_size // n), set_size)
        producers = dict.fromkeys(e.producer for e in network.edges if e.consumer == layer.name)
        read = volume(trees.get(layer.name, Concat(tuple(producers))), made)
        times.append(intra / buffer.bytes_per_second + tiles * read / bus.bytes_per_second)
    return max(times)


def by_definition(problem: xb.Problem) -> Fraction:
    """The least latency over all allocations, in seconds."""
    menus = (range(1, most + 1) for most in problem.largest)
    return min(
        evaluate_count(problem, allocation) * step(problem, allocation)
        for allocation in product(*menus)
        if problem.crossbars_used(allocation) <= problem.crossbars
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Compare; 1 where an answer is wrong."""
    parser = ArgumentParser(description="Latencies behind random joins, against brute force.")
    parser.add_argument("--count", type=int, default=5000, metavar="N", help="graphs (5000)")
    parser.add_argument("--milp", type=int, default=300, metavar="N", help="of them by HiGHS (300)")
    parser.add_argument("--seed", default="streams")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "bandwidth")
    arguments = parser.parse_args(argv)
    random, right, asked = Random(arguments.seed), Counter[str](), Counter[str]()
    drawn = instances(random)
    for number in range(arguments.count):
        problem = next(drawn)
        least = by_definition(problem)
        ways = ["dp", "dp, whole frontier", "exhaustive"] + ["milp"] * (number < arguments.milp)
        for way in ways:
            solver, *whole = way.split(", ")
            result = xb.solve(problem, solver, whole_frontier=bool(whole))
            asked[way] += 1
            agrees = result.status is xb.Status.OPTIMAL and result.value is not None
            if agrees and seconds_of(problem, result.value or 0) == least:
                right[way] += 1
            else:
                print(f"instance {number}: {way} says {result.value}, by definition {least} s")
    table = ["| by | graphs | equal to brute force |", "| --- | --- | --- |"]
    table += [f"| {way} | {asked[way]} | {right[way]} |" for way in asked]
    heading = f"# Latencies behind random joins\n\nSeed {arguments.seed!r}.\n\n"
    arguments.output.mkdir(parents=True, exist_ok=True)
    text = heading + "\n".join(table) + "\n"
    (arguments.output / "streams.md").write_text(text, encoding="utf-8")
    print("\n".join(table))
    return int(right != asked)


if __name__ == "__main__":
    sys.exit(main())
