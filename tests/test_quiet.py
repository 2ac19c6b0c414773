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
