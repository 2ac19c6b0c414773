"""Writing a certificate behind the answer of a command."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from xbarmip.cli.output import say
from xbarmip.cli.progress import progress_line
from xbarmip.solvers.protocol import Progress

if TYPE_CHECKING:
    from xbarmip.certificate.write import Certificate


def certify(
    write: "Callable[[Progress | None], Certificate]", quiet: bool, labels: bool = False
) -> None:
    """Write it, once the answer is out; say so, with its labels if wanted, unless `quiet`."""
    sys.stdout.flush()
    with progress_line() as progress:
        made = write(progress)
    if not quiet:
        counted = f", {made.labels} label{'s' * (made.labels != 1)}" if labels else ""
        say(f"{made.path}: certificate of {made.size} bytes{counted} ({made.seconds:.2f} s)")
        if made.note:
            say(f"{made.path}: {made.note}")
