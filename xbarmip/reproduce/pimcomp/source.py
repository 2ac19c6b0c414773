"""PIMCOMP-NN and its simulator as a source."""

from functools import partial
from pathlib import Path

from xbarmip.reproduce.optima import Optima, OptimaRow, optima_claims
from xbarmip.reproduce.pimcomp import optima, runs
from xbarmip.reproduce.published import published
from xbarmip.reproduce.source import Part, Source

PIMCOMP = Source(
    name=runs.NAME,
    folder="pimcomp",
    title="What the model knows and does not know: PIMCOMP's allocations in its simulator",
    parts=(
        Part(
            "optima", "the optima of the simulated chips", OptimaRow, optima.cases, Optima,
            claims=optima_claims,
        ),
        Part("runs", "what was simulated", runs.RunRow, runs.cases, runs.Runs),
    ),
    figures=partial(published, runs.NAME),
    templates=Path(__file__).parent / "templates",
)  # fmt: skip
