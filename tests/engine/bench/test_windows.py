"""The network's time by length of its window: shipped weights and untrained ones; what cannot be made is said."""

from __future__ import annotations

import importlib.util
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.bench import windows
from engine.bench.windows import form_name, forms, measure_windows, untrained
from engine.errors import ModelError
from engine.vtm.choose import open_backend
from engine.vtm.fastest import any_window
from engine.vtm.weights import load_weights
from models.camera import Intrinsics
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape
from tests.engine.vtm.constant_onnx import Answer, write_weights

TINY = VTMConfig(width=16, latent=16, features=16, heads=2, window_frames=16, context_blocks=1)
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


def quiet(_text: str) -> None: ...


@pytest.mark.slow
@needs_torch
@pytest.mark.parametrize("mirrored", [False, True])
def test_an_untrained_network_of_another_window_runs(tmp_path: Path, mirrored: bool) -> None:
    made = untrained(replace(TINY, window_frames=20, mirrored=mirrored), tmp_path)
    assert (made.config.window_frames, made.config.mirrored) == (20, mirrored)
    runtime = open_backend(made, "cpu", 1)
    raw = runtime.lift(any_window(made.config), Intrinsics.from_hfov((640, 480), 1.0))
    assert np.isfinite(raw.rotations).all()


@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
def test_any_window_has_the_shapes_of_the_backbone(backbone: str) -> None:
    window = any_window(VTMConfig(window_frames=16, backbone=backbone))
    assert window.evidence.shape == (1, 16, *evidence_shape(backbone))
    assert (window.evidence[..., -1] == 1).all()


def test_without_torch_the_shipped_window_is_measured_and_the_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = load_weights(write_weights(tmp_path / "vtm.onnx", VTMConfig(window_frames=16), Answer.t_pose()))
    monkeypatch.setattr(windows, "load_weights", lambda: shipped)
    monkeypatch.setattr(windows.importlib.util, "find_spec", lambda _name: None)
    rows, notes = measure_windows("cpu", (1, 2), 0.05, quiet)
    assert [(row["frames"], row["threads"], row["trained"]) for row in rows] == [(16, 1, True), (16, 2, True)]
    assert all(set(row[name]) == {"p50", "p95", "p99"} for row in rows for name in ("network_ms", "ms"))
    assert all(0 < row["network_ms"]["p50"] < row["ms"]["p50"] for row in rows)  # the same windows, each of both
    assert [note.split(":")[0] for note in notes] == [f"window of {n} is left out" for n in (32, 64)]
    assert all("vtm-live[train]" in note for note in notes)


def test_an_export_that_fails_is_told_with_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nRuntimeError: no memory")

    monkeypatch.setattr(windows.importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setattr(windows.subprocess, "run", failed)
    with pytest.raises(ModelError, match=r"its export failed \(RuntimeError: no memory\)"):
        untrained(replace(TINY, window_frames=20), tmp_path)


def test_every_length_is_measured_as_shipped_and_without_the_mirror_image() -> None:
    shipped = VTMConfig(window_frames=20, mirrored=True)
    made = forms(shipped)
    assert [(form.window_frames, form.mirrored) for form in made] == [
        *((frames, True) for frames in (16, 20, 32, 64)),
        *((frames, False) for frames in (16, 20, 32, 64)),
    ]
    assert made.count(shipped) == 1
    assert forms(replace(shipped, mirrored=False)) == made[4:]
    assert len({form_name(form.window_frames, form.mirrored) for form in made}) == len(made)
