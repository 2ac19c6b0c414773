"""Placements by brute force, from the definition alone: of the package only networks are read."""

from itertools import product


def figures(network, rows, columns):
    """(N, b, w, window, Co) of every layer; dense layers only."""
    made = []
    for layer in network.layers:
        height, width = layer.kernel
        window = height * width * layer.in_channels
        blocks, across = -(-window // rows), -(-layer.out_channels // columns)
        made.append((layer.height * layer.width, blocks, across, window, layer.out_channels))
    return made


def best_interval(network, rows, columns, cores, capacity):
    """(core interval, crossbars) of the best placement, or None: every R, every core of a copy."""
    layers = figures(network, rows, columns)
    best = None
    for duplication in product(*(range(1, layer[0] + 1) for layer in layers)):
        used = sum(r * b * w for r, (_, b, w, *_) in zip(duplication, layers, strict=True))
        if used > cores * capacity:
            continue
        pieces = []
        for r, (outputs, blocks, width, *_) in zip(duplication, layers, strict=True):
            windows = -(-outputs // r)
            if blocks * width <= capacity:
                pieces += [(blocks * width, blocks * windows)] * r
            else:
                pieces += [(width, windows)] * (r * blocks)
        interval = packed(pieces, cores, capacity)
        if interval is not None and (best is None or (interval, used) < best):
            best = (interval, used)
    return best


def packed(pieces, cores, capacity):
    """The least possible largest load, trying every core for every piece."""
    states = {((0, 0),) * cores}
    for size, load in pieces:
        following = set()
        for state in states:
            for core, (used, loaded) in enumerate(state):
                if used + size <= capacity:
                    changed = [*state[:core], (used + size, loaded + load), *state[core + 1 :]]
                    following.add(tuple(sorted(changed)))
        states = following
    return min((max(load for _, load in state) for state in states), default=None)
