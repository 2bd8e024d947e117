"""Two cameras on one performer: angle, skew, disagreement, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InputError
from engine.viewpoints.clock_skew import estimate_skew
from engine.viewpoints.comparison import (
    BETTER_THAN_CHANCE,
    FIT_S,
    NotSameMotionError,
    compare,
    fit_cameras,
    measure,
    over_chance,
)
from engine.viewpoints.fit import F64
from engine.viewpoints.pairing import pair
from engine.viewpoints.track import Track
from models.skeleton import JOINT

Yaw = Callable[[float], F64]
Make = Callable[..., Track]


@pytest.mark.parametrize("degrees", [10.0, 30.0, 90.0, 180.0])
def test_the_angle_between_the_cameras_is_found_from_the_motion_alone(
    make_track: Make, yaw: Yaw, degrees: float
) -> None:
    found = compare(make_track(yaw(0), noise_m=0.02), make_track(yaw(degrees), noise_m=0.02))
    assert found.fit.angle_deg == pytest.approx(degrees, abs=1.0)


def test_the_disagreement_is_what_was_put_in(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0)), make_track(yaw(60))
    moved = b.joints_m.copy()
    moved[:, JOINT["LeftHand"]] += [0.0, 0.22, 0.0]
    found = measure(a, replace(b, joints_m=moved), fit_cameras(a, b))
    assert found.ours.mean_mm == pytest.approx(220 / 22, abs=0.5)
    assert found.ours.parts_mm["left_arm"] == pytest.approx(220 / 3, abs=1.0)


def test_the_detector_is_measured_the_same_way_on_the_same_frames(make_track: Make, yaw: Yaw) -> None:
    found = compare(make_track(yaw(0), detector_m=0.05), make_track(yaw(60), detector_m=0.05))
    assert found.detector is not None
    assert len(found.detector.frames_mm) == len(found.pairs)
    assert found.ratio is not None
    assert found.ratio < 0.1


def test_without_the_detectors_3d_there_is_no_ratio(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0)), make_track(yaw(60))
    found = compare(a, replace(b, detector_m=np.full_like(b.detector_m, np.nan)))
    assert found.detector is None
    assert found.ratio is None


@pytest.mark.parametrize("skew_s", [-0.5, 0.0, 0.08, 1.3])
@pytest.mark.parametrize("fps", [30.0, 25.0, 59.94])
def test_the_clocks_skew_is_found_at_any_frame_rate(make_track: Make, yaw: Yaw, skew_s: float, fps: float) -> None:
    a, b = make_track(yaw(0), noise_m=0.01), make_track(yaw(90), fps=fps, skew_s=skew_s, noise_m=0.01)
    skew = estimate_skew(a, b)
    assert skew is not None
    assert skew.seconds == pytest.approx(skew_s, abs=0.01)
    assert skew.correlation > 0.6


def test_recordings_that_begin_far_apart_are_brought_together(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0), seconds=20), make_track(yaw(90), seconds=20)
    late = b.times_s >= 7.0
    cut = replace(
        b,
        times_s=b.times_s[late] - 7.0,
        joints_m=b.joints_m[late],
        turned=b.turned[late],
        detector_m=b.detector_m[late],
        part_confidence=b.part_confidence[late],
        root_m=b.root_m[late],
    )
    found = compare(a, cut)
    assert found.fit.skew_s == pytest.approx(-7.0, abs=0.01)
    assert found.fit.angle_deg == pytest.approx(90.0, abs=1.0)


def test_different_frame_rates_cost_nothing(make_track: Make, yaw: Yaw) -> None:
    same = compare(make_track(yaw(0)), make_track(yaw(90)))
    other = compare(make_track(yaw(0)), make_track(yaw(90), fps=24.0))
    assert other.ours.mean_mm < same.ours.mean_mm + 5.0


def test_moments_in_a_gap_of_either_are_left_out(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0)), make_track(yaw(90))
    hidden = b.joints_m.copy()
    hidden[100:160] = np.nan
    pairs = pair(a, replace(b, joints_m=hidden), 0.0)
    assert not np.isin(np.arange(100, 160), pairs.a_rows).any()
    assert np.isfinite(pairs.b_m).all()


def test_the_rotation_is_fitted_on_the_first_third_and_then_frozen(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0), seconds=18), make_track(yaw(90), seconds=18)
    moved = b.joints_m.copy()
    moved[b.times_s > 7.0] = moved[b.times_s > 7.0] @ yaw(20).T  # somebody knocks the camera
    found = compare(a, replace(b, joints_m=moved))
    assert found.fit.angle_deg == pytest.approx(90.0, abs=0.5)
    assert found.fit.until_s == pytest.approx(6.0, abs=0.1)
    assert found.ours.frames_mm[:100].mean() < 10.0
    assert found.ours.frames_mm[-100:].mean() > 50.0


def test_a_long_clip_is_fitted_on_its_first_ten_seconds(make_track: Make, yaw: Yaw) -> None:
    fit = fit_cameras(make_track(yaw(0), seconds=45), make_track(yaw(90), seconds=45))
    assert fit.until_s - fit.from_s == pytest.approx(FIT_S, abs=0.1)


def test_too_few_poses_a_second_are_said_to_be_too_few(make_track: Make, yaw: Yaw) -> None:
    with pytest.raises(InputError, match=r"2\.0 poses per second are too few"):
        compare(make_track(yaw(0), fps=2.0, seconds=6.0), make_track(yaw(60), fps=30.0, seconds=6.0))


def test_two_performances_are_refused_in_one_line(make_track: Make, yaw: Yaw) -> None:
    with pytest.raises(NotSameMotionError, match="do not show the same motion") as refused:
        compare(make_track(yaw(0), seed=1), make_track(yaw(60), seed=2))
    assert "\n" not in str(refused.value)


def test_one_recording_twice_is_refused(make_track: Make, yaw: Yaw) -> None:
    with pytest.raises(InputError, match="show the same pictures"):
        compare(make_track(yaw(0), noise_m=0.01), make_track(yaw(0), noise_m=0.01))


def test_nobody_in_b_is_refused_by_name(make_track: Make, yaw: Yaw) -> None:
    b = make_track(yaw(60))
    empty = replace(b, joints_m=np.full_like(b.joints_m, np.nan))
    with pytest.raises(InputError, match=r"no person is seen in right\.mp4"):
        compare(make_track(yaw(0)), empty, ("left.mp4", "right.mp4"))


def test_two_that_never_see_the_performer_at_the_same_time_are_refused(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0)), make_track(yaw(60))
    fit = fit_cameras(a, b)
    with pytest.raises(InputError, match="never see the performer"):
        measure(a, replace(b, times_s=b.times_s + 100.0), fit)


def test_a_performer_who_stands_still_says_nothing_about_the_clocks(make_track: Make, yaw: Yaw) -> None:
    a, b = (make_track(yaw(degrees)) for degrees in (0, 90))
    a, b = (replace(track, joints_m=np.tile(track.joints_m[:1], (len(track), 1, 1))) for track in (a, b))
    found = compare(a, b)
    assert found.fit.skew is None
    assert found.fit.angle_deg == pytest.approx(90.0, abs=1e-6)


def test_between_sure_and_refused_the_poses_decide(make_track: Make, yaw: Yaw) -> None:
    a, same, other = make_track(yaw(0)), make_track(yaw(60)), make_track(yaw(60), seed=5)
    assert over_chance(pair(a, same, 0.0)) < 0.1
    assert over_chance(pair(a, other, 0.0)) > BETTER_THAN_CHANCE
