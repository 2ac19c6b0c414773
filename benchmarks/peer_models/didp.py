"""The chain as a declared dynamic program, for didppy.

Backwards, from the last layer. Once layers k+1, k+2, ... are decided, all that matters of layer i
among them is what its first step demands of layer k (x_i) and how many steps remain from its start
(d_i), besides the tail behind the chain so far (e) and the crossbars left. Less of x, d and e is
never worse, nor are more crossbars: they are declared as resources.
"""

from typing import Any

import didppy as dp

from peer_models.statement import Chain, Conv, need

INT32_MAX = 2**31 - 1  # didppy integers wrap beyond it, in silence


def solve(chain: Chain, seconds: float) -> dict[str, Any]:
    """Minimise the steps: status, value, bound, allocation.

    Raises
    ------
    OverflowError
        Where a value might leave 32 bits.
    """
    _check(chain)
    layers, largest = chain.layers, chain.largest
    model = dp.Model()
    stages = model.add_object_type(len(layers) + 1)
    stage = model.add_element_var(stages, target=len(layers))  # layers not yet decided
    left = model.add_int_resource_var(target=chain.crossbars, less_is_better=False)
    tail = model.add_int_resource_var(target=0, less_is_better=True)
    xs, ds = (
        [model.add_int_resource_var(target=0, less_is_better=True) for _ in layers]
        for _ in range(2)
    )
    model.add_base_case([stage == 0])
    model.add_dual_bound(_work_bound(model, chain, stage, left) + tail)
    for k in range(len(layers)):
        before = sum(layer.crossbars for layer in layers[:k])
        for r in range(1, largest[k] + 1):
            _decide(model, chain, k, r, stage, left, tail, xs, ds, before)
    solver = dp.CABS(model, f_operator=dp.FOperator.Max, time_limit=seconds, quiet=True)
    solution = solver.search()
    rs = [int(transition.name.split("=")[1]) for transition in solution.transitions]
    return {
        "status": "OPTIMAL" if solution.is_optimal else "FEASIBLE" if rs else "UNKNOWN",
        "stop": "FINISHED" if solution.is_optimal else "TIME",
        "value": solution.cost,
        "bound": solution.best_bound,
        "allocation": rs[::-1] or None,
    }


def _work_bound(model: Any, chain: Chain, stage: Any, left: Any) -> Any:
    """max ceil(N/R) >= sum(N * set) / sum(R * set) over the layers still to be decided."""
    work = [0]
    for layer in chain.layers:
        work.append(work[-1] + layer.outputs * layer.crossbars)
    table = model.add_int_table(work)
    return (table[stage] + left - 1) // dp.max(left, 1)


def _decide(
    model: Any, chain: Chain, k: int, r: int, stage: Any, left: Any, tail: Any,
    xs: list[Any], ds: list[Any], before: int,
) -> None:  # fmt: skip
    """The transition that gives layer k duplication r."""
    layer, price = chain.layers[k], r * chain.layers[k].crossbars
    behind = range(k + 1, len(chain.layers))
    remaining = -(-layer.outputs // r) + tail
    for i in behind:
        remaining = dp.max(remaining, (xs[i] + r - 1) // r - 1 + ds[i])
    effects = [
        (stage, k),
        (left, left - price),
        (tail, tail - (-layer.tail_outputs // r)),
        (ds[k], remaining),
    ]
    if k:
        producer = chain.layers[k - 1]
        effects.append((xs[k], _need(producer, layer, r, min)))
        effects += [
            (xs[i], _need(producer, layer, (xs[i] + r - 1) // r * r, dp.min)) for i in behind
        ]
    else:  # nothing reads these again: equal states are to be found equal
        effects += [(xs[i], 0) for i in behind]
    model.add_transition(
        dp.Transition(
            name=f"R{k}={r}",
            cost=dp.max(dp.IntExpr.state_cost(), remaining),
            effects=effects,
            preconditions=[stage == k + 1, left >= price + before],
        )
    )


def _need(producer: Conv, consumer: Conv, made: Any, least: Any) -> Any:
    return need(producer, consumer, (made - 1) // consumer.w, (made - 1) % consumer.w, least)


def _check(chain: Chain) -> None:
    """Bound the largest demand, work and horizon."""
    layers, largest = chain.layers, chain.largest
    most = max(
        sum(layer.outputs * layer.crossbars for layer in layers) + chain.crossbars,
        2 * sum(layer.outputs for layer in layers),
    )
    demand = 0
    for k in range(len(layers) - 1, 0, -1):
        made = max(demand, 1) + largest[k]
        row = (made - 1) // layers[k].w
        demand = max(1, need(layers[k - 1], layers[k], row, layers[k].w - 1, min))
        most = max(most, demand + largest[k - 1])
    if most > INT32_MAX // 2:
        raise OverflowError(f"values up to {most} might leave 32 bits")
