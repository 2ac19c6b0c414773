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


def best_of_statement(stated):
    """The least value on the chip that a certificate states, or None: every core for every part."""
    cores, capacity = stated["cores"], stated["crossbars_per_core"]
    layers, objective = stated["layers"], stated["objective"]
    most = [cores * capacity // (one["blocks"] * one["width"]) for one in layers]
    copies = product(
        *(range(1, min(one["outputs"], r) + 1) for one, r in zip(layers, most, strict=True))
    )
    found, written = [], sum(one["outputs"] * one["channels"] for one in layers)
    for duplication in copies:
        used = sum(
            r * one["blocks"] * one["width"] for r, one in zip(duplication, layers, strict=True)
        )
        if used > cores * capacity or any(
            sum(weights[duplication[k] - 1] for k, weights in one["weights"]) > one["limit"]
            for one in stated["constraints"]
        ):
            continue
        states = {(((0, 0),) * cores, 0)}
        for layer, r in zip(layers, duplication, strict=True):
            for _ in range(r):
                states = set(with_copy(states, layer, r, stated))
        found += (
            max(
                objective["product"] * max(load for _, load in state),
                objective["value"] * (moved + written),
            )
            for state, moved in states
        )
    return min(found, default=None)


def with_copy(states, layer, copies, stated):
    """States of (crossbars, products) by core, and values moved, with one more copy of a layer."""
    blocks, width, windows = layer["blocks"], layer["width"], -(-layer["outputs"] // copies)
    capacity, counted = stated["crossbars_per_core"], stated["objective"]["value"] > 0
    whole = not stated["split"] and blocks * width <= capacity
    for state, moved in states:
        for ways in product(range(blocks + 1), repeat=len(state)):
            if sum(ways) != blocks or (whole and blocks not in ways):
                continue
            new = [(u + n * width, t + n * windows) for (u, t), n in zip(state, ways, strict=True)]
            hosts = sum(n > 0 for n in ways)
            added = windows * (hosts * layer["window"] + (hosts - 1) * layer["channels"])
            if all(used <= capacity for used, _ in new):
                yield tuple(sorted(new)), (moved + added) * counted
