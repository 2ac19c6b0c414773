"""Hardware presets: the shipped ones, exact numbers, and what the reader refuses."""

from decimal import Decimal
from fractions import Fraction

import pytest

from xbarmip.errors import InputError
from xbarmip.hardware.crossbar import Crossbar
from xbarmip.hardware.preset import Hardware, MemoryLevel, list_hardware, load_hardware

HEAD = """format = "xbarmip-hardware"
version = 1
name = "mine"
source = "A test."
crossbar_rows = 64
crossbar_columns = 32
"""
LEVEL = '[[memory]]\nname = "bus"\n'


@pytest.fixture
def load(tmp_path):
    """Write a preset and read it back."""

    def write_and_load(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_hardware(path)

    return write_and_load


def test_the_architecture_of_the_paper():
    """Table 3 of doi 10.1145/3631523; its GB are 2^30 bytes (SPEC §6)."""
    preset = load_hardware("isaac-like")
    assert preset.crossbar == Crossbar(128, 128)
    assert preset.crossbars_per_tile == 72
    assert (preset.weight_bits, preset.input_bits) == (16, 16)
    assert (preset.adc_bits, preset.adcs_per_crossbar) == (8, 1)
    assert (preset.dac_bits, preset.dacs_per_crossbar) == (1, 128)
    assert (preset.compute_cycles, preset.clock_ns, preset.compute_ns) == (21, 100, 2100)
    assert preset.memory == (
        MemoryLevel("buffer", Fraction(128 * 2**30), "isaac-intra-tile"),
        MemoryLevel("bus", Fraction(128 * 2**30, 10), "isaac-inter-tile"),
    )
    assert preset.tiles is preset.physical_crossbars_per_tile is None


def test_the_other_architectures():
    isaac, puma = load_hardware("isaac-ce"), load_hardware("puma")
    assert (isaac.physical_crossbars_per_tile, isaac.tiles, isaac.clock_ns) == (96, 168, 100)
    assert (isaac.physical_per_logical, isaac.crossbars_per_tile) == (8, 12)
    assert isaac.compute_ns is None
    assert (puma.physical_per_logical, puma.crossbars_per_tile) == (8, 16)
    assert (puma.physical_crossbars_per_tile, puma.tiles, puma.compute_ns) == (16 * 8, 138, 2304)
    pimcomp, mnsim = load_hardware("pimcomp"), load_hardware("mnsim-2.0")
    assert (pimcomp.crossbars_per_tile, pimcomp.tiles) == (64, 36)
    assert (pimcomp.memory, pimcomp.off_chip_GB_per_s) == ((), Fraction(32, 5))
    assert (mnsim.signed_pair, mnsim.physical_per_logical) == (2, None)
    assert mnsim.crossbar == Crossbar(256, 256)
    assert [level.bytes_per_second for level in mnsim.memory] == [
        128 * 10**9,
        Fraction(5, 2) * 10**9,
    ]


def test_all_presets_load_under_their_own_name():
    names = list_hardware()
    assert set(names) >= {"isaac-like", "isaac-ce", "puma", "pimcomp", "mnsim-2.0"}
    assert names == tuple(sorted(names))
    for name in names:
        preset = load_hardware(name)
        assert preset.name == name
        assert len(preset.source) > 20
        numbers = [preset.clock_ns, preset.compute_ns]
        numbers += [level.bytes_per_second for level in preset.memory]
        assert {type(number) for number in numbers} <= {Fraction, type(None)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bandwidth_GiB_per_s = 12.8", Fraction(64 * 2**30, 5)),
        ("bandwidth_GB_per_s = 0.1", Fraction(10**8)),
        ("bandwidth_Gbit_per_s = 1e-9", Fraction(1, 8)),
        ("bandwidth_GB_per_s = 1_000", Fraction(10**12)),
    ],
)
def test_numbers_are_exact(load, line, expected):
    assert load(HEAD + LEVEL + line).memory == (MemoryLevel("bus", expected),)


def test_the_computation_stage(load):
    """Known from either side; a contradiction is refused."""
    product = "clock_ns = 12.5\ncompute_cycles = 3\n"
    assert load(HEAD + product).compute_ns == Fraction(75, 2)
    assert load(HEAD + product + "compute_ns = 37.5\n").compute_ns == Fraction(75, 2)
    assert load(HEAD + "compute_ns = 2.5\n").compute_ns == Fraction(5, 2)
    assert load(HEAD + "clock_ns = 5\n").compute_ns is None
    with pytest.raises(InputError, match=r"compute_ns must equal .* = 75/2, got 37"):
        load(HEAD + product + "compute_ns = 37\n")


