"""ResNet18: the paper's network by its numbers, frozen, with torchvision's names; what it says of other files."""

from __future__ import annotations

import sys
from collections import OrderedDict
from types import ModuleType, SimpleNamespace

import pytest
import torch

from models.vtm import resnet18
from models.vtm.evidence import CROP_PX, MAP_CELLS, MAP_CHANNELS
from models.vtm.resnet18 import MEAN_RGB, BackboneError, ResNet18, ResNet18Features, fingerprint, load_resnet18
from tests.models.random_resnet18 import made, published, write_weights

SIDE = 64  # a small picture: its last map is 2 x 2


@pytest.fixture
def weights(tmp_path):
    return write_weights(tmp_path / "resnet18.pth")


@torch.no_grad()
def picture(seed: int = 1, side: int = SIDE) -> torch.Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def test_it_is_the_network_of_18_layers_with_torchvisions_names():
    """11.18 M numbers without the head, 20 convolutions; the names are asked for by the published file."""
    network = ResNet18()
    assert sum(weight.numel() for weight in network.parameters()) == 11_689_512 - 1000 * 513
    assert sum(isinstance(part, torch.nn.Conv2d) for part in network.modules()) == 20
    names = set(network.state_dict())
    assert {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer4.1.bn2.bias"} <= names
    assert {f"layer{n}.0.downsample.{part}" for n in (2, 3, 4) for part in ("0.weight", "1.running_mean")} <= names
    assert not any(name.startswith(("layer1.0.downsample", "fc")) for name in names)


@torch.no_grad()
def test_its_last_map_is_a_thirty_second_of_the_picture():
    assert ResNet18().eval()(picture()).shape == (1, 512, SIDE // 32, SIDE // 32)


@pytest.mark.parametrize("counters", [False, True])
@torch.no_grad()
def test_a_file_gives_the_network_that_was_saved(tmp_path, counters: bool):
    path = tmp_path / "resnet18.pth"
    torch.save(published(made(0), counters=counters), path)
    expected = made(0).eval()(picture())
    assert expected.std() > 0.05
    torch.testing.assert_close(load_resnet18(path).eval()(picture()), expected, rtol=0, atol=0)


def test_the_fingerprint_is_of_the_weights_and_not_of_the_file(weights, tmp_path):
    again = tmp_path / "with_counters.pth"
    torch.save(published(made(0), counters=True), again)
    assert fingerprint(load_resnet18(weights)) == fingerprint(load_resnet18(again)) == fingerprint(made(0))
    assert fingerprint(made(1)) != fingerprint(made(0))


@torch.no_grad()
def test_the_features_of_a_crop_are_16_cells_of_512_channels():
    features = ResNet18Features(made(0))(picture(side=CROP_PX))
    assert features.shape == (1, MAP_CELLS**2, MAP_CHANNELS)
    assert 0.05 < features.std() < 50
    assert (features[0].amax(0) > features[0].amin(0)).float().mean() > 0.9  # cells differ


@torch.no_grad()
def test_cells_go_from_left_to_right_and_then_down():
    """A map whose value is its place, in the pooling's place of the network's."""
    model = ResNet18Features(ResNet18())
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(7.0), indexing="ij")
    model.network = torch.nn.Module()  # type: ignore[assignment]
    model.network.forward = lambda _image: torch.stack([x, y])[None]  # type: ignore[method-assign]
    cells = model(torch.zeros(1, 3, 1, 1)).view(MAP_CELLS, MAP_CELLS, 2)
    centres = torch.tensor([0.5, 2.0, 4.0, 5.5])  # of 3 cells with a step of 2; 2 at the borders
    torch.testing.assert_close(cells[..., 0], centres.expand(4, 4))
    torch.testing.assert_close(cells[..., 1], centres[:, None].expand(4, 4))


@torch.no_grad()
def test_pictures_come_in_0_to_1_and_are_normalised_inside():
    """The mean colour is zero to the network, white is 2.2 to 2.6."""
    model = ResNet18Features(made(0))
    seen = []
    model.network.conv1.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    model(torch.tensor(MEAN_RGB).view(1, 3, 1, 1).expand(1, 3, 224, 224))
    model(torch.ones(1, 3, 224, 224))
    assert seen[0].abs().max() < 1e-6
    torch.testing.assert_close(seen[1][0, :, 0, 0], torch.tensor([2.2489, 2.4286, 2.64]), rtol=1e-4, atol=1e-4)


def test_it_is_frozen_whatever_is_asked_for():
    model = ResNet18Features(made(0)).train()
    assert not any(weight.requires_grad for weight in model.parameters())
    assert not any(module.training for module in model.modules())


def refused(match: str, weights=None) -> None:
    with pytest.raises(BackboneError, match=match) as error:
        load_resnet18(weights)
    assert "\n" not in str(error.value)
    assert "resnet18-f37072fd.pth" in str(error.value)  # what would do


def test_a_missing_file_is_named(tmp_path):
    refused("none.pth: no such file", tmp_path / "none.pth")


@pytest.mark.parametrize("content", [b"", b"not a file of weights", b"PK\x03\x04 cut short"])
def test_a_file_that_is_none_is_told_in_one_line(tmp_path, content: bytes):
    (tmp_path / "w.pth").write_bytes(content)
    refused(r"w\.pth: cannot be read as weights", tmp_path / "w.pth")


@pytest.mark.parametrize("content", [torch.zeros(3), {"epoch": 3}, [1, 2]])
def test_a_file_of_something_else_is_told(tmp_path, content: object):
    torch.save(content, tmp_path / "w.pth")
    refused(r"w\.pth: has no table of weights", tmp_path / "w.pth")


def test_another_network_is_told_by_its_keys(tmp_path):
    state = published(made(0))
    state["layer1.2.conv1.weight"] = state.pop("layer4.1.conv1.weight")
    state["layer1.2.bn1.weight"] = torch.zeros(64)
    torch.save(state, tmp_path / "w.pth")
    lacking = r"it lacks layer4\.1\.conv1\.weight, it has layer1\.2\.conv1\.weight and 1 more"
    refused(rf"w\.pth is another network: {lacking}", tmp_path / "w.pth")


def test_a_wider_network_is_told_by_its_shapes(tmp_path):
    state = published(made(0))
    state["conv1.weight"] = torch.zeros(128, 3, 7, 7)
    torch.save(state, tmp_path / "w.pth")
    refused(r"conv1\.weight has shape \(128, 3, 7, 7\), expected \(64, 3, 7, 7\)", tmp_path / "w.pth")


def without_torchvision(monkeypatch, error: Exception) -> None:
    def refuse(name: str) -> ModuleType:
        assert name == "torchvision.models"
        raise error

    monkeypatch.setattr(resnet18.importlib, "import_module", refuse)


def test_without_torchvision_and_file_the_way_out_is_told(monkeypatch):
    without_torchvision(monkeypatch, ModuleNotFoundError("No module named 'torchvision'"))
    refused("torchvision is not installed; give the file: --backbone-weights")


def test_a_torchvision_built_for_another_torch_is_told(monkeypatch):
    without_torchvision(monkeypatch, RuntimeError("operator torchvision::nms does not exist"))
    refused("torchvision does not run here; give the file: --backbone-weights")


def torchvision_that(monkeypatch, get_state_dict) -> None:
    """A module in torchvision's place."""
    module = ModuleType("torchvision.models")
    published_weights = SimpleNamespace(get_state_dict=get_state_dict)
    module.ResNet18_Weights = SimpleNamespace(IMAGENET1K_V1=published_weights)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", module)


def test_torchvisions_own_weights_are_taken_where_it_runs(monkeypatch):
    asked = {}

    def get_state_dict(**options: object) -> OrderedDict[str, torch.Tensor]:
        asked.update(options)
        return published(made(7))

    torchvision_that(monkeypatch, get_state_dict)
    assert fingerprint(load_resnet18()) == fingerprint(made(7))
    assert asked["check_hash"] is True


def test_a_download_that_fails_is_told(monkeypatch):
    def get_state_dict(**_options: object) -> OrderedDict[str, torch.Tensor]:
        raise OSError("no route to host")

    torchvision_that(monkeypatch, get_state_dict)
    refused("the download failed")
