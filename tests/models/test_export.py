"""Export: the ONNX says what torch says, and its sidecar tells what it is."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from models import export, onnx_file
from models.export import INPUTS, OUTPUTS, PARITY, PARITY_STORED, ExportError, example_inputs, export_onnx
from models.onnx_file import HALF_FROM
from models.onnx_session import ort
from models.training.state import Ema, Progress, save_checkpoint
from models.vtm.config import VTMConfig
from models.vtm.exported import ExportedVTM
from models.vtm.vtm import VTM
from tests.models.random_resnet18 import write_weights


@pytest.fixture(scope="module")
def checkpoint(tiny, tmp_path_factory):
    """An averaged network that differs from the last one, so that a mix-up shows."""
    torch.manual_seed(5)
    model = VTM(tiny)
    ema = Ema(model, 0.9)
    with torch.no_grad():
        for value in ema.model.parameters():
            value.add_(0.05 * torch.randn(value.shape))
    path = tmp_path_factory.mktemp("run") / "final.pt"
    progress = Progress(2, 40, 90.0, 640, [{"mpjpe_mm": 99.0}])
    save_checkpoint(path, model, ema, torch.optim.AdamW(model.parameters()), progress, {"settings": {"seed": 1}})
    return path, ema.model


@pytest.fixture(scope="module")
def exported(checkpoint, tmp_path_factory):
    """vtm.onnx and vtm.json as the command writes them."""
    out = tmp_path_factory.mktemp("weights") / "new" / "vtm.onnx"
    assert export.main([str(checkpoint[0]), "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_the_onnx_gives_what_torch_gives_for_the_averaged_network(checkpoint, exported):
    network = copy.deepcopy(checkpoint[1])
    network.config = replace(network.config, mirrored=True)
    session = ort.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    assert tuple(node.name for node in session.get_inputs()) == INPUTS
    assert tuple(node.name for node in session.get_outputs()) == OUTPUTS
    for seed in (100, 101):
        inputs = example_inputs(checkpoint[1], seed)
        with torch.no_grad():
            expected = ExportedVTM(network)(*inputs)
        found = session.run(None, dict(zip(INPUTS, (value.numpy() for value in inputs), strict=True)))
        for ours, theirs in zip(found, expected, strict=True):
            assert np.abs(ours - theirs.numpy()).max() <= PARITY_STORED


@pytest.mark.slow
def test_one_pass_leaves_the_mirror_image_out(checkpoint, tmp_path):
    out = tmp_path / "vtm.onnx"
    assert export.main([str(checkpoint[0]), "--out", str(out), "--one-pass"]) == 0
    assert json.loads(out.with_suffix(".json").read_text())["config"]["mirrored"] is False
    session = ort.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    inputs = example_inputs(checkpoint[1])
    with torch.no_grad():
        expected = ExportedVTM(checkpoint[1])(*inputs)
    found = session.run(None, dict(zip(INPUTS, (value.numpy() for value in inputs), strict=True)))
    assert np.abs(found[0] - expected[0].numpy()).max() <= PARITY_STORED


@pytest.mark.slow
def test_the_sidecar_holds_the_sha256_the_config_and_the_training(exported, tiny):
    about = json.loads(exported.with_suffix(".json").read_text())
    assert about["sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()
    assert VTMConfig.from_dict(about["config"]) == replace(tiny, mirrored=True)
    assert about["training"]["minutes"] == 1.5
    assert about["training"]["steps"] == 40
    assert about["training"]["validation"] == {"mpjpe_mm": 99.0}
    assert 0 < about["parity_with_torch"] <= PARITY_STORED


@pytest.mark.slow
def test_large_weights_are_stored_in_half_precision_and_small_ones_as_they_are(exported):
    kinds = {True: set(), False: set()}
    for tensor in onnx.load(str(exported)).graph.initializer:
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16):
            kinds[bool(np.prod(tensor.dims) >= HALF_FROM)].add(tensor.data_type)
    assert kinds == {True: {onnx.TensorProto.FLOAT16}, False: {onnx.TensorProto.FLOAT}}


@pytest.mark.slow
def test_single_precision_is_within_a_ten_thousandth_of_torch(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "store_half", lambda _path: None)
    assert export_onnx(checkpoint[1], tmp_path / "vtm.onnx") <= PARITY


@pytest.mark.slow
def test_no_path_of_the_machine_is_in_the_file(exported):
    data = exported.read_bytes()
    assert b".py" not in data
    assert str(Path(__file__).parents[2]).encode() not in data


@pytest.mark.slow
def test_nothing_else_is_left_in_the_folder(exported):
    assert sorted(path.name for path in exported.parent.iterdir()) == ["vtm.json", "vtm.onnx"]


@pytest.mark.slow
def test_the_engine_accepts_what_was_exported(exported, tiny):
    from engine.vtm.choose import load_runtime

    runtime = load_runtime("cpu", on_message=print, path=exported)
    assert runtime.config == replace(tiny, mirrored=True)


@pytest.fixture(scope="module")
def with_backbone(tiny, tmp_path_factory):
    """A checkpoint whose visual branch is the paper's ResNet18."""
    torch.manual_seed(6)
    model = VTM(replace(tiny, backbone="resnet18"))
    path = tmp_path_factory.mktemp("run") / "final.pt"
    optimizer = torch.optim.AdamW(model.parameters())
    save_checkpoint(path, model, Ema(model, 0.9), optimizer, Progress(2, 1, 1.0, 1, []), {})
    return path


