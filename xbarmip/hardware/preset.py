"""Hardware presets: published architectures as TOML files (docs/hardware-format.md)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from math import ceil
from os import PathLike
from typing import Any, get_type_hints

from xbarmip.data import find_file, shipped_names
from xbarmip.errors import InputError
from xbarmip.exact import INT64_MAX, as_int, as_positive_rational, ceil_div
from xbarmip.hardware import rules as _shipped_rules  # noqa: F401  (registers them)
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.movement import rule_named
from xbarmip.strict import (
    as_text,
    check_format,
    known_keys,
    located,
    parse_toml,
    read_text,
    short,
    suggestion,
)

FORMAT = "xbarmip-hardware"
VERSION = 1
BANDWIDTHS = {  # key: bytes per second in one of its unit
    "bandwidth_GiB_per_s": Fraction(2**30),
    "bandwidth_GB_per_s": Fraction(10**9),
    "bandwidth_Gbit_per_s": Fraction(10**9, 8),
}


@dataclass(frozen=True, slots=True)
class MemoryLevel:
    """One level that data passes on its way to the crossbars.

    Attributes
    ----------
    name : str
    bytes_per_second : Fraction
        Bandwidth, exact.
    rule : str, optional
        Name of the rule that says how many bytes a step of a layer moves through this level.
    """

    name: str
    bytes_per_second: Fraction
    rule: str | None = None

    def __post_init__(self) -> None:
        as_text(self.name, "memory level name")
        with located(f"memory level {self.name!r}"):
            exact = as_positive_rational(self.bytes_per_second, "bytes_per_second")
            object.__setattr__(self, "bytes_per_second", exact)
            if self.rule is not None:
                rule_named(as_text(self.rule, "rule"))


@dataclass(frozen=True, slots=True)
class Hardware:
    """An architecture's figures; None where its source does not say.

    Attributes
    ----------
    name, source : str
    crossbar : Crossbar
        Logical: one weight at each row and column.
    crossbars_per_tile : int, optional
        Logical crossbars; by default the physical ones divided by those that a logical one takes,
        where both are known.
    physical_crossbars_per_tile : int, optional
        Crossbars of cells, of which a logical one takes several (`physical_per_logical`).
    tiles : int, optional
        Tiles of a chip.
    bits_per_cell, weight_bits, input_bits : int, optional
        An activation moves as `input_bits` bits.
    signed_pair : int, optional
        2 where positive and negative weights have crossbars of their own, 1 where one crossbar
        holds both (as an offset or in two's complement).
    adc_bits, adcs_per_crossbar, dac_bits, dacs_per_crossbar : int, optional
        Resolution and number of the converters.
    clock_ns : Fraction, optional
        One cycle of the architecture's clock.
    compute_cycles : int, optional
        Clock cycles of the computation stage of a step.
    compute_ns : Fraction, optional
        The computation stage of a step, T_C (SPEC §6); by default compute_cycles * clock_ns where
        both are known.
    product_ns : Fraction, optional
        One matrix-vector product in a core that does one at a time; a core is a tile (SPEC §16).
    row_write_ns : Fraction, optional
        Writing one row of a crossbar; its rows are written one after another (SPEC §13).
    write_ports : int, optional
        Crossbars that are written at the same time; 1 where the source does not say.
    off_chip_GB_per_s : Fraction, optional
        10^9 bytes a second to the memory that keeps maps from one segment to the next (SPEC §13).
    memory : tuple of MemoryLevel

    Raises
    ------
    InputError
        On a value that is not positive or not of its type, two levels of one name, or a figure
        that contradicts the others that it follows from.
    """

    name: str
    source: str
    crossbar: Crossbar
    crossbars_per_tile: int | None = None
    physical_crossbars_per_tile: int | None = None
    tiles: int | None = None
    bits_per_cell: int | None = None
    signed_pair: int | None = None
    weight_bits: int | None = None
    input_bits: int | None = None
    adc_bits: int | None = None
    adcs_per_crossbar: int | None = None
    dac_bits: int | None = None
    dacs_per_crossbar: int | None = None
    clock_ns: Fraction | None = None
    compute_cycles: int | None = None
    compute_ns: Fraction | None = None
    product_ns: Fraction | None = None
    row_write_ns: Fraction | None = None
    write_ports: int | None = None
    off_chip_GB_per_s: Fraction | None = None  # noqa: N815 - the key of the file, with its unit
    memory: tuple[MemoryLevel, ...] = ()

    def __post_init__(self) -> None:
        as_text(self.name, "name")
        as_text(self.source, "source")
        for field in COUNTS:
            if getattr(self, field) is not None:
                as_int(getattr(self, field), field, 1, INT64_MAX)
        for field in FIGURES:
            if getattr(self, field) is not None:
                exact = as_positive_rational(getattr(self, field), field)
                object.__setattr__(self, field, exact)
        self._check_compute_time()
        self._check_tile()
        for name, count in Counter(level.name for level in self.memory).items():
            if count > 1:
                raise InputError(f"memory level name {name!r} is used {count} times")

    def _check_compute_time(self) -> None:
        if self.clock_ns is None or self.compute_cycles is None:
            return
        product = self.clock_ns * self.compute_cycles
        if self.compute_ns not in (None, product):
            raise InputError(
                f"compute_ns must equal compute_cycles * clock_ns = {product}, "
                f"got {self.compute_ns}"
            )
        object.__setattr__(self, "compute_ns", product)

    @property
    def physical_per_logical(self) -> int | None:
        """Physical crossbars of a logical one: a slice for every bits_per_cell bits of a weight,
        twice for pairs of signs. None where the figures do not say.
        """
        if self.bits_per_cell is None or self.weight_bits is None or self.signed_pair is None:
            return None
        return self.signed_pair * ceil_div(self.weight_bits, self.bits_per_cell)

    @property
    def crossbar_write_ns(self) -> Fraction | None:
        """Writing one crossbar (SPEC §13): all its rows, shared by the ports; None if not said."""
        if self.row_write_ns is None:
            return None
        return self.crossbar.rows * self.row_write_ns / (self.write_ports or 1)

    @property
    def write_cycles(self) -> int | None:
        """The same in cycles of compute_ns, rounded up; None where the figures do not say."""
        if self.crossbar_write_ns is None or self.compute_ns is None:
            return None
        return ceil(self.crossbar_write_ns / self.compute_ns)

    def require(self, what: str, *needed: str) -> None:
        """Check that it has some figures, from which `what` follows.

        Raises
        ------
        InputError
            Naming the hardware and the first that is missing.
        """
        for figure in needed:
            if getattr(self, figure) is None:
                raise InputError(f"hardware {self.name!r} gives no {what}: it has no {figure}")

    def _check_tile(self) -> None:
        if self.signed_pair not in (None, 1, 2):
            raise InputError(f"signed_pair must be 1 or 2, got {self.signed_pair}")
        physical, each = self.physical_crossbars_per_tile, self.physical_per_logical
        if physical is None or each is None:
            return
        logical = physical // each
        if logical < 1 or self.crossbars_per_tile not in (None, logical):
            raise InputError(
                f"{physical} physical crossbars a tile, {each} to a logical one, make {logical} "
                f"logical ones, but crossbars_per_tile is {self.crossbars_per_tile or 'at least 1'}"
            )
        object.__setattr__(self, "crossbars_per_tile", logical)

    @property
    def has_step_time(self) -> bool:
        """Whether the figures say how long a step lasts."""
        return not self.missing

    def require_step_time(self) -> None:
        """Check that the figures say how long a step lasts.

        Raises
        ------
        InputError
            Naming the hardware and the first figure that is missing.
        """
        for missing in self.missing:
            raise InputError(f"hardware {self.name!r} gives no step time: it has no {missing}")

    @property
    def missing(self) -> tuple[str, ...]:
        """What a step time needs and the figures do not say."""
        missing = [f for f in ("compute_ns", "input_bits") if getattr(self, f) is None]
        if not self.memory:
            missing.append("memory")
        for level in self.memory:
            if level.rule is None:
                missing.append(f"rule of memory level {level.name!r}")
            elif rule_named(level.rule).tiled and self.crossbars_per_tile is None:
                missing.append("crossbars_per_tile")
        return tuple(dict.fromkeys(missing))

    def as_dict(self) -> dict[str, Any]:
        """The figures for JSON; what the source does not say is None."""
        facts = {field.name: getattr(self, field.name) for field in fields(self)}
        facts |= {key: facts[key] and _number(facts[key]) for key in FIGURES}
        return {
            **facts,
            "crossbar": self.crossbar.sides,
            "memory": [
                {
                    "name": level.name,
                    "bytes_per_second": _number(level.bytes_per_second),
                    "rule": level.rule,
                }
                for level in self.memory
            ],
            "physical_per_logical": self.physical_per_logical,
            "lacks_for_latency": list(self.missing),
        }

    def with_bandwidth(self, factor: Fraction, level: str | None = None) -> "Hardware":
        """The same hardware with the bandwidth of one level, or of all, times `factor`.

        Raises
        ------
        InputError
            On an unknown level.
        """
        names = [each.name for each in self.memory]
        if level is not None and level not in names:
            raise InputError(
                f"hardware {self.name!r} has no memory level {level!r}{suggestion(level, names)}"
            )
        memory = tuple(
            replace(each, bytes_per_second=each.bytes_per_second * factor)
            if level in (None, each.name)
            else each
            for each in self.memory
        )
        return replace(self, memory=memory)


def _named(kind: type) -> tuple[str, ...]:
    """The figures that are numbers of a kind where the source says them."""
    hints = get_type_hints(Hardware)
    return tuple(name for name, hint in hints.items() if hint == kind | None)


COUNTS, FIGURES = _named(int), _named(Fraction)  # the latter exact, in units that their names tell


def _number(value: Fraction) -> int | float:
    """An exact number as JSON can hold it: rounded where it is not an integer."""
    return int(value) if value.denominator == 1 else float(value)


def list_hardware() -> tuple[str, ...]:
    """Names of the presets that ship with the package, sorted."""
    return shipped_names("hardware")


def load_hardware(name_or_path: str | PathLike[str]) -> Hardware:
    """Read a hardware preset.

    Parameters
    ----------
    name_or_path : str or path
        A path that ends in .toml, or else the name of a shipped preset.

    Raises
    ------
    InputError
        On an unknown name, an unreadable file, or a file that breaks a rule of the format; the
        message names the file, the key, its value and the rule.
    """
    file = find_file("hardware", name_or_path, (".toml",))
    text = read_text(file)
    with located(str(file)):
        return _hardware(parse_toml(text))


def _hardware(data: Mapping[str, Any]) -> Hardware:
    required = ("format", "version", "name", "source", "crossbar_rows", "crossbar_columns")
    check_format(data, FORMAT, VERSION)
    fields = known_keys(data, required, (*COUNTS, *FIGURES, "memory"))
    rows, columns = (as_int(fields[key], key, 1, INT64_MAX) for key in required[-2:])
    levels = fields.get("memory", [])
    if not isinstance(levels, list):
        raise InputError(f"memory must be an array of tables, [[memory]], got {short(levels)}")
    return Hardware(
        fields["name"],
        fields["source"],
        Crossbar(rows, columns),
        **{key: fields[key] for key in (*COUNTS, *FIGURES) if key in fields},
        memory=tuple(_level(entry, number) for number, entry in enumerate(levels, start=1)),
    )


def _level(entry: Any, number: int) -> MemoryLevel:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    where = f"memory level {name!r}" if isinstance(name, str) else f"memory level number {number}"
    with located(where):
        fields = known_keys(entry, ("name",), (*BANDWIDTHS, "rule"))
        name = as_text(fields["name"], "name")
        given = [key for key in BANDWIDTHS if key in fields]
        if len(given) != 1:
            raise InputError(f"needs one key of {', '.join(BANDWIDTHS)}, got {len(given)}")
        bandwidth = as_positive_rational(fields[given[0]], given[0]) * BANDWIDTHS[given[0]]
        rule = as_text(fields["rule"], "rule") if "rule" in fields else None
    return MemoryLevel(name, bandwidth, rule)
