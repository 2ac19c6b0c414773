"""The JSON network format: reading and writing (docs/network-format.md)."""

import json
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.limits import DEEPEST_STREAM
from xbarmip.network.graph import Network
from xbarmip.network.layer import Edge, Layer
from xbarmip.network.stream import Join, Leaf, Stream, concatenate, join_streams
from xbarmip.network.window import Broadcast, Operator, Raster, Reach, Whole, Window
from xbarmip.strict import as_text, check_format, known_keys, located, read_text, short

FORMAT = "xbarmip-network"
VERSION = 1
GLOBAL = "global"
_WINDOW_KEYS = ("stride", "pads", "dilation", "ceil_mode")
_SHARED_KEYS = ("type", "groups", "pool")
_TREES = {"join": join_streams, "concat": concatenate}


class _GivenTwice(NamedTuple):
    """Stands where a JSON object has a key twice: no field accepts it, every message shows it."""

    first: Any
    second: Any

    def __repr__(self) -> str:
        return f"two values, {short(self.first)} and {short(self.second)}"


def read_json(path: str | PathLike[str] | Traversable) -> Network:
    """Read a network from a JSON file.

    Raises
    ------
    InputError
        If the file cannot be read or breaks a rule of the format; one line that names the file, the
        layer or edge, the field, its value and the rule.
    """
    text = read_text(path)
    with located(str(path)):
        try:
            data = json.loads(text, object_pairs_hook=_object)
        except json.JSONDecodeError as error:
            raise InputError(
                f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            ) from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not readable as JSON: {error}") from None
        return from_dict(data)


def write_json(network: Network, path: str | PathLike[str]) -> None:
    """Write a network as a JSON file, one line for each layer, edge and stream.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        Path(path).write_text(dumps(network), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be written ({error})") from None


def dumps(network: Network) -> str:
    """The text of a network's JSON file."""
    parts = []
    for key, value in to_dict(network).items():
        text = json.dumps(value)
        if isinstance(value, list) and value:
            text = "[\n    " + ",\n    ".join(json.dumps(item) for item in value) + "\n  ]"
        elif isinstance(value, dict):
            lines = (f"{json.dumps(name)}: {json.dumps(item)}" for name, item in value.items())
            text = "{\n    " + ",\n    ".join(lines) + "\n  }"
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def to_dict(network: Network) -> dict[str, Any]:
    """A network as the JSON format's object; whatever equals its default is left out."""
    name = as_text(network.name, "network name")
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": name}
    if network.source:
        data["source"] = as_text(network.source, "network source")
    data["layers"] = [_layer_out(layer) for layer in network.layers]
    if network.edges != _chain(network.layers):
        data["edges"] = [_edge_out(edge) for edge in network.edges]
    if network.outputs:
        data["outputs"] = list(network.outputs)
    if network.streams:
        data["streams"] = {name: _stream_out(stream) for name, stream in network.streams}
    return data


def from_dict(data: Any) -> Network:
    """The network that an object of the JSON format describes.

    Raises
    ------
    InputError
        On anything that the format does not allow.
    """
    check_format(data, FORMAT, VERSION)
    fields = known_keys(
        data, ("format", "version", "name", "layers"), ("source", "edges", "outputs", "streams")
    )
    layers = tuple(
        _layer(entry, number) for number, entry in enumerate(_list(fields, "layers"), start=1)
    )
    edges = _chain(layers)
    if "edges" in fields:
        edges = tuple(
            _edge(entry, number) for number, entry in enumerate(_list(fields, "edges"), start=1)
        )
    outputs = tuple(as_text(name, "outputs: a layer name") for name in _list(fields, "outputs"))
    source = as_text(fields["source"], "source") if "source" in fields else ""
    streams = _streams(fields.get("streams", {}))
    return Network(as_text(fields["name"], "name"), layers, edges, outputs, source, streams)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in pairs:
        fields[key] = _GivenTwice(fields[key], value) if key in fields else value
    return fields


def _chain(layers: tuple[Layer, ...]) -> tuple[Edge, ...]:
    return tuple(Edge(before.name, after.name) for before, after in pairwise(layers))


def _list(fields: Mapping[str, Any], key: str) -> list[Any]:
    value = fields.get(key, [])
    if not isinstance(value, list):
        raise InputError(f"{key} must be an array, got {short(value)}")
    return value


def _layer(entry: Any, number: int) -> Layer:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    where = f"layer {name!r}" if isinstance(name, str) else f"layer number {number}"
    with located(where):
        kind = entry.get("type", "conv") if isinstance(entry, Mapping) else "conv"
        if kind not in ("conv", "fc"):
            raise InputError(f"type must be 'conv' or 'fc', got {short(kind)}")
        common = ("name", "in_channels", "out_channels")
        window: Window | Whole
        if kind == "fc":
            fields = known_keys(entry, common, _SHARED_KEYS)
            (height, width), window = (1, 1), Whole()
        else:
            fields = known_keys(entry, (*common, "size", "kernel"), (*_SHARED_KEYS, *_WINDOW_KEYS))
            (height, width), window = _pair(fields, "size"), _window(fields)
        pool = _pool(fields["pool"], "pool") if "pool" in fields else None
        name = as_text(fields["name"], "name")
    channels = fields["in_channels"], fields["out_channels"]
    return Layer(name, *channels, height, width, window, fields.get("groups", 1), pool)


def _edge(entry: Any, number: int) -> Edge:
    with located(f"edge number {number}"):
        fields = known_keys(entry, ("from", "to"), ("through",))
        producer, consumer = (as_text(fields[key], key) for key in ("from", "to"))
        through = tuple(
            _operator(operator, f"through, operator {place}")
            for place, operator in enumerate(_list(fields, "through"), start=1)
        )
    return Edge(producer, consumer, through)


