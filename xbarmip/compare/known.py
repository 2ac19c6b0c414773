"""The best that is known of each instance of a suite: value, bound, allocation, and who proved it.

An optimum counts as golden when at least two independent solvers proved it, or a certificate that
was checked: no algorithm is the only author of its own golden value.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from xbarmip.compare.certification import Certified
from xbarmip.compare.comparison import Comparison
from xbarmip.compare.instance import INFEASIBLE, Instance, Suite
from xbarmip.compare.resume import refusal
from xbarmip.compare.row import Row
from xbarmip.compare.typed import NAME, integer, listed, optional, table, text
from xbarmip.data import find_file, shipped_names
from xbarmip.digest import stranger
from xbarmip.errors import InputError
from xbarmip.solvers.result import Status
from xbarmip.strict import check_format, located, parse_json, read_text
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
        Digest (see `xbarmip.digest`): the figures are about exactly this problem.
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
        data = parse_json(read_text(file))
        check_format(data, FORMAT, VERSION)
        found = _FILE(data, "")["instances"]
    return {known.instance: known for known in found}


def _known(value: Any, what: str) -> Known:
    name = value.get("instance") if isinstance(value, Mapping) else None
    facts = _KNOWN(value, name if isinstance(name, str) else what)
    return Known(**{**facts, "allocation": facts["allocation"] and tuple(facts["allocation"])})


def _provers(value: Any, what: str) -> tuple[Prover, ...]:
    return tuple(Prover(**each) for each in listed(_PROVER)(value, what))


_PROVER = table(
    {"solver": NAME, "proof": NAME, "version": optional(text), "commit": optional(text)}
)
_KNOWN = table(
    {
        **dict.fromkeys(("instance", "problem"), NAME),
        **dict.fromkeys(("value", "bound"), optional(integer(1))),
        "allocation": optional(listed(integer(1))),
        "provers": _provers,
    }
)
_FILE = table({"format": NAME, "version": integer(1), "suite": NAME, "instances": listed(_known)})


def write_known(suite: str, known: Mapping[str, Known]) -> bytes:
    """The content of a file that `read_known` reads: one instance a line."""
    head = json.dumps({"format": FORMAT, "version": VERSION, "suite": suite})[:-1]
    lines = ",\n".join(json.dumps(asdict(each)) for each in known.values())
    return f'{head}, "instances": [\n{lines}\n]}}\n'.encode()


def learn(suite: Suite, known: Mapping[str, Known], found: Comparison) -> dict[str, Known]:
    """What is known of a suite after these results, too.

    Rows that `strangers` names are passed over, and so are the proofs of a solver against which
    anything speaks.
    """
    verdicts = {verdict.instance: verdict for verdict in found.verdicts}
    learned: dict[str, Known] = {}
    for instance in suite.allocations:
        before = known.get(instance.name)
        if before is None or stranger(before.problem, instance.digest):
            before = Known(instance.name, instance.digest, None, None, None, ())
        rows = found.by_instance.get(instance.name, {}).values()
        clean = [
            row
            for row in rows
            if not row.defect
            and not refusal(instance, row)
            and not any(f.solver == row.solver for f in verdicts[row.instance].findings)
        ]
        learned[instance.name] = _improved(before, clean)
    return learned


def strangers(suite: Suite, found: Comparison) -> list[str]:
    """Rows that say nothing of the suite's instances, a line each: of other problems, or whose
    claim does not survive an evaluation anew.
    """
    return [
        *found.strangers,
        *(
            f"{instance.name}: row of {label} {why}"
            for instance in suite.instances
            for label, row in found.by_instance.get(instance.name, {}).items()
            if (why := refusal(instance, row))
        ),
    ]


def _improved(before: Known, rows: Sequence[Row]) -> Known:
    valued = [row for row in rows if row.confirmed is not None]
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
    names = {instance.name for instance in suite.allocations}
    lines = [f"{name}: is not an instance of the suite" for name in known if name not in names]
    for instance in suite.allocations:
        entry = known.get(instance.name)
        if entry is None:
            lines.append(f"{instance.name}: nothing is known of it")
        else:
            lines += [f"{instance.name}: {fault}" for fault in _faults(instance, entry)]
    return lines


def _faults(instance: Instance, known: Known) -> list[str]:
    problem = instance.problem
    if why := stranger(known.problem, instance.digest):
        return [f"what is known of it {why}"]
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


def _value_faults(problem: Any, known: Known) -> list[str]:
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
