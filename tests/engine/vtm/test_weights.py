"""Weights are checked before use: whole, untouched, of this version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from engine.errors import ModelError
from engine.types import Window
from engine.vtm.choose import load_runtime
from engine.vtm.weights import WEIGHTS, load_weights
from models.camera import Intrinsics
from tests.engine.visual.colour_onnx import name_backbone, write_backbone


def test_whole_weights_give_their_config_and_origin(weights, config):
    found = load_weights(weights)
    assert found.config == config
    assert found.path == weights
    assert found.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert "training" in found.about


def refused(path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as error:
        load_weights(path)
    message = str(error.value)
    assert message.startswith("VTM weights: ")
    assert "python -m models.export" in message  # the next step
    assert "\n" not in message


def test_a_changed_byte_is_noticed(weights):
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    refused(weights, "has sha256 .*, expected")


def test_a_file_cut_short_is_noticed(weights):
    weights.write_bytes(weights.read_bytes()[:-1])
    refused(weights, "sha256")


@pytest.mark.parametrize("suffix", [".json", ".onnx"])
def test_a_missing_file_is_named(weights, suffix):
    weights.with_suffix(suffix).unlink()
    refused(weights, rf"vtm\{suffix} is missing")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        '{"sha256": "x"}',
        '{"sha256": "x", "config": null}',
        '{"sha256": "x", "config": []}',
    ],
)
def test_a_broken_sidecar_is_told_in_one_line(weights, text):
    weights.with_suffix(".json").write_text(text)
    refused(weights, r"vtm\.json cannot be used")


def test_a_sidecar_that_is_not_text_is_told_in_one_line(weights):
    weights.with_suffix(".json").write_bytes(b"\xff\xfe\x00\x80")
    refused(weights, r"vtm\.json cannot be used")


@pytest.mark.parametrize("change", [{"format_version": 99}, {"window_frames": 17}, {"colour": "red"}])
def test_another_version_of_the_network_is_refused(weights, change):
    about = json.loads(weights.with_suffix(".json").read_text())
    about["config"] |= change
    weights.with_suffix(".json").write_text(json.dumps(about))
    refused(weights, r"vtm\.json cannot be used")


def test_weights_on_landmarks_have_no_backbone(weights):
    assert load_weights(weights).backbone is None


@pytest.fixture
def with_backbone(weights, config):
    """Weights whose visual branch is fed by ResNet18: their path and the backbone's."""
    return weights, name_backbone(weights, replace(config, backbone="resnet18"))


def test_a_backbone_beside_the_weights_is_found(with_backbone):
    weights, backbone = with_backbone
    assert load_weights(weights).backbone == backbone


def test_a_missing_backbone_is_told_in_one_line(with_backbone):
    weights, backbone = with_backbone
    backbone.unlink()
    refused(weights, r"their backbone .*resnet18\.onnx cannot be read \(No such file or directory\)")


def test_another_backbone_than_the_one_trained_with_is_noticed(with_backbone):
    weights, backbone = with_backbone
    write_backbone(backbone, mark="another")
    refused(weights, r"resnet18\.onnx has sha256 .*, expected")


@pytest.mark.parametrize("entry", [None, [], {}, {"file": "resnet18.onnx"}, "resnet18.onnx"])
def test_weights_that_do_not_name_their_backbone_are_refused(with_backbone, entry):
    weights, _ = with_backbone
    about = json.loads(weights.with_suffix(".json").read_text())
    weights.with_suffix(".json").write_text(json.dumps(about | {"backbone": entry}))
    refused(weights, r"vtm\.json names no file of backbone resnet18")


def test_a_backbone_is_never_looked_for_in_another_folder(with_backbone):
    weights, backbone = with_backbone
    about = json.loads(weights.with_suffix(".json").read_text())
    about["backbone"]["file"] = f"../elsewhere/{backbone.name}"
    weights.with_suffix(".json").write_text(json.dumps(about))
    assert load_weights(weights).backbone == backbone


def test_an_unknown_backbone_is_told_with_the_known_ones(weights):
    about = json.loads(weights.with_suffix(".json").read_text())
    about["config"]["backbone"] = "vgg"
    weights.with_suffix(".json").write_text(json.dumps(about))
    refused(weights, "backbone 'vgg'; expected one of landmarks, resnet18")


def test_the_shipped_weights_are_whole_and_run():
    runtime = load_runtime("cpu", on_message=lambda _text: None)
    T = runtime.config.window_frames
    keypoints = np.random.default_rng(0).normal(size=(1, T, 23, 3)).astype(np.float32)
    evidence, box = np.zeros((1, T, 27, 4), np.float32), np.array([[0, 0, -1.5]], np.float32)
    window = Window(1, 0.5, keypoints, evidence, box, np.eye(3)[None], np.exp([-1.5]), 0.8, True)
    raw = runtime.lift(window, Intrinsics.from_hfov((640, 480), 1.0))
    assert load_weights(WEIGHTS).config == runtime.config
    for values in (raw.rotations, raw.root_px, raw.bone_ratio, raw.up_cam, raw.contacts):
        assert np.isfinite(values).all()
    assert raw.root_depth > 0
    assert WEIGHTS.stat().st_size < 30e6  # what the repository may hold
