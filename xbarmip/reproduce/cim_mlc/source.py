"""CIM-MLC as a source."""

from functools import partial
from pathlib import Path

from xbarmip.reproduce.cim_mlc import cases
from xbarmip.reproduce.published import published
from xbarmip.reproduce.source import Part, Source

CIM_MLC = Source(
    name=cases.NAME,
    folder="cim-mlc",
    title="CIM-MLC's duplication beside certified optima",
    parts=(
        Part(
            "cases", "what its program was run on", cases.CaseRow, cases.cases, cases.Cases,
            claims=cases.claims,
        ),
        Part(
            "networks", "the networks that ship", cases.CaseRow, cases.network_cases, cases.Cases,
            claims=cases.claims,
        ),
    ),
    figures=partial(published, cases.NAME),
    templates=Path(__file__).parent / "templates",
)  # fmt: skip