def test_logical_and_physical_crossbars(load):
    """16 bits in cells of 3 are 6 slices, 12 with pairs of signs: 100 physical make 8 logical."""
    text = HEAD + "physical_crossbars_per_tile = 100\nweight_bits = 16\nbits_per_cell = 3\n"
    assert load(text).crossbars_per_tile is load(text).physical_per_logical is None
    preset = load(text + "signed_pair = 2\n")
    assert (preset.physical_per_logical, preset.crossbars_per_tile) == (12, 8)
    assert load(text + "signed_pair = 1\ncrossbars_per_tile = 16\n").crossbars_per_tile == 16
    with pytest.raises(InputError, match=r"100 physical .* make 16 logical ones, .* is 17"):
        load(text + "signed_pair = 1\ncrossbars_per_tile = 17\n")
    with pytest.raises(InputError, match="signed_pair must be 1 or 2, got 3"):
        load(text + "signed_pair = 3\n")
    with pytest.raises(InputError, match=r"100 physical .*, 128 to a logical one, make 0"):
        load(text.replace("= 16", "= 192") + "signed_pair = 2\n")


def test_objects_made_by_hand_are_checked_and_exact():
    level = MemoryLevel("bus", Decimal("1.5"))
    assert type(level.bytes_per_second) is Fraction
    with pytest.raises(InputError, match=r"'bus': bytes_per_second must be a number, got 1\.5"):
        MemoryLevel("bus", 1.5)
    with pytest.raises(InputError, match="tiles must be at least 1, got 0"):
        Hardware("mine", "A test.", Crossbar(8, 8), tiles=0)


