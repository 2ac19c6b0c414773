"""The best that is known of each instance of a suite: value, bound, allocation, and who proved it.

An optimum counts as golden when at least two independent solvers proved it, or a certificate that
was checked: no algorithm is the only author of its own golden value.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.comparison import Comparison
from xbarmip.compare.execute.certification import Certified
from xbarmip.compare.instance import INFEASIBLE, Instance, Suite
from xbarmip.compare.integers import digest
from xbarmip.compare.row import Row
from xbarmip.data import find_file, shipped_names
from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.problem import Problem
from xbarmip.solvers.result import Status
from xbarmip.strict import as_text, check_format, known_keys, located, read_text
from xbarmip.text import for_file_name
from xbarmip.timing.evaluate import evaluate

FORMAT = "xbarmip-known"
VERSION = 1
CERTIFICATE = "certificate"  # in the place of a solver: a certificate that was checked


@dataclass(frozen=True, slots=True)
class Prover:
    """Who proved an optimum or that there is no solution, and what that rests on.

    Attributes
    ----------
    solver : str
        Its name, or "certificate".
    proof : str
        "exact", or "numerical" for a bound from floating point that was rounded safely.
    version, commit : str or None
        Of this package.
    """

    solver: str
    proof: str
    version: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one instance.

    Attributes
    ----------
    instance : str
    problem : str
        Digest of its integers: the figures are about exactly this problem.
    value, bound : int or None
        Smallest confirmed value and largest bound; both None for an infeasible instance.
    allocation : list of int or None
        R in layer order, of that value.
    provers : tuple of Prover
        Of the optimum, or of infeasibility.
    """

    instance: str
    problem: str
    value: int | None
    bound: int | None
    allocation: tuple[int, ...] | None
    provers: tuple[Prover, ...]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to prove."""
        return self.value == self.bound and bool(self.provers)

    @property
    def golden(self) -> bool:
        """Whether two solvers, or a checked certificate, say so."""
        solvers = {prover.solver for prover in self.provers}
        return self.settled and (len(solvers) > 1 or CERTIFICATE in solvers)


def list_known() -> tuple[str, ...]:
    """Names of the suites whose best known values ship with the package."""
    return shipped_names("known")


def read_known(name_or_path: str | PathLike[str]) -> dict[str, Known]:
    """What is known of a suite, by instance.

    Parameters
    ----------
    name_or_path : str or path
        The name of a suite that ships, or a path that ends in .json.

    Raises
    ------
    InputError
        On an unknown name, a file that cannot be read, or one that breaks the format.
    """
    file = find_file("known", name_or_path, (".json",))
    with located(str(file)):
        try:
            data = json.loads(read_text(file))
        except ValueError as error:
            raise InputError(f"is not readable as JSON: {error}") from None
        check_format(data, FORMAT, VERSION)
        table = known_keys(data, ("format", "version", "suite", "instances"))
        found = [_known(entry) for entry in table["instances"]]
    return {known.instance: known for known in found}


def _known(entry: Any) -> Known:
    table = known_keys(entry, [each.name for each in fields(Known)])
    with located(as_text(table["instance"], "instance")):
        for key in ("value", "bound"):
            if table[key] is not None:
                as_int(table[key], key, 1)
        provers = tuple(
            Prover(**known_keys(each, [field.name for field in fields(Prover)]))
            for each in table["provers"]
        )
        listed = table["allocation"]
        allocation = None if listed is None else tuple(as_int(r, "allocation", 1) for r in listed)
    return Known(**{**table, "allocation": allocation, "provers": provers})


def write_known(suite: str, known: Mapping[str, Known]) -> bytes:
    """The content of a file that `read_known` reads: one instance a line."""
    head = json.dumps({"format": FORMAT, "version": VERSION, "suite": suite})[:-1]
    lines = ",\n".join(json.dumps(asdict(each)) for each in known.values())
    return f'{head}, "instances": [\n{lines}\n]}}\n'.encode()


def learn(suite: Suite, known: Mapping[str, Known], found: Comparison) -> dict[str, Known]:
    """What is known of a suite after these results, too.

    Rows whose instance is another problem by now are passed over, and so are the proofs of a solver
    against which anything speaks.
    """
    verdicts = {verdict.instance: verdict for verdict in found.verdicts}
    learned: dict[str, Known] = {}
    for instance in suite.instances:
        mark = digest(instance.problem)
        before = known.get(instance.name)
        if before is None or before.problem != mark:
            before = Known(instance.name, mark, None, None, None, ())
        rows = found.by_instance.get(instance.name, {}).values()
        clean = [
            row
            for row in rows
            if not row.defect
            and not any(f.solver == row.solver for f in verdicts[row.instance].findings)
        ]
        learned[instance.name] = _improved(before, clean, [r for r in clean if _same(r, instance)])
    return learned


def _same(row: Row, instance: Instance) -> bool:
    """Whether a row's allocation is one of this problem, with the value that it was confirmed."""
    if row.allocation is None or row.confirmed is None:
        return False
    try:
        chosen = instance.problem.allocation(row.allocation)
    except InputError:
        return False
    return instance.problem.meets(chosen) and evaluate(instance.problem, chosen) == row.confirmed


