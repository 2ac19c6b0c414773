"""HiGHS as a quiet servant: without its banner, and on one thread whatever ran before."""

import os
import sys
from typing import Any

import highspy


def quiet_highs() -> Any:
    """A HiGHS solver that writes nothing to standard output, which may be a script's JSON.

    Its constructor prints to the process's own descriptor 1, so that is turned away meanwhile.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)  # descriptor 1 itself where that was closed
    own = os.dup(1)
    try:
        os.dup2(nowhere, 1)
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
    finally:
        os.close(nowhere)
        os.dup2(own, 1)
        os.close(own)
    return solver


def run_on_one_thread(solver: Any) -> None:
    """Run HiGHS on one thread.

    The first run in a process decides on the threads of all; another number is refused until that
    is reset.
    """
    solver.setOptionValue("threads", 1)
    if solver.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)
        solver.run()
