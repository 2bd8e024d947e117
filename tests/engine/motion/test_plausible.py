"""A take that could put NaN, a zero quaternion or a bone of a light year into an avatar is refused, and says where."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.motion.plausible import check_take, usable_rows
from engine.motion.take import MotionTake, Rows, row_of, take_from_rows
from engine.types import Keypoints2D, Pose
from models.npz import NpzError


@pytest.fixture
def rows(make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]) -> Rows:
    """Five frames, the fourth without a person."""
    poses = [make_pose(1, n / 30, frame_id=n, tracked=n != 3) for n in range(5)]
    return np.concatenate([row_of(pose, make_detection(pose)) for pose in poses])


@pytest.fixture
def take(rows: Rows) -> MotionTake:
    return take_from_rows(rows)


def changed(take: MotionTake, name: str, at: Any, value: float) -> MotionTake:
    array = np.array(getattr(take, name))
    array[at] = value
    return dataclasses.replace(take, **{name: array})


def test_a_good_take_passes_unchanged(take: MotionTake) -> None:
    checked = check_take(take)
    for field in dataclasses.fields(MotionTake):
        np.testing.assert_array_equal(getattr(checked, field.name), getattr(take, field.name), err_msg=field.name)


@pytest.mark.parametrize(
    ("name", "at", "value", "said"),
    [
        ("rotations_xyzw", (1, 5), 0.0, "frame 1, Head: a quaternion of length 0, not 1"),
        ("rotations_xyzw", (4, 0, 0), np.nan, "rotations_xyzw of frame 4 is not finite"),
        ("rotations_xyzw", (2, 3), 0.6, "frame 2, UpperChest: a quaternion of length 1.2"),
        ("root_m", (0, 1), np.inf, "root_m of frame 0"),
        ("joints_world_m", (2, 21, 2), 1e20, "joints_world_m of frame 2"),
        ("joints_cam_m", (2, 0, 0), np.nan, "joints_cam_m of frame 2"),
        ("contacts", (0, 0), np.nan, "contacts of frame 0"),
        ("keypoints_px", (0, 0, 0), np.inf, "keypoints_px exceed"),
        ("rest_offsets_m", (4, 1), 1e20, "bones are not finite, or longer"),
        ("rest_offsets_m", (4, 1), np.nan, "bones are not finite"),
        ("intrinsics", (0, 0), 0.0, "not a camera matrix"),
        ("intrinsics", (0, 2), np.nan, "not a camera matrix"),
        ("R_world_cam", (0, 0), 3.0, "R_world_cam is not a rotation"),
        ("R_world_cam", slice(None), np.nan, "R_world_cam is not a rotation"),
        ("t_world_cam", 1, np.inf, "t_world_cam is not finite"),
        ("timestamps_s", 2, np.nan, "timestamps_s are not the seconds"),
        ("timestamps_s", 4, 1e9, "timestamps_s are not the seconds"),
        ("lost_before", 1, -1, "below 0"),
    ],
)
def test_what_no_person_can_be_is_refused_and_says_where(
    take: MotionTake, name: str, at: Any, value: float, said: str
) -> None:
    with pytest.raises(NpzError, match=said):
        check_take(changed(take, name, at, value))


@pytest.mark.parametrize("fps", [0.0, -1.0, 1e6, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(take: MotionTake, fps: float) -> None:
    with pytest.raises(NpzError, match="fps is"):
        check_take(dataclasses.replace(take, fps=fps))


def test_a_mirrored_camera_is_no_rotation(take: MotionTake) -> None:
    with pytest.raises(NpzError, match="not a rotation"):
        check_take(dataclasses.replace(take, R_world_cam=-take.R_world_cam))


def test_a_frame_without_a_person_may_hold_anything_and_holds_nan_after(take: MotionTake) -> None:
    wild = changed(changed(take, "rotations_xyzw", 3, 0.0), "root_m", 3, np.inf)
    checked = check_take(wild)
    assert np.isnan(checked.rotations_xyzw[3]).all()
    assert np.isnan(checked.root_m[3]).all()


def test_scores_and_contacts_are_brought_into_their_range(take: MotionTake) -> None:
    wild = changed(
        changed(changed(take, "keypoint_scores", (0, 0), 1.07), "keypoint_scores", (0, 1), np.nan),
        "contacts",
        (0, 0),
        1.2,
    )
    checked = check_take(wild)
    assert (checked.keypoint_scores[0, 0], checked.keypoint_scores[0, 1], checked.contacts[0, 0]) == (1, 0, 1)


def test_a_take_without_a_person_needs_no_camera(rows: Rows) -> None:
    nobody = rows[3:4].copy()
    for name in ("rest_offsets_m", "intrinsics", "R_world_cam", "t_world_cam"):
        nobody[name] = np.nan
    checked = check_take(take_from_rows(nobody))
    assert not checked.tracked.any()


@pytest.mark.parametrize(
    ("name", "value", "usable"),
    [
        ("rotations_xyzw", 0.0, False),
        ("root_m", np.nan, False),
        ("joints_world_m", 1e30, False),
        ("rest_offsets_m", np.inf, False),
        ("intrinsics", 0.0, False),
        ("timestamp_s", np.nan, False),
        ("keypoints_px", np.inf, False),
        ("keypoints_px", np.nan, True),
        ("keypoint_scores", 0.0, True),
    ],
)
def test_rows_of_an_unfinished_take_are_judged_alike(rows: Rows, name: str, value: float, usable: bool) -> None:
    wild = rows.copy()
    wild[name][1] = value
    wild["root_m"][3] = np.inf  # nobody is there
    assert usable_rows(wild).tolist() == [True, usable, True, True, True]
