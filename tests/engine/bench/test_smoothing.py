"""Smoothness measured: the smoother, the less jitter and the more delay."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.bench.smoothing import PLACES, measure_smoothing
from engine.types import RawMotion
from models.camera import Intrinsics
from models.skeleton import JOINT, NUM_JOINTS

CAMERA = Intrinsics.from_hfov((640, 480), 1.0)


def swinging_arm(frames: int) -> list[RawMotion]:
    """Somebody who swings an arm in front of the camera, seen with noise."""
    rng = np.random.default_rng(0)
    raws = []
    for frame in range(frames):
        rotations = Rotation.from_rotvec(rng.normal(0, 0.03, (NUM_JOINTS, 3))).as_matrix()
        rotations[0] = np.diag([1.0, -1.0, -1.0])
        rotations[JOINT["LeftUpperArm"]] = Rotation.from_euler("z", np.sin(frame / 8)).as_matrix()
        raws.append(
            RawMotion(
                frame_id=frame,
                captured_at_s=frame / 30,
                rotations=rotations.astype(np.float32),
                root_px=np.array([320.0, 240.0], np.float32),
                root_depth=1.8,
                bone_ratio=np.ones(NUM_JOINTS, np.float32),
                up_cam=np.array([0.0, -1.0, 0.0], np.float32),
                contacts=np.zeros(2, np.float32),
                confidence=0.9,
            )
        )
    return raws


def test_the_smoother_the_less_jitter_and_the_more_delay():
    rows = measure_smoothing(swinging_arm(150), CAMERA, 1.7)
    assert [row["smoothness"] for row in rows] == list(PLACES)
    assert [row["preset"] for row in rows] == ["dance", "", "standard", "", "calm"]
    jitters, delays = [row["jitter"] for row in rows], [row["delay_ms"] for row in rows]
    assert jitters == sorted(jitters, reverse=True)
    assert delays == sorted(delays)
    assert 5 < delays[2] < 150
    assert all(0 < row["off_mm"] < 100 for row in rows)


def test_a_clip_too_short_has_no_rows():
    assert measure_smoothing(swinging_arm(40), CAMERA, 1.7) == []
