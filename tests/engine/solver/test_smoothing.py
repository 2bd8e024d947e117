"""A recorded take is smoothed as much as a live one and comes at the right time; what was lost parts it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import Solver
from engine.solver.settings import STANDARD
from engine.solver.smoothing import Smoother, smooth_take
from engine.types import RawMotion
from models.camera import Intrinsics
from models.skeleton import JOINT, NUM_JOINTS

MakeRaw = Callable[..., RawMotion]
FPS = 30.0
ELBOW = JOINT["LeftLowerArm"]


def bent(angles: np.ndarray) -> np.ndarray:
    """(N,) radians -> (N, 22, 3, 3) with one elbow bent so far."""
    rotations = np.tile(np.eye(3), (len(angles), NUM_JOINTS, 1, 1))
    rotations[:, 0] = np.diag([1.0, -1.0, -1.0])
    rotations[:, ELBOW] = Rotation.from_rotvec(angles[:, None] * [0, 0, 1.0]).as_matrix()
    return rotations.astype(np.float32)


def elbow_angles(quaternions: np.ndarray) -> np.ndarray:
    """(N, 22, 4) -> (N,) radians."""
    return Rotation.from_quat(quaternions[:, ELBOW]).as_euler("zyx")[:, 0]


@pytest.fixture
def wave(make_raw: MakeRaw) -> tuple[np.ndarray, list[RawMotion]]:
    """An elbow that swings once a second, as it is and as the network sees it, trembling; the root goes along."""
    time_s = np.arange(90) / FPS
    truth = 0.8 * np.sin(2 * np.pi * time_s)
    noise = np.random.default_rng(0).normal(0, 0.05, 90)
    across_px = (320 + 60 * np.sin(2 * np.pi * time_s)).astype(np.float32)
    take = [
        make_raw(frame, rotations=rotations, root_px=np.array([x, 240], np.float32))
        for frame, (rotations, x) in enumerate(zip(bent(truth + noise), across_px, strict=True))
    ]
    return truth, take


def live(take: list[RawMotion], intrinsics: Intrinsics) -> np.ndarray:
    smoother = Smoother()
    return np.stack([smoother(raw, intrinsics, 1 / FPS).rotations.as_quat() for raw in take])


def test_a_recorded_take_is_nearer_the_truth_than_a_live_one_and_trembles_no_more(wave, intrinsics: Intrinsics):
    truth, take = wave
    found = smooth_take(take, intrinsics, 1 / FPS)
    recorded = elbow_angles(np.stack([found[raw.frame_id].rotations.as_quat() for raw in take]))
    late = elbow_angles(live(take, intrinsics))
    middle = slice(10, -10)
    assert np.abs(recorded - truth)[middle].mean() < 0.5 * np.abs(late - truth)[middle].mean()
    assert np.abs(np.diff(recorded - truth, 2)).mean() < 1.05 * np.abs(np.diff(late - truth, 2)).mean()


def test_what_moves_evenly_comes_at_the_right_time(make_raw: MakeRaw, intrinsics: Intrinsics):
    angles = 0.9 / FPS * np.arange(60)
    px = 200.0 + np.arange(60)
    take = [
        make_raw(frame, rotations=rotations, root_px=np.array([x, 240], np.float32))
        for frame, (rotations, x) in enumerate(zip(bent(angles), px, strict=True))
    ]
    found = [smooth_take(take, intrinsics, 1 / FPS)[raw.frame_id] for raw in take]
    recorded = elbow_angles(np.stack([smooth.rotations.as_quat() for smooth in found]))
    np.testing.assert_allclose(recorded[25:35], angles[25:35], atol=2e-3)
    assert (elbow_angles(live(take, intrinsics))[25:35] < angles[25:35] - 0.01).all()  # a live one is late
    rays, seen = (np.stack([getattr(smooth, name) for smooth in found])[25:35] for name in ("ray", "seen_ray"))
    np.testing.assert_allclose(rays, seen, atol=1e-3)


def test_a_take_turned_round_in_time_is_smoothed_alike(wave, intrinsics: Intrinsics, make_raw: MakeRaw):
    _, take = wave
    turned = [make_raw(frame, rotations=raw.rotations, root_px=raw.root_px) for frame, raw in enumerate(reversed(take))]
    there, back = smooth_take(take, intrinsics, 1 / FPS), smooth_take(turned, intrinsics, 1 / FPS)
    for frame in range(90):
        ours, theirs = there[frame], back[89 - frame]
        assert (ours.rotations.inv() * theirs.rotations).magnitude().max() < 1e-3
        np.testing.assert_allclose(ours.ray, theirs.ray, atol=1e-6)


def test_after_a_loss_nothing_is_known_of_what_was_before(make_raw: MakeRaw, intrinsics: Intrinsics):
    before = [make_raw(frame, rotations=bent(np.array([0.0]))[0]) for frame in range(20)]
    after = [
        make_raw(frame, captured_at_s=frame / FPS + 2 * STANDARD.smoothing.gap_s, rotations=bent(np.array([1.0]))[0])
        for frame in range(20, 40)
    ]
    found = smooth_take([*before, *after], intrinsics, 1 / FPS)
    angles = elbow_angles(np.stack([found[frame].rotations.as_quat() for frame in range(40)]))
    np.testing.assert_allclose(angles, [0.0] * 20 + [1.0] * 20, atol=1e-6)
    touching = [make_raw(raw.frame_id, rotations=raw.rotations) for raw in (*before, *after)]
    found = smooth_take(touching, intrinsics, 1 / FPS)
    angles = elbow_angles(np.stack([found[frame].rotations.as_quat() for frame in range(40)]))
    assert 0.1 < angles[19] < 0.9
    assert 0.1 < angles[20] < 0.9


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_short_takes_are_as_they_were_seen(make_raw: MakeRaw, intrinsics: Intrinsics, frames: int):
    take = [make_raw(frame, captured_at_s=0.0) for frame in range(frames)]  # of the same time, too
    found = smooth_take(take, intrinsics, 1 / FPS)
    assert sorted(found) == list(range(frames))
    for smooth in found.values():
        np.testing.assert_allclose(smooth.ray, smooth.seen_ray, atol=1e-9)


def test_a_fitted_solver_follows_a_swing_without_delay_until_the_world_changes(wave, intrinsics: Intrinsics):
    truth, take = wave
    fitted, other = Solver(intrinsics, 1.7), Solver(intrinsics, 1.7)
    fitted.fit(take)
    ours = elbow_angles(np.stack([fitted.solve(raw).rotations_xyzw for raw in take]))
    late = elbow_angles(np.stack([other.solve(raw).rotations_xyzw for raw in take]))
    assert np.abs(ours - truth)[10:-10].mean() < 0.5 * np.abs(late - truth)[10:-10].mean()
    fitted.reset()
    again = elbow_angles(np.stack([fitted.solve(raw).rotations_xyzw for raw in take]))
    np.testing.assert_allclose(again, late, atol=1e-6)
