"""What is said of many batches, against every allocation of the whole network."""

from dataclasses import replace
from itertools import product

import xbarmip as xb
from xbarmip.schedules.cases import random_cases
from xbarmip.schedules.segment import Segment
from xbarmip.schedules.standing import standing


def test_what_is_said_of_many_batches_is_true():
    """k batches by the optimum, segments written anew each time, and by one that stays written."""
    said = {"from": 0, "never": 0, "nothing": 0}
    for case in random_cases(150, seed=21):
        schedule = case.schedule
        result = xb.schedule(schedule)
        found = standing(schedule, result)
        if not schedule.whole.feasible:
            assert found is None
            continue
        segment = Segment(schedule, 0, len(schedule.units))
        menus = (range(1, most + 1) for most in schedule.whole.largest)
        every = [
            segment.figures(r) for r in product(*menus)
            if schedule.whole.crossbars_used(r) <= schedule.crossbars
        ]  # fmt: skip
        if found is None:
            said["nothing"] += 1
        elif found.batches is None:
            assert min(figures.run for figures in every) >= result.value
            said["never"] += 1
        else:
            run, write, many = found.figures.run, found.figures.write, found.batches
            assert segment.figures(found.allocation) == found.figures
            assert many * run + write < many * result.value
            assert (many - 1) * run + write >= (many - 1) * result.value
            said["from"] += 1
    assert min(said["from"], said["never"]) > 20


def test_of_what_is_not_solved_nothing_is_said():
    schedule = xb.Schedule(xb.load_network("lenet-5"), 60, write_cycles=3)
    result = xb.schedule(schedule)
    assert standing(schedule, result).batches == 2
    assert (
        standing(schedule, replace(result, bound=None, proof=None, status=xb.Status.FEASIBLE))
        is None
    )
    assert standing(replace(schedule, crossbars=8), result) is None
