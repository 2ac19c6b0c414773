"""The sources of published results that can be reproduced, by name."""

from collections.abc import Mapping

from xbarmip.reproduce.cim_mlc.source import CIM_MLC
from xbarmip.reproduce.heuristics.source import HEURISTICS
from xbarmip.reproduce.li_han_chen_2023.paper import PAPER
from xbarmip.reproduce.pimcomp.source import PIMCOMP
from xbarmip.reproduce.pimsyn.source import PIMSYN
from xbarmip.reproduce.source import Source

SOURCES: Mapping[str, Source] = {
    each.name: each for each in (PAPER, PIMSYN, CIM_MLC, PIMCOMP, HEURISTICS)
}
