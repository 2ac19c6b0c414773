"""How many random cases a test draws: a third in `make test`, all of them with DRAWS=all."""

import os

_PART = 1 if os.environ.get("DRAWS") == "all" else 3


def draws(count):
    """What is left of a number of cases; of a least number that must show something, too."""
    return -(-count // _PART)
