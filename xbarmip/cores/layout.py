"""A placement as data: how many copies, and which core holds which row blocks of which copy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from xbarmip.cores.problem import Placement
from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.strict import known_keys, located, short


class Share(NamedTuple):
    """Row blocks of one copy that lie in one core.

    Attributes
    ----------
    layer : int
        Position of the layer.
    copy : int
        From 0 on.
    blocks : int
    """

    layer: int
    copy: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Duplication in layer order, and what each core holds.

    Attributes
    ----------
    allocation : tuple of int
    cores : tuple of (tuple of Share)
        By core; sorted.
    """

    allocation: tuple[int, ...]
    cores: tuple[tuple[Share, ...], ...]


def layout_of(
    placement: Placement, allocation: Sequence[int], held: Sequence[Mapping[int, int]]
) -> Layout:
    """The layout in which core c holds `held[c][l]` parts of layer l.

    Copies that are split are filled one after another: first from cores that hold whole copies,
    then from those with most parts, so that few of them lie in many cores.
    """
    cores: list[list[Share]] = [[] for _ in held]
    for layer, part in enumerate(placement.parts):
        size = part.per_copy
        left = [counts.get(layer, 0) for counts in held]
        copy, filled = 0, 0
        order = sorted(range(len(held)), key=lambda c: (left[c] % size != 0, -left[c]))
        for core in order:
            while left[core]:
                put = min(left[core], size - filled)
                cores[core].append(Share(layer, copy, put * part.products))
                left[core] -= put
                filled += put
                if filled == size:
                    copy, filled = copy + 1, 0
    return Layout(tuple(allocation), tuple(tuple(sorted(core)) for core in cores))


def check_layout(placement: Placement, layout: Layout, whole: bool = True) -> None:
    """Check that a layout places every copy, and no core holds too much.

    Parameters
    ----------
    placement : Placement
    layout : Layout
    whole : bool
        Whether a copy must lie in one core where the placement says so.

    Raises
    ------
    InputError
        Naming the first core or layer where it does not.
    """
    allocation = placement.problem.allocation(layout.allocation)
    if len(layout.cores) != placement.chip:
        raise InputError(f"a layout of {len(layout.cores)} cores, there are {placement.chip}")
    found: dict[tuple[int, int], int] = defaultdict(int)
    for number, core in enumerate(layout.cores):
        used = sum(placement.parts[share.layer].width * share.blocks for share in core)
        if used > placement.capacity:
            raise InputError(f"core {number} holds {used} crossbars, it has {placement.capacity}")
        for share in core:
            part = placement.parts[share.layer]
            if whole and not part.is_split and share.blocks != part.blocks:
                raise InputError(
                    f"core {number} holds {share.blocks} of {part.blocks} row blocks of a copy of "
                    f"layer {part.name!r}, which is not to be split"
                )
            found[share.layer, share.copy] += share.blocks
    wanted = {
        (layer, copy): part.blocks
        for layer, part in enumerate(placement.parts)
        for copy in range(allocation[layer])
    }
    for layer, copy in sorted(found.keys() | wanted.keys()):
        there, due = found.get((layer, copy), 0), wanted.get((layer, copy), 0)
        if there != due:
            raise InputError(
                f"copy {copy} of layer {placement.parts[layer].name!r}: {there} row blocks are "
                f"placed, there are {due}"
            )
    for constraint in placement.problem.broken(allocation):
        raise InputError(f"the layout breaks the constraint {constraint.name!r}")


def layout_as_dict(placement: Placement, layout: Layout) -> dict[str, Any]:
    """A layout for JSON: R by layer name; for each core [layer, copy, row blocks]."""
    names = [part.name for part in placement.parts]
    return {
        "duplication": dict(zip(names, layout.allocation, strict=True)),
        "cores": [[[names[s.layer], s.copy, s.blocks] for s in core] for core in layout.cores],
    }


def layout_from_dict(placement: Placement, record: Any) -> Layout:
    """The layout that JSON holds (see `layout_as_dict`); not yet checked against the chip.

    Raises
    ------
    InputError
        If it is no layout of this network.
    """
    facts = known_keys(record, ("duplication", "cores"))
    allocation = placement.problem.allocation(facts["duplication"])
    if not isinstance(facts["cores"], list):
        raise InputError(f"cores must be a list, got {short(facts['cores'])}")
    cores = []
    for number, core in enumerate(facts["cores"]):
        with located(f"core {number}"):
            if not isinstance(core, list):
                raise InputError(f"must be a list of shares, got {short(core)}")
            cores.append(tuple(sorted(_share(placement, share) for share in core)))
            if len({share[:2] for share in cores[-1]}) < len(cores[-1]):
                raise InputError("names a copy twice")
    return Layout(allocation, tuple(cores))


def _share(placement: Placement, share: Any) -> Share:
    if not isinstance(share, list | tuple) or len(share) != 3:
        raise InputError(f"a share must be [layer, copy, row blocks], got {short(share)}")
    name, copy, blocks = share
    if not isinstance(name, str):
        raise InputError(f"unknown layer {short(name)}")
    layer = placement.network.index[placement.network.layer_name(name)]
    return Share(
        layer,
        as_int(copy, f"copy of layer {name!r}", 0),
        as_int(blocks, f"row blocks of layer {name!r}", 1, placement.parts[layer].blocks),
    )
