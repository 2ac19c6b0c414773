"""Whether blocks of a few sizes fit into equal cores: exact bin packing."""

from collections.abc import Iterator, Mapping
from functools import cache

Counts = tuple[int, ...]


def packs(blocks: Mapping[int, int], capacity: int, cores: int) -> bool:
    """Whether the blocks, given as size: count, fit into the cores, none of them split.

    Blocks by decreasing size into the first core with room often show that they do; where that
    fails, a search over what each core holds decides.
    """
    sizes = tuple(sorted((size for size, count in blocks.items() if count), reverse=True))
    counts = tuple(blocks[size] for size in sizes)
    if any(size > capacity for size in sizes):
        return False
    if sum(size * count for size, count in blocks.items()) > capacity * cores:
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
    """One core after the other, each with the largest block left and as full as can be."""

    @cache
    def fits(left: Counts, cores: int) -> bool:
        if not any(left):
            return True
        needed = sum(size * count for size, count in zip(sizes, left, strict=True))
        if not cores or needed > capacity * cores:
            return False
        first = next(place for place, count in enumerate(left) if count)
        return any(
            fits(tuple(a - b for a, b in zip(left, pattern, strict=True)), cores - 1)
            for pattern in _patterns(sizes, left, capacity, first)
        )

    return fits(counts, cores)


def _patterns(sizes: Counts, left: Counts, room: int, first: int) -> Iterator[Counts]:
    """What one core can hold, with a block of size number `first`, and no more room for any."""

    def extend(place: int, room: int, taken: Counts) -> Iterator[Counts]:
        if place == len(sizes):
            spare = [a - b for a, b in zip(left, taken, strict=True)]
            if all(size > room or not count for size, count in zip(sizes, spare, strict=True)):
                yield taken
            return
        least = 1 if place == first else 0
        for count in range(min(left[place], room // sizes[place]), least - 1, -1):
            yield from extend(place + 1, room - count * sizes[place], (*taken, count))

    return extend(first, room, (0,) * first)
