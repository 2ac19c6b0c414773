"""Whether blocks of a few sizes fit into equal cores: exact bin packing."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from xbarmip.exact import ceil_div

Counts = tuple[int, ...]


def packs(blocks: Mapping[int, int], capacity: int, cores: int) -> bool:
    """Whether the blocks, given as size: count, fit into the cores, none of them split.

    Blocks of one crossbar fit wherever there is room: if all blocks together are no larger than
    the cores, only the others matter. Blocks by decreasing size into the first core with room often
    show that these fit; where that fails, a search over what cores hold decides.
    """
    if sum(size * count for size, count in blocks.items()) > capacity * cores:
        return False
    sizes = tuple(sorted((size for size, n in blocks.items() if n and size > 1), reverse=True))
    counts = tuple(blocks[size] for size in sizes)
    if any(size > capacity for size in sizes):
        return False
    return _first_fit(sizes, counts, capacity, cores) or _search(sizes, counts, capacity, cores)


def _first_fit(sizes: Counts, counts: Counts, capacity: int, cores: int) -> bool:
    free = {capacity: cores}  # room: how many cores have that much
    for size, count in zip(sizes, counts, strict=True):
        while count:
            room = min((room for room, some in free.items() if some and room >= size), default=0)
            if not room:
                return False
            each = room // size
            filled = min(free[room], count // each)
            if filled:
                put = each
            else:
                filled, put = 1, count
            count -= filled * put
            free[room] -= filled
            free[room - put * size] = free.get(room - put * size, 0) + filled
    return True


def _search(sizes: Counts, counts: Counts, capacity: int, cores: int) -> bool:
    """Whether some patterns, each repeated some times, hold all blocks.

    A pattern is what a core holds that has no room for another block. Any packing makes one of
    patterns when its cores are filled up, so room may be left over; and the patterns may come in
    any order, here with ever more room that is wasted.
    """
    patterns, functions = _patterns(sizes, capacity), _functions(sizes, capacity)
    taken = [sum(s * p for s, p in zip(sizes, pattern, strict=True)) for pattern in patterns]

    def hopeless(left: Counts, cores: int, start: int) -> bool:
        return sum(s * n for s, n in zip(sizes, left, strict=True)) > cores * taken[start] or any(
            sum(w * n for w, n in zip(weights, left, strict=True)) > cores * most
            for weights, most in functions
        )

    @cache
    def holds(left: Counts, cores: int, start: int) -> bool:
        if not any(left):
            return True
        for number in range(start, len(patterns)):
            if hopeless(left, cores, number):
                return False
            pairs = list(zip(left, patterns[number], strict=True))
            useful = max((ceil_div(n, p) for n, p in pairs if p), default=0)
            for times in range(min(cores, useful), 0, -1):
                rest = tuple(max(0, n - times * p) for n, p in pairs)
                if holds(rest, cores - times, number + 1):
                    return True
        return False

    return holds(counts, cores, 0)


@lru_cache(maxsize=64)
def _patterns(sizes: Counts, capacity: int) -> tuple[Counts, ...]:
    """What a core can hold without room for another block, those that waste least room first."""

    def extend(place: int, room: int, held: Counts) -> Iterator[tuple[int, Counts]]:
        if place == len(sizes):
            if room < sizes[-1]:
                yield room, held
            return
        last = place == len(sizes) - 1
        most = room // sizes[place]
        for count in range(most, most - 1 if last else -1, -1):
            yield from extend(place + 1, room - count * sizes[place], (*held, count))

    return tuple(held for _, held in sorted(extend(0, capacity, ()), key=lambda pair: pair[0]))


@lru_cache(maxsize=64)
def _functions(sizes: Counts, capacity: int) -> tuple[tuple[Counts, int], ...]:
    """Weights of the sizes, and the most that the blocks of any core weigh together.

    For k = 1, 2, ... a size s with (k + 1) s / capacity whole weighs k s, any other one capacity
    times that rounded down. Let t be what the sizes of the first kind in a core come to, times
    (k + 1) / capacity, a whole number. Those of the other kind add up to less than k + 1 - t after
    rounding down if there are any, so to k - t at most: together k t / (k + 1) + k - t <= k. If
    there are none, t <= k + 1 gives k as well.

    Source: S. P. Fekete, J. Schepers, Mathematical Programming 91, 2001.
    """
    made: dict[Counts, int] = {}
    for k in range(1, capacity + 1):
        weights = tuple(
            k * s if (k + 1) * s % capacity == 0 else capacity * ((k + 1) * s // capacity)
            for s in sizes
        )
        made[weights] = min(k * capacity, made.get(weights, k * capacity))
    return tuple(made.items())
