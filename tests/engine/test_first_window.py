"""The first frames of a stretch: answers of the window run backwards, joined with those of the one run forwards."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.first_window import FirstWindow, joined
from engine.types import Keypoints2D, RawMotion
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS
from models.skeleton import NUM_JOINTS
from models.vtm.config import VTMConfig

RATE_HZ = 20.0
SPAN = 16
CAMERA = Intrinsics(500.0, 500.0, 320.0, 240.0)


class Window:
    """Knows how many frames it has seen."""

    def __init__(self) -> None:
        self.frames: list[Keypoints2D] = []

    def push(self, keypoints: Keypoints2D) -> None:
        assert not self.frames or keypoints.captured_at_s > self.frames[-1].captured_at_s
        self.frames.append(keypoints)

    def window(self):
        return self

    def reset(self) -> None:
        self.frames = []


class Network:
    """Turns somebody round for as long as it has seen fewer than ten frames; to the truth later."""

    name = "fake"
    config = VTMConfig(window_frames=SPAN, rate_hz=RATE_HZ)

    def lift(self, window: Window, _intrinsics: Intrinsics) -> RawMotion:
        return answer(window.frames[-1], 0.0 if len(window.frames) > 9 else np.pi)

    def close(self) -> None: ...


def answer(seen: Keypoints2D, yaw: float) -> RawMotion:
    rotations = np.tile(np.eye(3, dtype=np.float32), (NUM_JOINTS, 1, 1))
    rotations[0] = Rotation.from_euler("y", yaw).as_matrix()
    return RawMotion(
        frame_id=seen.frame_id,
        captured_at_s=seen.captured_at_s,
        rotations=rotations,
        root_px=np.array([100.0 + yaw, 50.0], np.float32),
        root_depth=float(np.exp(yaw)),
        bone_ratio=np.full(NUM_JOINTS, 1.0 + yaw, np.float32),
        up_cam=np.array([0.0, -1.0, 0.0], np.float32),
        contacts=np.array([yaw, 0.0], np.float32),
        confidence=0.8,
    )


def frame(number: int) -> Keypoints2D:
    points, scores = np.zeros((NUM_KEYPOINTS, 2), np.float32), np.ones(NUM_KEYPOINTS, np.float32)
    return Keypoints2D(number, number / RATE_HZ, (640, 480), points, scores)


def stretch(frames: int) -> tuple[list[RawMotion], dict[int, RawMotion]]:
    forwards, network = Window(), Network()
    first = FirstWindow(Window, network, CAMERA)
    raws, changed = [], {}
    for number in range(frames):
        forwards.push(frame(number))
        raws.append(network.lift(forwards, CAMERA))
        changed.update(first.add(number, frame(number), raws[-1]))
    changed.update(first.restart())
    return raws, changed


def test_no_turn_round_is_left_in_the_first_frames():
    raws, changed = stretch(100)
    before = np.array([raw.rotations[0] for raw in raws[:10]])
    assert before[:9, 0, 0].max() < -0.99
    for number in range(12):
        np.testing.assert_allclose(changed[number].rotations[0], np.eye(3), atol=1e-5)


def test_only_the_first_window_is_looked_at_again_and_frames_keep_their_time():
    raws, changed = stretch(100)
    assert sorted(changed) == list(range(SPAN))
    for number, raw in changed.items():
        assert (raw.frame_id, raw.captured_at_s) == (number, raws[number].captured_at_s)


def test_a_short_stretch_ends_on_the_answer_run_forwards():
    _, changed = stretch(12)
    assert sorted(changed) == list(range(11))
    assert stretch(1)[1] == {}


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_answers_are_mixed_in_proportion(weight: float):
    a, b = answer(frame(0), 0.0), answer(frame(0), 0.8)
    mix = joined(a, b, weight)
    assert Rotation.from_matrix(mix.rotations[0]).magnitude() == pytest.approx(0.8 * weight, abs=1e-5)
    assert mix.root_depth == pytest.approx(np.exp(0.8 * weight), rel=1e-5)
    assert mix.root_px[0] == pytest.approx(100 + 0.8 * weight, rel=1e-6)
    assert mix.contacts[0] == pytest.approx(0.8 * weight, abs=1e-6)


def test_answers_that_contradict_each_other_are_not_mixed():
    a, b = answer(frame(0), 0.0), answer(frame(0), 3.0)
    assert joined(a, b, 0.4) is a
    assert joined(a, b, 0.95) is b
    assert joined(a, None, 0.9) is a
