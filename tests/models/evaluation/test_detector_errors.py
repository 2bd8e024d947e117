"""Errors that were put in come out: of keypoints and landmarks, per joint, without the flipped frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.evaluation.detector_errors import detector_errors
from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS
from models.synth import windows
from models.synth.noise import Detected
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker


@pytest.fixture
def exact(library, monkeypatch) -> WindowBatch:
    """Windows whose keypoints and landmarks are the joints themselves, as far as their definitions allow."""
    place = windows.place_landmarks

    def detect(points: torch.Tensor, *_: object, **__: object) -> Detected:
        rays = points[:, :, :23, :2] / points[:, :, :23, 2:]
        ones = torch.ones_like(rays[..., 0])
        return Detected(rays, ones, ones[..., 0] < 0, torch.zeros_like(rays), ones < 0)

    monkeypatch.setattr(windows, "place_landmarks", lambda *args, **_: place(*args, 0.0))
    monkeypatch.setattr(windows, "noisy_keypoints", detect)
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.0)
    return WindowMaker(sampler, frames=16, hide=0.0).make(64, torch.Generator().manual_seed(0))[0]


def test_an_offset_of_a_keypoint_is_found_where_it_was_put(exact):
    before = detector_errors(exact)
    keypoints = exact.keypoints.clone()
    moved = 0.1 / exact.root_depth.exp()[..., None]  # statures at about the person's distance
    keypoints[:, :, [KEYPOINT["left_wrist"], KEYPOINT["right_wrist"]], 0] += moved
    after = detector_errors(replace(exact, keypoints=keypoints))
    assert before["wrist"]["keypoint"][1] < 20
    assert after["wrist"]["keypoint"][0] == pytest.approx(170, rel=0.15)
    assert after["wrist"]["varies"][0] < 20  # it stays where it is
    assert after["elbow"] == before["elbow"]


def test_an_offset_of_a_landmark_is_found_in_space(exact):
    before = detector_errors(exact)
    evidence = exact.evidence.clone()
    evidence[:, :, [EVIDENCE_NAMES.index(f"{side}_ankle") for side in ("left", "right")], 2] += 1.0
    after = detector_errors(replace(exact, evidence=evidence))
    assert after["ankle"]["landmark"][0] == pytest.approx(1000, rel=0.15)
    assert after["knee"] == before["knee"]


def test_flipped_frames_are_counted_and_left_out(exact):
    before = detector_errors(exact)
    keypoints = exact.keypoints.clone()
    keypoints[:, 3] = keypoints[:, 3][:, list(MIRROR_KEYPOINTS)]
    after = detector_errors(replace(exact, keypoints=keypoints))
    assert before["flipped_percent"] == 0
    assert after["flipped_percent"] == pytest.approx(100 / 16, abs=2)
    assert after["shoulder"]["keypoint"][1] < 1.5 * before["shoulder"]["keypoint"][1]


def test_windows_without_landmarks_are_not_counted(exact):
    evidence = exact.evidence.clone()
    evidence[:10, 2] = 0
    assert detector_errors(exact)["windows"] - detector_errors(replace(exact, evidence=evidence))["windows"] == 10
