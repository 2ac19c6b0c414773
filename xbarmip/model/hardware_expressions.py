"""What the hardware says of each layer, as named expressions of the model (SPEC §6)."""

from fractions import Fraction
from typing import Any

import pyomo.environ as pyo

from xbarmip.hardware.tiles import tiles_taken
from xbarmip.model.function import ModelFunction
from xbarmip.model.hooks import by_layer
from xbarmip.network.stream import has_join
from xbarmip.problem import Problem
from xbarmip.timing.layer_ticks import LayerTicks
from xbarmip.timing.step_time import ticks_of


def add_hardware_expressions(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Add tiles[l] and step_time_us[l], each where the hardware has the figures for it."""
    hardware = problem.hardware
    if hardware is None:
        return
    if tile := hardware.crossbars_per_tile:
        sets = dict(zip(problem.network.index, problem.sets, strict=True))
        model.tiles = by_layer(
            model,
            problem,
            lambda layer, r: tiles_taken(sets[layer.name], r, tile),
            f"[l]: tiles of {tile} crossbars that layer l occupies alone",
        )
    if hardware.has_step_time:
        _add_step_time(model, problem)


def _add_step_time(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Add step_time_us[l], T_A of every layer in microseconds, in exact fractions.

    With separable rules it is a quadratic expression: own(R) and the coefficient of each producer
    are linear in the choice of the layer's own R, and the latter multiply the producer's R. With
    general rules, or where the layer reads a join, it is an external function of R.
    """
    ticks = ticks_of(problem)
    unit = ticks.tick * 10**6
    names = [layer.name for layer in problem.network.layers]
    made = {}
    for name, layer, largest in zip(names, ticks.layers, problem.largest, strict=True):
        producers = [names[k] for k in layer.producers]
        if layer.separable and not has_join(layer.reads):
            made[name] = _quadratic(model, name, producers, layer, largest, unit)
        else:
            function = pyo.ExternalFunction(function=_StepTime(layer, unit))
            model.add_component(f"step_time_of_{names.index(name) + 1}", function)
            made[name] = function(model.R[name], *(model.R[k] for k in producers))
    doc = "[l]: microseconds that layer l takes to move the data of one step"
    model.step_time_us = pyo.Expression(model.LAYERS, rule=lambda _, name: made[name], doc=doc)


def _quadratic(
    model: pyo.ConcreteModel,
    name: str,
    producers: list[str],
    layer: LayerTicks,
    largest: int,
    unit: Fraction,
) -> Any:
    chosen = [model.choose[name, r] for r in range(1, largest + 1)]
    menu = range(1, largest + 1)
    own = [layer.coefficients(r).own for r in menu]
    table = [layer.copies(r) or () for r in menu]  # without a join all is one stream
    total = pyo.quicksum(each * unit * choice for each, choice in zip(own, chosen, strict=True))
    for number, producer in enumerate(producers):
        copies = pyo.quicksum(
            each[number] * unit * choice for each, choice in zip(table, chosen, strict=True)
        )
        total += copies * model.R[producer]
    return total


class _StepTime(ModelFunction):
    """T_A of one layer as a function of its R and its producers', for Pyomo."""

    def __init__(self, layer: LayerTicks, unit: Fraction) -> None:
        super().__init__("step_time")
        self.layer, self.unit = layer, unit

    def __call__(self, own: float, *producers: float) -> Fraction:
        return self.layer(int(own), [int(r) for r in producers]) * self.unit
