"""Entries that are gathered and scattered by constant indices.

A tensor of the entries' own numbers goes through the operator in place of the data: what comes out
says which entry each result is.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xbarmip.network.onnx.field import Field
from xbarmip.network.onnx.operation import Operation
from xbarmip.network.onnx.value import Value, join

Numbers = NDArray[np.int64]


def gather_nd(operation: Operation) -> tuple[Value, ...]:
    """Entries, or blocks of them, by whole index tuples."""
    skipped = operation.node.integer("batch_dims", 0)
    index = operation.array(1)

    def chosen(numbers: Numbers) -> Numbers:
        if not skipped:
            return numbers[tuple(np.moveaxis(index, -1, 0))]
        ahead = prod(numbers.shape[:skipped])
        rest, tuples = numbers.reshape(ahead, *numbers.shape[skipped:]), index.shape[skipped:]
        each = index.reshape(ahead, *tuples)
        made = [one[tuple(np.moveaxis(at, -1, 0))] for one, at in zip(rest, each, strict=True)]
        return np.stack(made).reshape(*numbers.shape[:skipped], *made[0].shape)

    return (_taken(operation.value(0), chosen),)


def gather_elements(operation: Operation) -> tuple[Value, ...]:
    """Entries by an index for each result, along one axis."""
    axis, index = operation.node.integer("axis", 0), operation.array(1)
    return (
        _taken(operation.value(0), lambda n: np.take_along_axis(n, index % n.shape[axis], axis)),
    )


def scatter_nd(operation: Operation) -> tuple[Value, ...]:
    """Updates in the place of entries, or added to them, by whole index tuples."""
    at = tuple(np.moveaxis(operation.array(1), -1, 0))

    def put(numbers: Numbers, updates: Any) -> None:
        numbers[at] = updates

    return (_scattered(operation, put),)


def scatter_elements(operation: Operation) -> tuple[Value, ...]:
    """Updates in the place of entries, or added to them, along one axis."""
    axis, index = operation.node.integer("axis", 0), operation.array(1)

    def put(numbers: Numbers, updates: Any) -> None:
        values = np.broadcast_to(updates, index.shape)
        np.put_along_axis(numbers, index % numbers.shape[axis], values, axis)

    return (_scattered(operation, put),)


def _scattered(operation: Operation, put: Callable[[Numbers, Any], None]) -> Value:
    data, updates = operation.value(0), operation.value(2)
    kept, new = _numbers(data), np.full(data.shape, -1)
    put(new, _numbers(updates))
    if operation.node.text("reduction", "none") == "none":
        put(kept, -1)
    return join([_taken(data, lambda _: kept), _taken(updates, lambda _: new)], data.shape)


def _numbers(value: Value) -> Numbers:
    return np.arange(prod(value.shape)).reshape(value.shape)


def _taken(value: Value, rule: Callable[[Numbers], Numbers]) -> Value:
    """A tensor of entries of `value`, each by its number; -1 for a constant."""
    numbers = rule(_numbers(value))

    def pick(field: Field) -> Field:
        entries = np.broadcast_to(field.values(), value.shape).ravel()
        return Field.of(np.append(entries, 0)[numbers])

    return value.mapped(numbers.shape, pick).needed()
