"""The frozen backbone as an ONNX of its own: it says what torch says, and which backbone it is."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from models import export_backbone as command
from models.export_backbone import PARITY_STORED, export_backbone
from models.onnx_file import ExportError
from models.onnx_session import ort
from models.vtm.evidence import CROP_PX, FINGERPRINT, evidence_shape
from models.vtm.resnet18 import BackboneError, ResNet18Features, fingerprint
from tests.models.random_resnet18 import made, write_weights


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The ONNX, and what is said of it beside VTM's weights."""
    folder = tmp_path_factory.mktemp("backbone")
    weights = write_weights(folder / "resnet18.pth", seed=4)
    path = folder / "new" / "resnet18.onnx"
    return path, export_backbone(weights, path)


def session(path: Path) -> ort.InferenceSession:
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.slow
@torch.no_grad()
def test_the_onnx_gives_what_torch_gives(exported):
    model = ResNet18Features(made(4))
    picture = torch.rand(1, 3, CROP_PX, CROP_PX, generator=torch.Generator().manual_seed(99))
    expected = model(picture).numpy()
    (found,) = session(exported[0]).run(["features"], {"image": picture.numpy()})
    rows, numbers = evidence_shape("resnet18")
    assert found.shape == (1, rows, numbers - 1)
    assert np.abs(found - expected).max() <= PARITY_STORED * expected.max()


@pytest.mark.slow
def test_the_file_and_what_is_said_of_it_name_the_backbone(exported):
    path, about = exported
    assert about["file"] == path.name
    assert about["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert session(path).get_modelmeta().custom_metadata_map == {
        "backbone": "resnet18",
        FINGERPRINT: about[FINGERPRINT],
    }
    assert about[FINGERPRINT] == fingerprint(made(4))
    assert 0 < about["parity_with_torch"] <= PARITY_STORED


@pytest.mark.slow
def test_nothing_of_this_machine_is_in_it_and_nothing_beside_it(exported):
    data = exported[0].read_bytes()
    assert b".py" not in data
    assert str(Path(__file__).parents[2]).encode() not in data
    assert [path.name for path in exported[0].parent.iterdir()] == ["resnet18.onnx"]
    assert len(data) < 25e6  # half precision


def test_an_onnx_that_says_something_else_is_not_kept(tmp_path, monkeypatch):
    def check(_model: object, path: Path, _limit: float) -> float:
        assert path.exists()
        raise ExportError("the backbone's ONNX differs")

    monkeypatch.setattr(command, "write_onnx", lambda _m, _e, path, *_names: path.write_bytes(b"new"))
    monkeypatch.setattr(command, "_check", check)
    out = tmp_path / "out" / "resnet18.onnx"
    out.parent.mkdir()
    out.write_bytes(b"old")
    with pytest.raises(ExportError):
        export_backbone(write_weights(tmp_path / "w.pth"), out)
    assert [path.name for path in out.parent.iterdir()] == ["resnet18.onnx"]
    assert out.read_bytes() == b"old"


def test_another_backbone_than_vtm_was_trained_with_is_refused(tmp_path):
    weights, mark = write_weights(tmp_path / "w.pth", seed=1), fingerprint(made(0))
    with pytest.raises(
        BackboneError, match=rf"backbone {mark[:12]}, .*w\.pth are {fingerprint(made(1))[:12]}"
    ) as error:
        export_backbone(weights, tmp_path / "out" / "resnet18.onnx", mark=mark)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_weights_that_are_none_are_one_line_and_exit_code_1(tmp_path, caplog):
    out = tmp_path / "out" / "resnet18.onnx"
    assert command.main(["--backbone-weights", str(tmp_path / "none.pth"), "--out", str(out)]) == 1
    message = next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "none.pth: no such file" in message
    assert "\n" not in message
    assert not out.parent.exists()
