"""A placement for PIMCOMP: how often each layer is replicated, and which core holds what."""

import json
from typing import Any

from xbarmip.cores.layout import Layout
from xbarmip.cores.problem import Placement


def pimcomp_tables(placement: Placement, layout: Layout) -> dict[str, Any]:
    """Replication and mapping in the terms of PIMCOMP-NN.

    Its backend gets both tables from its genetic search: for each node the number of replications,
    and for each node, replication and array group (a row block) the core. Nodes are named as in the
    network's own file; whoever reads this sets the index of a node of the compiler's model beside
    the name.

    Returns
    -------
    dict
        "replication": {layer: R}; "mapping": {layer: [[core of row block 0, 1, ...] of each copy]}.
    """
    mapping: list[list[list[int]]] = [[[] for _ in range(r)] for r in layout.allocation]
    for number, core in enumerate(layout.cores):
        for share in core:
            mapping[share.layer][share.copy] += [number] * share.blocks
    names = placement.network.names_in_file
    return {
        "format": "pimcomp-replication-and-mapping",
        "network": placement.network.name,
        "cores": placement.chip,
        "crossbars_per_core": placement.capacity,
        "replication": dict(zip(names, layout.allocation, strict=True)),
        "mapping": dict(zip(names, mapping, strict=True)),
    }


def pimcomp_text(placement: Placement, layout: Layout) -> str:
    """The same as JSON."""
    return json.dumps(pimcomp_tables(placement, layout), separators=(",", ":")) + "\n"