def _streams(value: Any) -> tuple[tuple[str, Stream], ...]:
    if not isinstance(value, Mapping):
        raise InputError(f"streams must be a table of layers, got {short(value)}")
    found = []
    for name, entry in value.items():
        with located(f"streams: what {short(name)} reads"):
            if isinstance(entry, _GivenTwice):
                raise InputError(f"is given twice: {short(entry)}")
            found.append((name, _stream(entry, 0)))
    return tuple(found)


def _stream(value: Any, depth: int) -> Stream:
    """A layer's name, or what joins or concatenates several."""
    if isinstance(value, str):
        return as_text(value, "a layer name")
    kind = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else None
    parts = value[kind] if kind in _TREES else None
    if not isinstance(parts, list) or not parts:
        raise InputError(
            "must be a layer name, or a table of 'join' or 'concat' and an array that is not "
            f"empty, got {short(value)}"
        )
    if depth > DEEPEST_STREAM:
        raise InputError(f"is more than {DEEPEST_STREAM} joins and concatenations deep")
    made = _TREES[str(kind)]([_stream(part, depth + 1) for part in parts])
    assert made is not None
    return made


def _stream_out(stream: Stream) -> Any:
    if isinstance(stream, Leaf):
        return as_text(stream, "a layer name")
    key = "join" if isinstance(stream, Join) else "concat"
    return {key: [_stream_out(part) for part in stream.parts]}


def _operator(value: Any, what: str) -> Operator:
    if isinstance(value, Mapping) and "broadcast" in value:
        with located(what):
            return Broadcast(_pair(known_keys(value, ("broadcast",)), "broadcast"))
    if isinstance(value, Mapping) and "reach" in value:
        with located(f"{what}, reach"):
            fields = known_keys(known_keys(value, ("reach",))["reach"], ("rows", "columns"))
            return Reach(tuple(_list(fields, "rows")), tuple(_list(fields, "columns")))
    if isinstance(value, Mapping) and "raster" in value:
        with located(f"{what}, raster"):
            fields = known_keys(known_keys(value, ("raster",))["raster"], ("size", "positions"))
            return Raster(*_pair(fields, "size"), tuple(_list(fields, "positions")))
    return _pool(value, what)


def _pool(value: Any, what: str) -> Window | Whole:
    if value == GLOBAL:
        return Whole()
    if not isinstance(value, Mapping):
        raise InputError(f"{what} must be a table with a kernel or {GLOBAL!r}, got {short(value)}")
    with located(what):
        return _window(known_keys(value, ("kernel",), _WINDOW_KEYS))


def _window(fields: Mapping[str, Any]) -> Window:
    ceil_mode = fields.get("ceil_mode", False)
    if not isinstance(ceil_mode, bool):
        raise InputError(f"ceil_mode must be true or false, got {short(ceil_mode)}")
    return Window(
        _pair(fields, "kernel"),
        _pair(fields, "stride", 1),
        _pads(fields.get("pads", 0)),
        _pair(fields, "dilation", 1),
        ceil_mode,
    )


def _pair(fields: Mapping[str, Any], key: str, default: int | None = None) -> tuple[int, int]:
    value = fields.get(key, default)
    if isinstance(value, list):
        if len(value) != 2:
            raise InputError(f"{key} must be one integer or [height, width], got {short(value)}")
        return as_int(value[0], key), as_int(value[1], key)
    number = as_int(value, key)
    return number, number


def _pads(value: Any) -> tuple[int, int, int, int]:
    if isinstance(value, list):
        if len(value) != 4:
            raise InputError(
                f"pads must be one integer or [top, left, bottom, right], got {short(value)}"
            )
        top, left, bottom, right = (as_int(pad, "pads") for pad in value)
        return top, left, bottom, right
    pad = as_int(value, "pads")
    return pad, pad, pad, pad


def _layer_out(layer: Layer) -> dict[str, Any]:
    data: dict[str, Any] = {"name": layer.name, "type": "fc" if layer.fully_connected else "conv"}
    data |= {"in_channels": int(layer.in_channels), "out_channels": int(layer.out_channels)}
    if isinstance(layer.window, Window):
        data |= {"size": _compact((layer.height, layer.width)), **_window_out(layer.window)}
    if layer.groups != 1:
        data["groups"] = int(layer.groups)
    if layer.pool is not None:
        data["pool"] = _operator_out(layer.pool)
    return data


def _edge_out(edge: Edge) -> dict[str, Any]:
    data: dict[str, Any] = {"from": edge.producer, "to": edge.consumer}
    if edge.through:
        data["through"] = [_operator_out(operator) for operator in edge.through]
    return data


def _operator_out(operator: Operator) -> Any:
    if isinstance(operator, Whole):
        return GLOBAL
    if isinstance(operator, Broadcast):
        return {"broadcast": _compact(operator.shape)}
    if isinstance(operator, Reach):
        return {"reach": {"rows": list(operator.rows), "columns": list(operator.columns)}}
    if isinstance(operator, Raster):
        size = _compact((operator.height, operator.width))
        return {"raster": {"size": size, "positions": list(operator.positions)}}
    return _window_out(operator)


def _window_out(window: Window) -> dict[str, Any]:
    default = Window((1, 1))
    data: dict[str, Any] = {"kernel": _compact(window.kernel)}
    for key in ("stride", "pads", "dilation"):
        if getattr(window, key) != getattr(default, key):
            data[key] = _compact(getattr(window, key))
    return data | ({"ceil_mode": True} if window.ceil_mode else {})


def _compact(values: tuple[int, ...]) -> int | list[int]:
    plain = [int(value) for value in values]
    return plain[0] if len(set(plain)) == 1 else plain
