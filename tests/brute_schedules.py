"""Schedules by brute force, from the definition alone: of the package only networks are read."""

from itertools import combinations, pairwise, product


def best_cost(network, rows, columns, crossbars, write, batch, divide=False):
    """The cheapest schedule for `cycles` of a network of dense layers; None where there is none."""
    units = []
    for number, layer in enumerate(network.layers):
        height, width = layer.kernel
        each = -(-height * width * layer.in_channels // rows)
        blocks = -(-layer.out_channels // columns)
        if each > crossbars:
            return None
        cut = divide or each * blocks > crossbars
        units += [(number, each, blocks)] * blocks if cut else [(number, each * blocks, 1)]
    best, known = None, {}
    for count in range(len(units)):
        for cuts in combinations(range(1, len(units)), count):
            total = 0
            for edge in pairwise((0, *cuts, len(units))):
                if edge not in known:
                    known[edge] = segment_cost(network, units, *edge, crossbars, write, batch)
                if known[edge] is None:
                    break
                total += known[edge]
            else:
                best = total if best is None else min(best, total)
    return best


def segment_cost(network, units, start, stop, crossbars, write, batch):
    """The cheapest allocation of units start..stop-1, or None if one copy of each does not fit."""
    sets = {}
    for layer, each, _ in units[start:stop]:
        sets[layer] = sets.get(layer, 0) + each
    later = {layer for layer, _, _ in units[stop:]}
    edges = [
        (producer, consumer, need)
        for (producer, consumer), need in zip(network.links, network.clamped, strict=True)
        if producer in sets
    ]
    readers = {layer: [c for p, c, _ in edges if p == layer] for layer in sets}
    ends = {
        layer
        for layer in sets
        if layer in later
        or set(readers[layer]) & later
        or not readers[layer]
        or network.layers[layer].name in network.outputs
    }
    inside = [edge for edge in edges if edge[1] in sets]
    outputs = {layer: network.layers[layer].outputs for layer in sets}
    needed = {layer: outputs[layer] if layer in ends else 0 for layer in sets}
    for producer, consumer, need in sorted(inside, key=lambda edge: -edge[1]):
        if needed[consumer]:
            needed[producer] = max(needed[producer], need(needed[consumer]))
    best = None
    ranges = (range(1, min(outputs[k], crossbars // sets[k]) + 1) for k in sets)
    for chosen in product(*ranges):
        r = dict(zip(sets, chosen, strict=True))
        used = sum(r[k] * sets[k] for k in sets)
        if used > crossbars:
            continue
        interval = max(-(-needed[k] // r[k]) for k in sets)
        cost = cycles(inside, outputs, ends, r) + (batch - 1) * interval + write * used
        best = cost if best is None else min(best, cost)
    return best


def cycles(edges, outputs, ends, r):
    """SPEC §4: the step in which each layer makes each output."""
    made = {}
    for k in sorted(outputs):
        times, clock = [0], 0
        for step in range(1, -(-outputs[k] // r[k]) + 1):
            clock += 1
            for producer, consumer, need in edges:
                if consumer == k:
                    clock = max(clock, made[producer][need(min(step * r[k], outputs[k]))])
            times += [clock] * (min(step * r[k], outputs[k]) - len(times) + 1)
        made[k] = times
    return max(made[k][-1] for k in ends)
