"""The chain as a constraint program, for OR-Tools CP-SAT."""

import os
from typing import Any

from ortools.sat.python import cp_model

from peer_models.statement import Chain, need, steps


def solve(chain: Chain, seconds: float) -> dict[str, Any]:
    """Minimise the steps: status, value, bound, allocation.

    Row and column of an output come from x - 1 = W * row + column, 0 <= column < W; the number of
    steps s = ceil(demand / R) from s * R >= demand > (s - 1) * R.
    """
    model = cp_model.CpModel()
    layers, largest = chain.layers, chain.largest
    rs = [model.new_int_var(1, most, f"R{i}") for i, most in enumerate(largest)]
    used = sum(layer.crossbars * r for layer, r in zip(layers, rs, strict=True))
    model.add(used <= chain.crossbars)
    horizon = sum(layer.outputs for layer in layers)
    pre = [model.new_int_var(0, horizon, f"pre{i}") for i in range(len(layers))]
    ends = [model.new_int_var(1, 2 * horizon, f"end{i}") for i in range(len(layers))]
    for i, layer in enumerate(layers):
        for k, waited in _waits(model, chain, rs, i):
            model.add(pre[i] >= waited - 1 + pre[k])
        model.add(ends[i] >= pre[i] + _ceil(model, layer.outputs, rs[i], largest[i]))
        if i:
            model.add(ends[i] >= ends[i - 1] + _ceil(model, layer.tail_outputs, rs[i], largest[i]))
    model.minimize(ends[-1])
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = os.cpu_count() or 1
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    allocation = [solver.value(r) for r in rs] if found else None
    value = round(solver.objective_value) if found else None
    if allocation and status == cp_model.FEASIBLE:
        value = steps(chain, allocation)  # the inequalities leave slack where nothing pressed yet
    return {
        "status": solver.status_name(status),
        "stop": "FINISHED" if status == cp_model.OPTIMAL else "TIME",
        "value": value,
        "bound": round(solver.best_objective_bound),
        "allocation": allocation,
    }


def _waits(model: Any, chain: Chain, rs: list[Any], i: int) -> Any:
    """Steps of each ancestor k until the first step of layer i can be made, as (k, steps)."""
    layers, largest = chain.layers, chain.largest
    made, most = rs[i], largest[i]
    for k in range(i - 1, -1, -1):
        producer, consumer = layers[k], layers[k + 1]
        row = model.new_int_var(0, (most - 1) // consumer.w, "")
        column = model.new_int_var(0, consumer.w - 1, "")
        model.add(made - 1 == consumer.w * row + column)

        def least(a: Any, b: int) -> Any:
            smaller = model.new_int_var(-(2**30), b, "")
            model.add_min_equality(smaller, [a, b])
            return smaller

        demand = need(producer, consumer, row, column, least)
        last = need(producer, consumer, (most - 1) // consumer.w, consumer.w - 1, min)
        waited = model.new_int_var(1, last, "")
        most = last + largest[k] - 1
        made = model.new_int_var(1, most, "")
        model.add_multiplication_equality(made, [waited, rs[k]])
        model.add(made >= demand)
        model.add(made - rs[k] <= demand - 1)
        yield k, waited


def _ceil(model: Any, count: int, r: Any, largest: int) -> Any:
    """An integer that is at least count / r, and no more where the objective presses on it."""
    result = model.new_int_var(0, count, "")
    product = model.new_int_var(0, count * largest, "")
    model.add_multiplication_equality(product, [result, r])
    model.add(product >= count)
    return result