def _improved(before: Known, rows: Sequence[Row], valued: Sequence[Row]) -> Known:
    best = min(valued, key=lambda row: row.confirmed or 0, default=None)
    after = before
    if best is not None and (before.value is None or (best.confirmed or 0) < before.value):
        allocation = tuple((best.allocation or {}).values())
        after = replace(after, value=best.confirmed, allocation=allocation, provers=())
    bounds = [row.bound for row in rows if row.bound is not None]
    after = replace(after, bound=max([*bounds, *filter(None, [before.bound])], default=None))
    provers = {prover.solver: prover for prover in after.provers}
    for row in rows:
        settles = row.status == Status.INFEASIBLE or (
            row.status == Status.OPTIMAL and row.bound == after.value
        )
        if settles:
            proof = row.proof or "exact"
            code = row.code
            facts = (code.get("xbarmip"), code.get("commit"))
            provers[row.solver] = Prover(row.solver, proof, *facts)
            if row.certified == Certified.YES:
                provers[CERTIFICATE] = Prover(CERTIFICATE, "exact", *facts)
    return replace(after, provers=tuple(provers[name] for name in sorted(provers)))


def faults(suite: Suite, known: Mapping[str, Known]) -> list[str]:
    """Everything that is wrong with what is said to be known of a suite, a line each."""
    names = {instance.name for instance in suite.instances}
    lines = [f"{name}: is no instance of the suite" for name in known if name not in names]
    for instance in suite.instances:
        entry = known.get(instance.name)
        if entry is None:
            lines.append(f"{instance.name}: nothing is known of it")
        else:
            lines += [f"{instance.name}: {fault}" for fault in _faults(instance, entry)]
    return lines


def _faults(instance: Instance, known: Known) -> list[str]:
    problem = instance.problem
    if digest(problem) != known.problem:
        return ["is another problem than the one that the figures are about"]
    lines = _value_faults(problem, known)
    if known.value is not None and known.bound is not None and known.bound > known.value:
        lines.append(f"the bound {known.bound} is above the value {known.value}")
    if known.provers and not known.settled:
        lines.append("has provers, but value and bound differ")
    stated = instance.optimum
    if stated == INFEASIBLE and known.value is not None:
        lines.append(f"has the value {known.value}, the suite states that it is infeasible")
    if isinstance(stated, int) and known.settled and known.value != stated:
        lines.append(f"has the value {known.value}, the suite states {stated}")
    return lines


def _value_faults(problem: Problem, known: Known) -> list[str]:
    if (known.value is None) != (known.allocation is None):
        return ["needs both a value and its allocation, or neither"]
    if known.allocation is None:
        return []
    try:
        chosen = problem.allocation(known.allocation)
    except InputError as error:
        return [str(error)]
    if not problem.meets(chosen):
        return ["its allocation is not allowed"]
    value = evaluate(problem, chosen)
    return [] if value == known.value else [f"its allocation takes {value}, not {known.value}"]


def known_path(suite: str, folder: Path) -> Path:
    """Where what is known of a suite lies in a folder."""
    return folder / f"{for_file_name(suite)}.json"
