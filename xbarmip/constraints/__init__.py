"""Ready constraints: each states its inequality, its units and where it comes from.

Given to `Problem(..., constraints=[...])`, on the command line as `--constraint NAME:KEY=VALUE,...`
and in a suite as `constraints = [{name = ..., ...}]`.
"""

from xbarmip.constraints.allowed_duplication import (
    AllowedDuplication,
    DivisorsOfWidth,
    PowersOfTwo,
)
from xbarmip.constraints.budgets import AreaBudget, PowerBudget
from xbarmip.constraints.core_packing import CorePacking
from xbarmip.constraints.equal_duplication import EqualDuplication
from xbarmip.constraints.largest_duplication import LargestDuplication
from xbarmip.constraints.ratio_limit import RatioLimit
from xbarmip.constraints.spare_crossbars import SpareCrossbars
from xbarmip.constraints.step_time_limit import StepTimeLimit
from xbarmip.constraints.tile_granularity import TileGranularity

__all__ = [
    "AllowedDuplication",
    "AreaBudget",
    "CorePacking",
    "DivisorsOfWidth",
    "EqualDuplication",
    "LargestDuplication",
    "PowerBudget",
    "PowersOfTwo",
    "RatioLimit",
    "SpareCrossbars",
    "StepTimeLimit",
    "TileGranularity",
]
