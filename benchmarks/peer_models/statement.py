"""A chain of square convolutions in the letters of the paper, and its closed form.

W. Li, Y. Han, X. Chen, ACM TODAES 29(1), article 21, 2023, doi 10.1145/3631523, Algorithm 1. Every
expression works on integers and on the expressions of a modelling library alike: `least` is that
library's minimum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conv:
    """A convolution with the pooling behind it.

    Attributes
    ----------
    w : int
        Wo = Ho of the convolution's own output.
    kc, sc, pc : int
        Kernel, stride and padding of the convolution, kc > pc.
    kp, sp, pp : int
        The same of the pooling; 1, 1, 0 for none.
    crossbars : int
        One copy of its weights.
    """

    w: int
    kc: int
    sc: int
    pc: int
    kp: int
    sp: int
    pp: int
    crossbars: int

    @property
    def outputs(self) -> int:
        """N."""
        return self.w * self.w

    @property
    def pooled(self) -> int:
        """Width behind the pooling."""
        return (self.w - self.kp + 2 * self.pp) // self.sp + 1

    @property
    def tail_outputs(self) -> int:
        """Outputs that may be left when the producer ends: its tail is ceil(this / R)."""
        return self.w * (self.pc // self.sc)


@dataclass(frozen=True)
class Chain:
    """Layers in order, and the crossbars that there are."""

    layers: tuple[Conv, ...]
    crossbars: int

    @property
    def largest(self) -> tuple[int, ...]:
        """Largest R of each layer."""
        spare = self.crossbars - sum(layer.crossbars for layer in self.layers)
        return tuple(min(each.outputs, 1 + spare // each.crossbars) for each in self.layers)


def need(
    producer: Conv, consumer: Conv, row: Any, column: Any, least: Callable[[Any, Any], Any]
) -> Any:
    """Outputs of the producer behind the consumer's output in `row`, `column`, both from 0."""
    pooled_row = row * consumer.sc + consumer.kc - consumer.pc
    pooled_column = least(column * consumer.sc + consumer.kc - consumer.pc, producer.pooled)
    conv_row = producer.kp + producer.sp * (pooled_row - 1) - producer.pp
    conv_column = least(producer.kp + producer.sp * (pooled_column - 1) - producer.pp, producer.w)
    return (conv_row - 1) * producer.w + conv_column


def steps(chain: Chain, allocation: Sequence[int]) -> int:
    """The closed form in integers, as Algorithm 1 prints it."""
    layers = chain.layers
    pre: list[int] = []
    end = 0
    for i, layer in enumerate(layers):
        demand, wait = allocation[i], 0
        for c in range(i, 0, -1):
            made = -(-demand // allocation[c]) * allocation[c]
            row, column = divmod(made - 1, layers[c].w)
            demand = need(layers[c - 1], layers[c], row, column, min)
            wait = max(wait, -(-demand // allocation[c - 1]) - 1 + pre[c - 1])
        pre.append(wait)
        own = -(-layer.outputs // allocation[i]) + wait
        end = max(own, end - (-layer.tail_outputs // allocation[i]) if i else 0)
    return end