HUGE = "0x" + "F" * 5000  # more decimal digits than Python prints
BAD = {
    "NaN": (HEAD + "clock_ns = nan", "clock_ns must be a finite number, got NaN"),
    "negative NaN": (HEAD + "clock_ns = -nan", "clock_ns must be a finite number, got -NaN"),
    "infinity": (HEAD + "compute_ns = +inf", "compute_ns must be a finite number, got Infinity"),
    "negative": (HEAD + "clock_ns = -1.5", "clock_ns must be positive, got -1.5"),
    "zero": (HEAD + "clock_ns = 0.0", "clock_ns must be positive, got 0.0"),
    "far from 1": (HEAD + "clock_ns = 1e400", "clock_ns must lie between 1e-100 and 1e100"),
    "no Decimal": (HEAD + "clock_ns = 1e9999999999999999999", "'1e9999999999999999999' is out of"),
    "huge": (HEAD + f"clock_ns = {HUGE}", "clock_ns must lie between 1e-100 and 1e100, got 20000-"),
    "huge count": (
        HEAD + f"tiles = {HUGE}",
        "tiles must be at most 9223372036854775807, got 20000-",
    ),
    "huge side": (HEAD.replace("64", HUGE), "crossbar_rows must be at most"),
    "huge version": (HEAD.replace("= 1", f"= {HUGE}"), "version must be 1, got 20000-bit integer"),
    "zero count": (HEAD + "tiles = 0", "tiles must be at least 1, got 0"),
    "negative count": (HEAD + "dac_bits = -1", "dac_bits must be at least 1, got -1"),
    "zero rows": (HEAD.replace("64", "0"), "crossbar_rows must be at least 1, got 0"),
    "negative columns": (HEAD.replace("32", "-3"), "crossbar_columns must be at least 1, got -3"),
    "fraction of a count": (HEAD + "tiles = 1.5", "tiles must be an integer, got 1.5"),
    "float count": (HEAD + "tiles = 4.0", "tiles must be an integer, got 4.0"),
    "boolean": (HEAD + "tiles = true", "tiles must be an integer, got True"),
    "boolean time": (HEAD + "clock_ns = true", "clock_ns must be a number, got True"),
    "text": (HEAD + 'clock_ns = "5"', "clock_ns must be a number, got '5'"),
    "date": (HEAD + "tiles = 2020-01-01", "tiles must be an integer, got datetime.date"),
    "unknown key": (HEAD + "tile = 3", "unknown key 'tile'; did you mean 'tiles'?"),
    "unit left out": (HEAD + "clock = 3", "unknown key 'clock'; did you mean 'clock_ns'?"),
    "key with a line break": (HEAD + '"a\\nb" = 3', "unknown key 'a\\nb'"),
    "key twice": (
        HEAD + "tiles = 3\ntiles = 4",
        "is not readable as TOML: Cannot overwrite a value",
    ),
    "missing key": (HEAD.replace("crossbar_rows = 64", ""), "missing key 'crossbar_rows'"),
    "missing format": (HEAD.partition("\n")[2], "missing key 'format'"),
    "missing source": (HEAD.replace('source = "A test."', ""), "missing key 'source'"),
    "empty source": (HEAD.replace("A test.", ""), "source must be a non-empty string, got ''"),
    "name is not a text": (HEAD.replace('"mine"', "3"), "name must be a non-empty string, got 3"),
    "wrong format": (HEAD.replace("-hardware", "-suite"), "format must be 'xbarmip-hardware', got"),
    "wrong version": (HEAD.replace("= 1", "= 2"), "version must be 1, got 2"),
    "float version": (HEAD.replace("= 1", "= 1.0"), "version must be 1, got 1.0"),
    "boolean version": (HEAD.replace("= 1", "= true"), "version must be 1, got True"),
    "malformed": (HEAD + "tiles =", "is not readable as TOML: Invalid value"),
    "truncated": (HEAD[:60], "is not readable as TOML"),
    "empty": ("", "missing key 'format'"),
    "not UTF-8": (b"\xff\xfe", "is not UTF-8 text"),
    "deeply nested": (HEAD + "tiles = " + "[" * 9999, "is not readable as TOML"),
    "memory is not an array": (HEAD + "memory = 3", "memory must be an array of tables"),
    "level is not a table": (HEAD + "memory = [3]", "memory level number 1: must be a table"),
    "level without name": (
        HEAD + "[[memory]]\nbandwidth_GB_per_s = 1",
        "memory level number 1: missing key 'name'",
    ),
    "empty level name": (
        HEAD + '[[memory]]\nname = ""\nbandwidth_GB_per_s = 1',
        "name must be a non-empty string",
    ),
    "no bandwidth": (
        HEAD + LEVEL,
        "memory level 'bus': needs one key of bandwidth_GiB_per_s, bandwidth_GB_per_s, "
        "bandwidth_Gbit_per_s, got 0",
    ),
    "two bandwidths": (
        HEAD + LEVEL + "bandwidth_GB_per_s = 1\nbandwidth_GiB_per_s = 1",
        "memory level 'bus': needs one key of",
    ),
    "no unit": (HEAD + LEVEL + "bandwidth = 1", "memory level 'bus': unknown key 'bandwidth'"),
    "NaN bandwidth": (
        HEAD + LEVEL + "bandwidth_GB_per_s = nan",
        "memory level 'bus': bandwidth_GB_per_s must be a finite number, got NaN",
    ),
    "zero bandwidth": (
        HEAD + LEVEL + "bandwidth_GB_per_s = 0",
        "memory level 'bus': bandwidth_GB_per_s must be positive, got 0",
    ),
    "rule is not a text": (
        HEAD + LEVEL + "bandwidth_GB_per_s = 1\nrule = 3",
        "memory level 'bus': rule must be a non-empty string, got 3",
    ),
    "unknown rule": (
        HEAD + LEVEL + 'bandwidth_GB_per_s = 1\nrule = "isaac-inter"',
        "memory level 'bus': unknown data-movement rule 'isaac-inter'; did you mean 'isaac-in",
    ),
    "levels of one name": (
        HEAD + 2 * (LEVEL + "bandwidth_GB_per_s = 1\n"),
        "memory level name 'bus' is used 2 times",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_presets(load, text, message):
    with pytest.raises(InputError) as caught:
        load(text)
    line = str(caught.value)
    assert "mine.toml" in line.partition(message)[0]
    assert message in line
    assert "\n" not in line
    assert len(line.partition("mine.toml")[2]) < 400


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        load_hardware(tmp_path / "none.toml")
    with pytest.raises(
        InputError, match="unknown hardware preset 'isac-like'; did you mean 'isaac-"
    ):
        load_hardware("isac-like")
    with pytest.raises(InputError, match="hardware preset must be a name or a path, got 3"):
        load_hardware(3)
