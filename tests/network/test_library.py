"""Networks by name or by path, and the files that travel with the package."""

import shutil
import tomllib

import pytest

from tests import ROOT
from xbarmip import data
from xbarmip.errors import InputError
from xbarmip.network.builder import NetworkBuilder
from xbarmip.network.json_format import write_json
from xbarmip.network.library import list_networks, list_onnx_models, load_network

PAPER = {"alexnet", "vgg-a", "vgg-e", "resnet-18", "mobilenet-v1"}
LIGHT = {
    "light_bvlc_alexnet",
    "light_densenet121",
    "light_inception_v1",
    "light_inception_v2",
    "light_resnet50",
    "light_shufflenet",
    "light_squeezenet",
    "light_vgg19",
    "light_zfnet512",
}


def refusal(name):
    """The one line that load_network refuses a name or a path with."""
    with pytest.raises(InputError) as caught:
        load_network(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_names_are_those_of_the_files():
    names = list_networks()
    assert set(names) >= PAPER
    assert list(names) == sorted(path.stem for path in (ROOT / "instances/networks").glob("*.json"))
    for kind in ("hardware", "suites"):
        found = sorted(path.stem for path in (ROOT / "instances" / kind).glob("*.toml"))
        assert list(data.shipped_names(kind)) == found != []


def test_the_models_of_the_onnx_package():
    assert set(list_onnx_models()) >= LIGHT
    assert load_network("onnx:light_squeezenet").layers[0].out_channels == 64


def test_a_name_and_the_path_of_its_file_give_the_same():
    assert load_network("alexnet") == load_network(ROOT / "instances/networks/alexnet.json")


def test_an_unknown_name_gives_near_ones():
    assert "unknown network 'alexnt'; did you mean 'alexnet'" in refusal("alexnt")
    assert "'vgg-a'" in refusal("vgga")
    far = refusal("zzzzzzzz")
    assert "; known: " in far
    assert all(name in far for name in PAPER)
    assert "a file name must end in .json or .onnx" in far
    assert "did you mean 'onnx:light_resnet50' or " in refusal("onnx:light_resnet5")
    assert "unknown network 'onnx:'" in refusal("onnx:")


@pytest.mark.parametrize("suffix", [".json", ".onnx"])
def test_paths_that_cannot_be_read(tmp_path, suffix):
    missing = str(tmp_path / f"none{suffix}")
    assert refusal(missing).startswith(missing)
    folder = tmp_path / f"folder{suffix}"
    folder.mkdir()
    assert refusal(folder).startswith(str(folder))


@pytest.mark.parametrize("name", ["", ".", "../networks/alexnet", "networks", "ALEXNET", "a\0b"])
def test_what_is_no_name(name):
    assert f"unknown network {name!r}" in refusal(name)


@pytest.mark.parametrize("name", [None, 3, b"alexnet", ["alexnet"]])
def test_what_is_no_text(name):
    assert f"network must be a name or a path, got {name!r}" in refusal(name)


def test_a_path_with_a_null_byte():
    assert "is not a valid path" in refusal("a\0b.json")


@pytest.mark.parametrize("suffix", [".json", ".JSON"])
def test_the_suffix_may_be_in_capitals(tmp_path, suffix):
    build = NetworkBuilder("tiny", channels=1, height=4, width=4)
    build.conv(build.input, "a", 2, kernel=3)
    path = tmp_path / f"tiny{suffix}"
    write_json(build.network(), path)
    assert load_network(path) == load_network(str(path)) == build.network()


def test_files_beside_the_package_or_inside_it(tmp_path, monkeypatch):
    """In a checkout instances/ lies beside the package, in an installed wheel inside it."""
    package = tmp_path / "xbarmip"
    package.mkdir()
    monkeypatch.setattr(data, "files", lambda name: tmp_path / name)
    assert list_networks() == ()
    for inside in (False, True):
        folder = (package if inside else tmp_path) / "instances" / "networks"
        folder.mkdir(parents=True)
        name = f"inside-{inside}".lower()
        shutil.copy(ROOT / "instances/networks/alexnet.json", folder / f"{name}.json")
        (folder / "notes.txt").write_text("no network")
        assert list_networks() == (name,)
        assert load_network(name).name == "alexnet"


def test_a_wheel_carries_every_kind_of_file_to_where_it_is_looked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried == {f"instances/{kind}": f"xbarmip/instances/{kind}" for kind in data.SUFFIX}
