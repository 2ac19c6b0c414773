"""Data movement: how many bytes a step of a layer moves through a memory level (SPEC §6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xbarmip.errors import InputError
from xbarmip.exact import ceil_div
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.network.layer import Layer
from xbarmip.network.stream import Stream, volume
from xbarmip.strict import as_text, short, suggestion

Bytes = int | Fraction


@dataclass(frozen=True, slots=True)
class Site:
    """A layer in its place, as a rule sees it.

    Attributes
    ----------
    layer : Layer
    producers : tuple of Layer
        The layers that it reads from, each once, in the order of the network.
    reads : Stream, optional
        How what they make is joined and concatenated on the way: a tree over their places in
        `producers`. None where there are none.
    crossbar_set : int
        Logical crossbars of one copy of the layer.
    crossbar : Crossbar
    tile : int
        Logical crossbars in a tile; 0 where the hardware does not say, which a rule that is `tiled`
        never sees.
    value_bytes : Fraction
        Bytes of one activation.
    """

    layer: Layer
    producers: tuple[Layer, ...]
    reads: Stream | None
    crossbar_set: int
    crossbar: Crossbar
    tile: int
    value_bytes: Fraction

    def volume(self, amounts: Sequence[Any]) -> Any:
        """What comes in where each producer makes its amount: a join is one stream, as large as
        its largest operand; of a concatenation all parts count. 0 where nothing is read.
        """
        return 0 if self.reads is None else volume(self.reads, lambda at: amounts[int(at)])

    @property
    def window_values(self) -> int:
        """`Kh*Kw*Ci`, the input values that one output position is made of."""
        height, width = self.layer.kernel
        return height * width * self.layer.in_channels

    @property
    def column_blocks(self) -> int:
        """Blocks of crossbar columns that one group of the layer is spread over, ceil(Co/g/N)."""
        return ceil_div(self.layer.out_channels // self.layer.groups, self.crossbar.columns)


def one_value(site: Site) -> Fraction:
    """The grain of a rule that moves whole values."""
    return site.value_bytes


@dataclass(frozen=True, slots=True)
class SeparableRule:
    """Bytes of a step = own(R_i) + V, where producer j brings per_copy(R_i, j) * R_j.

    V is the sum of these amounts where the layer reads a concatenation, their largest where it
    reads a join, and so on down the tree that it reads (`Site.volume`): a rule has to do nothing
    for that. The form is what makes a bound on the step time linear in the choice of each layer's R
    (see `xbarmip.timing.step_limit`). Nothing else is asked of the two functions: they need not
    grow with R.

    Attributes
    ----------
    name : str
        What hardware files call it.
    text, source : str
        What it moves, and who describes hardware that does so.
    own : callable (Site, int) -> int or Fraction
        Bytes whatever the producers' R, for the layer's own R.
    per_copy : callable (Site, int, Layer) -> int or Fraction, optional
        Bytes for each copy of one producer, for the layer's own R; none by default.
    tiled : bool
        Whether it needs to know how many crossbars a tile has.
    grain : callable (Site) -> Fraction
        Bytes come in whole multiples of this: that gives the times of a network a common unit.
    """

    name: str
    text: str
    source: str
    own: Callable[[Site, int], Bytes]
    per_copy: Callable[[Site, int, Layer], Bytes] | None = None
    tiled: bool = False
    grain: Callable[[Site], Fraction] = one_value

    def moved(self, site: Site, copies: int, producer_copies: tuple[int, ...]) -> Fraction:
        """Bytes that a step moves."""
        pairs = zip(site.producers, producer_copies, strict=True)
        made = [self.producer_grains(site, copies, producer) * r for producer, r in pairs]
        return (self.own_grains(site, copies) + site.volume(made)) * self.grain(site)

    def own_grains(self, site: Site, copies: int) -> int:
        """`own` in grains, checked."""
        return _grains(self.name, site, copies, self.own(site, copies), self.grain(site))

    def producer_grains(self, site: Site, copies: int, producer: Layer) -> int:
        """`per_copy` in grains, checked."""
        if self.per_copy is None:
            return 0
        amount = self.per_copy(site, copies, producer)
        return _grains(self.name, site, copies, amount, self.grain(site))


@dataclass(frozen=True, slots=True)
class GeneralRule:
    """Bytes of a step as any function of the layer's R and its producers'.

    A bound on the step time is then a condition on these layers together, which every solver that
    takes a `Predicate` can honour, but more slowly than the bound of a `SeparableRule`.

    Attributes
    ----------
    name, text, source, tiled, grain
        As in `SeparableRule`.
    amount : callable (Site, int, tuple of int) -> int or Fraction
        Bytes for the layer's R and those of `site.producers`; `site.volume` counts a join once.
    """

    name: str
    text: str
    source: str
    amount: Callable[[Site, int, tuple[int, ...]], Bytes]
    tiled: bool = False
    grain: Callable[[Site], Fraction] = one_value

    def moved(self, site: Site, copies: int, producer_copies: tuple[int, ...]) -> Fraction:
        """Bytes that a step moves."""
        amount, grain = self.amount(site, copies, producer_copies), self.grain(site)
        return _grains(self.name, site, copies, amount, grain) * grain


Rule = SeparableRule | GeneralRule
_RULES: dict[str, Rule] = {}


def register_rule(rule: Rule) -> Rule:
    """Make a rule known by its name, for hardware files and `MemoryLevel`.

    A name keeps its rule as long as the process lives.

    Raises
    ------
    InputError
        When the name is empty or taken by another rule.
    """
    as_text(rule.name, "name of a data-movement rule")
    if _RULES.setdefault(rule.name, rule) != rule:
        raise InputError(f"data-movement rule {rule.name!r} is already registered")
    return rule


def list_rules() -> tuple[Rule, ...]:
    """All registered rules, in the order of their registration."""
    return tuple(_RULES.values())


def rule_named(name: str) -> Rule:
    """The rule of that name.

    Raises
    ------
    InputError
        When there is none; the message lists the nearest names.
    """
    if name not in _RULES:
        raise InputError(f"unknown data-movement rule {name!r}{suggestion(name, _RULES)}")
    return _RULES[name]


def _grains(rule: str, site: Site, copies: int, amount: Bytes, grain: Fraction) -> int:
    """Whole grains in an amount of bytes, refused where there is a rest."""
    if isinstance(amount, int | Fraction) and not isinstance(amount, bool) and amount >= 0:
        over, under = amount.as_integer_ratio()
        whole, rest = divmod(over * grain.denominator, under * grain.numerator)
        if not rest:
            return whole
    raise InputError(
        f"data-movement rule {rule!r}: layer {site.layer.name!r} with R = {copies} moves "
        f"{short(amount)} bytes, which must be a multiple of {grain}, and not negative"
    )
