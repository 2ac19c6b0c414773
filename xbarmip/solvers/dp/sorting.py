"""Sorting inside kernels: the library's own sorts take the compiler seconds."""

from xbarmip.compiled import compiled


@compiled
def order_by(keys, order):  # type: ignore[no-untyped-def]
    """Fill `order` with the numbers of `keys` by ascending key; of equal ones the smaller first.

    By Shell's method, which compares keys that lie far apart first.
    """
    count = len(keys)
    for i in range(count):
        order[i] = i
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, count):
            number = order[i]
            at = i
            while at >= gap and (
                keys[order[at - gap]] > keys[number]
                or (keys[order[at - gap]] == keys[number] and order[at - gap] > number)
            ):
                order[at] = order[at - gap]
                at -= gap
            order[at] = number
        gap //= 3
