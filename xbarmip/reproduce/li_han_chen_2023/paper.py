"""The paper as a source: its parts, in the order of the page."""

from pathlib import Path

from xbarmip.reproduce.li_han_chen_2023 import (
    accuracy,
    bandwidth,
    bandwidth_pictures,
    bandwidth_sections,
    pictures,
    runtime,
    steps,
)
from xbarmip.reproduce.li_han_chen_2023.figures import NAME, figures
from xbarmip.reproduce.source import Part, Source

_STEPS = Part(
    "steps", "figure 6(a), tables 5 and 6, figure 7", steps.StepsRow, steps.cases, steps.Steps,
    {"figure-6.png": pictures.steps_picture, "figure-7.png": pictures.speedup_picture},
    texts=("summary.md",),
    claims=steps.claims,
)  # fmt: skip
_ACCURACY = Part(
    "accuracy", "table 4", accuracy.AccuracyRow, accuracy.cases, accuracy.Accuracy,
    {"table-4.png": pictures.accuracy_picture},
)  # fmt: skip
_ALLOCATIONS = Part(
    "allocations", "table 6", bandwidth.Measured | bandwidth.SolvedRow, bandwidth.allocation_cases,
    bandwidth_sections.Table6, claims=bandwidth.claims,
)  # fmt: skip
_TILES = Part(
    "tiles", "figure 8", bandwidth.SolvedRow, bandwidth.tile_cases, bandwidth_sections.Figure8,
    {"figure-8.png": bandwidth_pictures.tile_picture}, claims=bandwidth.claims,
)  # fmt: skip
_SCALING = Part(
    "scaling", "figure 9", bandwidth.SolvedRow, bandwidth.scale_cases, bandwidth_sections.Figure9,
    {"figure-9.png": bandwidth_pictures.scale_picture}, claims=bandwidth.claims,
)  # fmt: skip
_RUNTIME = Part(
    "runtime", "table 7", runtime.RuntimeRow, runtime.cases, runtime.RunTimes,
    {"table-7.png": pictures.runtime_picture},
)  # fmt: skip
PAPER = Source(
    name=NAME,
    folder="published",
    title="The published results beside certified optima",
    parts=(_STEPS, _ACCURACY, _ALLOCATIONS, _TILES, _SCALING, _RUNTIME),
    figures=figures,
    templates=Path(__file__).parent / "templates",
)
