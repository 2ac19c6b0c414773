"""HiGHS keeps quiet: standard output is the caller's."""

import subprocess
import sys

PROGRAM = """
import os
if {closed}:
    os.close(1)
from xbarmip.solvers.quiet import quiet_highs
solver = quiet_highs()
solver.addVars(1, [0.0], [1.0])
solver.run()
os.write(2, b"solved")
if not {closed}:
    print("mine")
"""


def ran(closed):
    program = PROGRAM.format(closed=closed)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.stdout, done.stderr


def test_nothing_is_printed_but_what_the_caller_prints():
    assert ran(closed=False) == ("mine\n", "solved")


def test_a_closed_standard_output_does_no_harm():
    assert ran(closed=True) == ("", "solved")


def test_one_thread_whatever_ran_before():
    """HiGHS refuses a run with other threads than the first; here both get an answer."""
    lines = [
        "from xbarmip.solvers.quiet import quiet_highs, run_on_one_thread",
        "for threads in (2, 1):",
        "    solver = quiet_highs()",
        "    solver.addVars(1, [3.0], [5.0])",
        "    solver.changeColCost(0, 1.0)",
        "    if threads == 2:",
        "        solver.setOptionValue('threads', 2)",
        "        solver.run()",
        "    else:",
        "        run_on_one_thread(solver)",
        "    print(solver.getInfo().objective_function_value)",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "3.0\n3.0\n"
