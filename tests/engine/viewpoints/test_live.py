"""Two live pipelines: waiting, fitting, frozen figures, a fit that is asked for again, and the mean as a pose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import InputError
from engine.types import Keypoints2D, Pose
from engine.viewpoints.fit import F64
from engine.viewpoints.live import LiveComparison, LiveState
from models.camera import Intrinsics
from models.skeleton import PARENTS
from tests.engine.made_up_performer import take_of

FIT_S = 3.0


def _camera(yaw_deg: float) -> F64:
    return np.asarray(Rotation.from_euler("yx", [yaw_deg, 180.0], degrees=True).as_matrix())


def _poses(R: F64, *, seconds: float = 8.0, fps: float = 30.0, skew_s: float = 0.0, seed: int = 0) -> Iterator[Pose]:
    take = take_of(R, seconds=seconds, fps=fps, skew_s=skew_s, seed=seed)
    for row in range(len(take)):
        yield Pose(
            frame_id=row,
            captured_at_s=float(take.timestamps_s[row]),
            tracked=True,
            rotations_xyzw=take.rotations_xyzw[row],
            root_m=take.root_m[row],
            joints_world_m=take.joints_world_m[row],
            joints_cam_m=take.joints_cam_m[row],
            rest_offsets_m=take.rest_offsets_m,
            contacts=take.contacts[row],
            confidence=0.8,
            R_world_cam=R.astype(np.float32),
            t_world_cam=take.t_world_cam.astype(np.float32),
            intrinsics=Intrinsics.from_hfov((640, 480), 1.0),
            part_confidence=take.part_confidence[row],
        )


def _seen(pose: Pose) -> Keypoints2D:
    points, scores = np.zeros((23, 2), np.float32), np.ones(23, np.float32)
    return Keypoints2D(pose.frame_id, pose.captured_at_s, (640, 480), points, scores)


def _feed(live: LiveComparison, *sides: Iterator[Pose]) -> list[LiveState]:
    """Both sides' poses in the order of time; how things stood after each."""
    coming = sorted(
        ((pose.captured_at_s, side, pose) for side, poses in enumerate(sides) for pose in poses),
        key=lambda entry: entry[0],
    )
    states = []
    for _, side, pose in coming:
        live.add(side, pose, _seen(pose))
        states.append(live.update())
    return states


def test_it_fits_once_enough_is_seen_and_then_measures(make_states: Callable[..., list[LiveState]]) -> None:
    states = make_states()
    assert [state.state for state in states[:2]] == ["waiting", "fitting"]
    first = next(index for index, state in enumerate(states) if state.state == "fitted")
    assert first / 60 == pytest.approx(FIT_S, abs=0.2)
    last = states[-1]
    assert last.fit is not None
    assert last.fit.angle_deg == pytest.approx(75.0, abs=0.5)
    assert last.ours is not None
    assert last.ours.mean_mm < 3.0
    assert last.ours.frames > 100


@pytest.fixture
def make_states() -> Callable[..., list[LiveState]]:
    def make(fps: float = 30.0, skew_s: float = 0.0) -> list[LiveState]:
        live = LiveComparison(fit_s=FIT_S)
        return _feed(live, _poses(_camera(0)), _poses(_camera(75), fps=fps, skew_s=skew_s))

    return make


def test_a_slower_camera_that_comes_late_is_brought_into_step(make_states: Callable[..., list[LiveState]]) -> None:
    last = make_states(fps=20.0, skew_s=0.12)[-1]
    assert last.fit is not None
    assert last.fit.skew_s == pytest.approx(0.12, abs=0.02)
    assert last.ours is not None
    assert last.ours.mean_mm < 15.0


def test_the_mean_of_both_is_a_pose_with_their_bones(make_states: Callable[..., list[LiveState]]) -> None:
    last = make_states()[-1]
    assert last.fused is not None
    assert last.over is not None
    assert np.allclose(last.fused.joints_world_m, last.over.joints_world_m, atol=0.03)
    lengths = np.linalg.norm(last.fused.joints_world_m[1:] - last.fused.joints_world_m[list(PARENTS[1:])], axis=-1)
    assert np.allclose(lengths, last.fused.bone_lengths_m[1:], atol=1e-4)


def test_another_performance_is_told_and_tried_again() -> None:
    live = LiveComparison(("left", "right"), fit_s=FIT_S)
    states = _feed(live, _poses(_camera(0), seed=1), _poses(_camera(75), seed=2))
    assert states[-1].state == "different"
    assert "same motion" in states[-1].problem
    with pytest.raises(InputError, match="same motion"):
        live.result()


def test_a_new_fit_forgets_the_old_one() -> None:
    live = LiveComparison(fit_s=FIT_S)
    _feed(live, _poses(_camera(0)), _poses(_camera(75)))
    live.refit()
    assert live.update().state == "waiting"
    later = [replace(pose, captured_at_s=pose.captured_at_s + 20) for pose in _poses(_camera(0))]
    moved = [replace(pose, captured_at_s=pose.captured_at_s + 20) for pose in _poses(_camera(40))]
    last = _feed(live, iter(later), iter(moved))[-1]
    assert last.fit is not None
    assert last.fit.angle_deg == pytest.approx(40.0, abs=0.5)


def test_nobody_in_b_is_said_by_name() -> None:
    live = LiveComparison(("left", "right"), fit_s=FIT_S)
    lost = (pose.as_lost() for pose in _poses(_camera(75)))
    assert _feed(live, _poses(_camera(0)), lost)[-1].state == "waiting"
    with pytest.raises(InputError, match="no person was seen in right"):
        live.result()


def test_the_whole_run_is_the_result() -> None:
    live = LiveComparison(fit_s=FIT_S)
    last = _feed(live, _poses(_camera(0)), _poses(_camera(75)))[-1]
    result = live.result()
    assert last.ours is not None
    assert len(result.pairs) >= last.ours.frames
    assert result.fit is last.fit


def test_a_clip_that_begins_again_a_little_late_shifts_the_clocks_and_nothing_else() -> None:
    live = LiveComparison(fit_s=FIT_S)
    late = (
        replace(pose, captured_at_s=pose.captured_at_s + (0.15 if pose.captured_at_s > 7.0 else 0.0))
        for pose in _poses(_camera(75), seconds=20.0)
    )
    states = _feed(live, _poses(_camera(0), seconds=20.0), late)
    before, last = states[350], states[-1]
    assert before.fit is not None
    assert last.fit is not None
    assert last.fit.skew_s - before.fit.skew_s == pytest.approx(0.15, abs=0.02)
    assert np.array_equal(last.fit.R_b_a, before.fit.R_b_a)
    assert last.now_mm is not None
    assert last.now_mm < 10.0
    whole = live.result().ours.frames_mm  # each part of the run with the skew of its time
    assert np.median(whole[:150]) < 10.0
    assert np.median(whole[-150:]) < 10.0


def test_with_one_camera_paused_nothing_piles_up() -> None:
    live = LiveComparison(fit_s=1.0, keep_s=2.0)
    for pose in _poses(_camera(0), seconds=60.0, fps=10.0):
        live.add(0, pose, _seen(pose))
        live.update()
    assert len(live._kept[0]) <= 30
    assert len(live._kept[1]) == 0
