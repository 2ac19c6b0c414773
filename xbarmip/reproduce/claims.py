"""Optima that a page claims, each with a certificate in a folder beside the page."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xbarmip.certificate.write import write_certificate
from xbarmip.files import writing
from xbarmip.problem import Problem
from xbarmip.solvers.protocol import Progress, StoppedError
from xbarmip.solvers.result import Proof, Result, Status, Stop

FOLDER = "certificates"
MOST_BYTES = 500_000  # of a certificate beside a page
LIMITS = 4  # writing a certificate may take so many times as long as a proof


@dataclass(frozen=True, slots=True)
class Claim:
    """That no allocation of a problem is better than this one."""

    problem: Problem
    value: int
    allocation: tuple[int, ...]

    @property
    def result(self) -> Result:
        """The claim as an answer."""
        chosen = dict(zip(self.problem.network.index, self.allocation, strict=True))
        return Result(
            "dp", Status.OPTIMAL, Stop.FINISHED, self.value, self.value, chosen, Proof.EXACT
        )


def certify(
    claims: Mapping[str, Claim], folder: Path, seconds: float, progress: Progress | None
) -> None:
    """Write the certificate of each claim, by file name, into the folder of a page; none where it
    is not done within the seconds, or is too large to stand there.

    Raises
    ------
    InputError
        If a file cannot be written.
    VerificationError
        If a claim is wrong.
    """
    for name, claim in claims.items():
        path = folder / FOLDER / name
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with suppress(StoppedError):
            made = write_certificate(claim.problem, claim.result, path, progress, seconds)
            if made.size > MOST_BYTES:
                path.unlink()


def certified(claimed: Iterable[str], folder: Path) -> tuple[str, ...]:
    """Those of the claims, by file name, that have a certificate in the folder of a page."""
    return tuple(sorted(name for name in set(claimed) if (folder / FOLDER / name).exists()))