@pytest.mark.slow
def test_weights_with_a_backbone_come_with_its_onnx_and_its_name(with_backbone, tmp_path):
    backbone = write_weights(tmp_path / "resnet18.pth")
    out = tmp_path / "out" / "vtm.onnx"
    assert export.main([str(with_backbone), "--out", str(out), "--backbone-weights", str(backbone)]) == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["resnet18.onnx", "vtm.json", "vtm.onnx"]
    about = json.loads(out.with_suffix(".json").read_text())
    assert about["config"]["backbone"] == "resnet18"
    assert about["backbone"]["sha256"] == hashlib.sha256((out.parent / "resnet18.onnx").read_bytes()).hexdigest()
    inputs = ort.InferenceSession(str(out), providers=["CPUExecutionProvider"]).get_inputs()
    assert {node.name: node.shape for node in inputs} == {
        "keypoints": [1, 16, 23, 3],
        "evidence": [1, 16, 16, 513],
        "box": [1, 3],
    }


def test_weights_whose_backbone_is_not_to_be_had_are_not_exported(with_backbone, tmp_path, caplog):
    out = tmp_path / "out" / "vtm.onnx"
    arguments = [str(with_backbone), "--out", str(out), "--backbone-weights", str(tmp_path / "none.pth")]
    assert export.main(arguments) == 1
    message = next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "none.pth: no such file; expected torchvision's resnet18" in message
    assert not list(out.parent.iterdir())


def test_an_onnx_that_says_something_else_is_not_kept(checkpoint, tmp_path, monkeypatch):
    def write(_model: object, _inputs: object, path: str, **_options: object) -> None:
        Path(path).write_bytes(b"the new one")

    monkeypatch.setattr(torch.onnx, "export", write)
    monkeypatch.setattr(onnx_file, "fold_constants", lambda _path: None)
    monkeypatch.setattr(export, "parity", lambda *_arguments: 0.5)
    (tmp_path / "vtm.onnx").write_bytes(b"the old one")
    with pytest.raises(ExportError, match=r"differs from torch by 5\.0e-01"):
        export_onnx(checkpoint[1], tmp_path / "vtm.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["vtm.onnx"]
    assert (tmp_path / "vtm.onnx").read_bytes() == b"the old one"


def test_a_missing_checkpoint_is_one_line_and_exit_code_1(tmp_path, caplog):
    assert export.main([str(tmp_path / "none.pt"), "--out", str(tmp_path / "vtm.onnx")]) == 1
    message = next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "none.pt: no such checkpoint" in message
    assert "\n" not in message
    assert not list(tmp_path.iterdir())
