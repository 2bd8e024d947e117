"""Takes cut, mended and made to loop."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.errors import UsageError
from engine.motion.edit import Edit, edited, filled, loop_points, trimmed
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.osc.demo_pose import wave_pose
from engine.types import NoPerson

RATE = 50


def waving(frames: int) -> MotionTake:
    """Somebody who waves, at 50 Hz; the clock begins at 7 s."""
    poses = [
        dataclasses.replace(wave_pose(1.7, n / RATE), frame_id=n, captured_at_s=7 + n / RATE) for n in range(frames)
    ]
    rows = [row_of(pose, NoPerson(pose.frame_id, pose.captured_at_s, (640, 480))) for pose in poses]
    return take_from_rows(np.concatenate(rows))


def without(take: MotionTake, first: int, last: int) -> MotionTake:
    """The same take with nobody in some frames."""
    arrays = {
        name: getattr(take, name).copy()
        for name in ("tracked", "rotations_xyzw", "root_m", "joints_world_m", "joints_cam_m", "contacts")
    }
    for name, array in arrays.items():
        array[first : last + 1] = False if name == "tracked" else np.nan
    return dataclasses.replace(take, **arrays)


def test_a_take_is_cut_by_seconds_from_its_beginning_and_keeps_its_clock() -> None:
    part = trimmed(waving(100), 0.5, 1.0)
    assert len(part) == 26
    assert (part.timestamps_s[0], part.timestamps_s[-1]) == pytest.approx((7.5, 8.0))
    np.testing.assert_array_equal(part.rotations_xyzw, waving(100).rotations_xyzw[25:51])
    np.testing.assert_array_equal(part.rest_offsets_m, waving(100).rest_offsets_m)


def test_nothing_left_is_refused_with_the_length_of_the_take() -> None:
    with pytest.raises(UsageError, match=r"between 5 s and its end: it is 2.0 s long"):
        trimmed(waving(100), 5.0)


def test_a_short_gap_is_filled_near_the_truth_and_marked_as_made_up() -> None:
    whole = waving(100)
    mended, frames = filled(without(whole, 40, 45))
    assert frames == 6
    assert mended.tracked.all()
    assert (mended.part_confidence[40:46] == 0).all()
    assert (mended.part_confidence[39] == whole.part_confidence[39]).all()
    assert np.abs(mended.joints_world_m - whole.joints_world_m).max() < 0.03
    assert np.abs(mended.joints_cam_m - whole.joints_cam_m).max() < 0.03


@pytest.mark.parametrize(("first", "last"), [(20, 60), (0, 5), (90, 99)])
def test_a_long_gap_and_the_ends_are_left_as_they_are(first: int, last: int) -> None:
    broken = without(waving(100), first, last)
    mended, frames = filled(broken)
    assert frames == 0
    np.testing.assert_array_equal(mended.tracked, broken.tracked)


def test_loop_points_lie_where_the_motion_comes_back() -> None:
    take = waving(400)
    start, end = loop_points(take, 0.3, 7.4)
    a, b = round(start * RATE), round(end * RATE)
    seam = np.abs(take.joints_world_m[a] - take.joints_world_m[b]).max()
    assert seam < 0.02
    assert 0.3 <= start <= 1.4
    assert 6.3 <= end <= 7.4


def test_too_short_a_part_makes_no_loop() -> None:
    with pytest.raises(UsageError, match="mark a longer part"):
        loop_points(waving(100), 0.0, 0.05)


def test_an_edit_says_what_it_did() -> None:
    said: list[str] = []
    take = edited(without(waving(200), 40, 45), Edit(fill=True, start_s=0.5, end_s=3.5, loop=True), said.append)
    assert take.tracked.all()
    assert said[0].startswith("6 frames")
    assert said[1].startswith("the loop is from")
