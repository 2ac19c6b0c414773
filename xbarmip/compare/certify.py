"""Certifying what a solver claims: a certificate is written, and the checker runs on it alone.

Both happen in a process that the solver never touches, the checker in one of its own below
it: Python without site packages, with the standard library and the checker's file, nothing else.
"""

import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from xbarmip.certificate import check
from xbarmip.certificate.write import Certificate
from xbarmip.compare.certification import Certification, Certified
from xbarmip.compare.isolation.ending import Outcome
from xbarmip.compare.isolation.supervisor import Supervisor
from xbarmip.compare.kinds import Question, kind_of
from xbarmip.compare.recorder import one_line
from xbarmip.compare.row import Row
from xbarmip.compare.task import Task
from xbarmip.errors import InputError, UnsupportedError, VerificationError
from xbarmip.solvers.protocol import StoppedError, Watch
from xbarmip.solvers.result import Proof, Result, Status, Stop


def with_certificate(row: Row, task: Task, supervisor: Supervisor) -> Row:
    """A row with what became of its claim; as it is where it claims neither optimum nor
    infeasibility.

    Raises
    ------
    LostError
        If the process that forks went away.
    """
    if row.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        return row
    return replace(row, certificate=asdict(_certification(row, task, supervisor)))


def _certification(row: Row, task: Task, supervisor: Supervisor) -> Certification:
    if row.status == Status.OPTIMAL and not row.value == row.confirmed == row.bound:
        return Certification(Certified.REFUSED, message="the evaluation does not confirm its value")
    try:
        claim = kind_of(task.instance.problem).restored(
            task.instance.problem, _claim(row), row.statistics
        )
    except (UnsupportedError, InputError) as reason:
        return Certification(Certified.NONE, message=str(reason))
    with tempfile.TemporaryDirectory(prefix="xbarmip-") as folder:
        certifier = Certifier(claim, Path(folder) / "certificate")
        ending = supervisor.run(replace(task, solver=certifier).work)
    if isinstance(ending.answer, Certification):
        return ending.answer
    what = "" if ending.outcome is Outcome.REFUSED else f"{ending.outcome}: "
    return Certification(Certified.NONE, message=one_line(f"{what}{ending.message}"))


def _claim(row: Row) -> Result:
    """The claim alone, of plain values."""
    if row.status == Status.INFEASIBLE:
        return Result(row.solver, Status.INFEASIBLE, Stop.FINISHED)
    return Result(
        row.solver, Status.OPTIMAL, Stop.FINISHED, row.value, row.bound, row.allocation, Proof.EXACT
    )


@dataclass(frozen=True, slots=True)
class Certifier:
    """What is run in the place of a solver, under the same limits: it certifies a claim.

    Attributes
    ----------
    claim : Result
    path : Path
        Where the certificate is written.
    """

    claim: Result
    path: Path

    @property
    def name(self) -> str:
        """For the progress line."""
        return f"certificate for {self.claim.solver}"

    def unsupported(self, problem: Question) -> tuple[str, ...]:
        """Why no certificate can state the problem."""
        try:
            kind_of(problem).state(problem)
        except UnsupportedError as reason:
            return (str(reason),)
        return ()

    def solve(self, problem: Question, watch: Watch) -> Any:
        """Write and check; a `Certification`."""
        try:
            made = kind_of(problem).write(
                problem,
                self.claim,
                self.path,
                lambda facts: watch.tell(**facts),
                watch.remaining,
            )
        except VerificationError as reason:
            return Certification(Certified.REFUSED, message=str(reason))
        except StoppedError:
            return Certification(Certified.NONE, message="not written within the time limit")
        except UnsupportedError as reason:
            return Certification(Certified.NONE, message=str(reason))
        return self._checked(problem, made, watch)

    def _checked(self, problem: Question, made: Certificate, watch: Watch) -> Certification:
        size = Certification(Certified.NONE, made.size, made.labels, made.seconds)
        began = watch.seconds
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-X", "utf8", check.__file__, str(self.path)],
                capture_output=True, encoding="utf-8", errors="replace",
                timeout=watch.remaining, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return replace(size, message="not checked within the time limit")
        size = replace(size, check_seconds=watch.seconds - began)
        stated = kind_of(problem).state(problem)
        words = check.words(stated, self.claim.value, self.claim.bound)
        if done.returncode == 0 and done.stdout == f"{self.path}: accepted: {words}\n":
            return replace(size, certified=Certified.YES)
        said = one_line(f"{done.stdout} {done.stderr}").removeprefix(f"{self.path}: ")
        return replace(size, certified=Certified.REFUSED, message=said)
