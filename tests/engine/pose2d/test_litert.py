"""Cutting the body mask off the landmark network changes no other number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import DetectorError
from engine.networks.litert import Network, without_output
from engine.pose2d.weights import WeightPaths

MASK = (1, 256, 256, 1)
KEPT = ((1, 195), (1, 1), (1, 64, 64, 39), (1, 117))


def test_the_network_without_its_mask_gives_exactly_the_same_landmarks(weights: WeightPaths) -> None:
    picture = np.random.default_rng(1).random((1, 256, 256, 3), dtype=np.float32)
    results = []
    for drop in (None, MASK):
        network = Network(weights.landmarks, threads=1, drop_output=drop)
        network.input()[:] = picture
        network.run()
        results.append([network.output(*shape).copy() for shape in KEPT])
    for whole, cut in zip(*results, strict=True):
        np.testing.assert_array_equal(whole, cut)


def test_the_cut_off_output_is_really_gone(weights: WeightPaths) -> None:
    network = Network(weights.landmarks, threads=1, drop_output=MASK)
    with pytest.raises(KeyError):
        network.output(*MASK)


def test_dropping_an_output_that_does_not_exist_is_refused(weights: WeightPaths) -> None:
    with pytest.raises(ValueError, match="no output of shape"):
        without_output(weights.landmarks.read_bytes(), (1, 2, 3))


def test_loading_prints_nothing(weights: WeightPaths, capfd: pytest.CaptureFixture[str]) -> None:
    Network(weights.person, threads=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [b"", b"no network at all" * 20])
def test_a_file_that_is_no_network_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=r"cannot load broken\.tflite.*vtm fetch"):
        Network(path, threads=1)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="vtm fetch"):
        Network(tmp_path / "missing.tflite", threads=1)
