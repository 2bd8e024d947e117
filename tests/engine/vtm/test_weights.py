"""Weights are checked before use: whole, untouched, of this version."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from engine.errors import ModelError
from engine.types import Window
from engine.vtm.choose import load_runtime
from engine.vtm.weights import WEIGHTS, load_weights
from models.camera import Intrinsics


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
