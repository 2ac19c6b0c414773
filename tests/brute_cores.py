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
    layers = [layer[:3] for layer in figures(network, rows, columns)]
    return best_of_figures(layers, cores, capacity)


def best_of_figures(layers, cores, capacity, split=0):
    """The same of layers (N, b, w); `split` allows the row blocks of any copy in many cores."""
    best, most = None, [cores * capacity // (b * w) for _, b, w in layers]
    ranges = (range(1, min(layer[0], r) + 1) for layer, r in zip(layers, most, strict=True))
    for duplication in product(*ranges):
        used = sum(r * b * w for r, (_, b, w) in zip(duplication, layers, strict=True))
        if used > cores * capacity:
            continue
        pieces = []
        for r, (outputs, blocks, width) in zip(duplication, layers, strict=True):
            windows = -(-outputs // r)
            if blocks * width <= capacity and not split:
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
