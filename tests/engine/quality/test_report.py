"""Reports on takes with planted faults: each fault lights its lamp, where it is, and no other lamp."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.motion.take import MotionTake
from engine.quality.comparison import compare_takes
from engine.quality.files import write_report
from engine.quality.lights import LIMITS
from engine.quality.page import report_page
from engine.quality.report import report_of
from models.parts import NUM_PARTS, PART
from models.skeleton import FEET, JOINT, NUM_JOINTS, PARENTS, REST_OFFSETS, TOES

FPS = 30.0
FRAMES = 300


def standing() -> MotionTake:
    """Ten seconds of a person of s̄'s proportions who stands and slowly lifts an arm; nothing is wrong."""
    offsets = REST_OFFSETS.astype(np.float32)
    joints = np.zeros((NUM_JOINTS, 3))
    for joint in range(NUM_JOINTS):
        joints[joint] = offsets[joint] + (joints[PARENTS[joint]] if joint else 0)
    world = np.repeat(joints[None], FRAMES, 0)
    for number, joint in enumerate((JOINT["LeftLowerArm"], JOINT["LeftHand"])):
        world[:, joint, 1] += 0.02 * (number + 1) * np.sin(np.arange(FRAMES) / 40)
    rotations = np.zeros((FRAMES, NUM_JOINTS, 4), np.float32)
    rotations[..., 3] = 1
    return MotionTake(
        fps=FPS,
        timestamps_s=np.arange(FRAMES) / FPS,
        keypoints_px=np.zeros((FRAMES, 23, 2), np.float32),
        keypoint_scores=np.ones((FRAMES, 23), np.float32),
        tracked=np.ones(FRAMES, np.bool_),
        rotations_xyzw=rotations,
        root_m=world[:, 0].astype(np.float32),
        joints_world_m=world.astype(np.float32),
        joints_cam_m=np.repeat(joints[None] + np.array([0, 0, 3]), FRAMES, 0).astype(np.float32),
        rest_offsets_m=offsets,
        contacts=np.ones((FRAMES, 2), np.float32),
        part_confidence=np.full((FRAMES, NUM_PARTS), 0.9, np.float32),
        intrinsics=np.eye(3),
        R_world_cam=np.eye(3),
        t_world_cam=np.zeros(3),
        lost_before=np.zeros(FRAMES, np.int32),
    )


def lost(take: MotionTake) -> MotionTake:
    tracked = take.tracked.copy()
    tracked[60:120] = False
    return dataclasses.replace(take, tracked=tracked)


def silent(take: MotionTake) -> MotionTake:
    times = take.timestamps_s.copy()
    times[100:] += 3.0
    return dataclasses.replace(take, timestamps_s=times)


def unseen(take: MotionTake) -> MotionTake:
    seen = take.part_confidence.copy()
    seen[:, [PART["left_leg"], PART["right_leg"], PART["trunk"]]] = 0.1
    return dataclasses.replace(take, part_confidence=seen)


def moved(take: MotionTake, change: Callable[[np.ndarray], object]) -> MotionTake:
    world = take.joints_world_m.copy()
    change(world)
    return dataclasses.replace(take, joints_world_m=world)


def jittering(take: MotionTake) -> MotionTake:
    def change(world: np.ndarray) -> None:
        world[::2, [joint for joint in range(1, NUM_JOINTS) if joint not in FEET]] += (0.0, 0.0045, 0.0)

    return moved(take, change)


def sliding(take: MotionTake) -> MotionTake:
    return moved(take, lambda world: world.__iadd__(np.linspace(0, 1.5, FRAMES)[:, None, None] * (1, 0, 0)))


def sunk(take: MotionTake) -> MotionTake:
    def change(world: np.ndarray) -> None:
        world[50:80, TOES, 1] -= 0.05

    return moved(take, change)


def jumping(take: MotionTake) -> MotionTake:
    def change(world: np.ndarray) -> None:
        for at in (90, 150, 200, 230):
            world[at : at + 2, JOINT["RightHand"]] += (0, 0.7, 0)

    return moved(take, change)


def stretching(take: MotionTake) -> MotionTake:
    scale = 1.0 + 0.25 * np.sin(np.arange(FRAMES) / 9)[:, None, None]
    return dataclasses.replace(take, joints_cam_m=(take.joints_cam_m * scale).astype(np.float32))


def long_armed(take: MotionTake) -> MotionTake:
    camera = take.joints_cam_m.copy()
    for side in ("Left", "Right"):
        elbow, hand = JOINT[f"{side}LowerArm"], JOINT[f"{side}Hand"]
        camera[:, hand] += 1.2 * (camera[:, hand] - camera[:, elbow])
    return dataclasses.replace(take, joints_cam_m=camera)


def late(take: MotionTake) -> MotionTake:
    latency_s = np.full(FRAMES, 0.020, np.float32)
    latency_s[90:150] = 0.180
    return dataclasses.replace(take, latency_s=latency_s)


FAULTS: dict[str, Callable[[MotionTake], MotionTake]] = {
    "lost_percent": lost,
    "no_frames_s": silent,
    "unseen_percent": unseen,
    "jitter_mm": jittering,
    "sliding_mm_s": sliding,
    "below_floor_mm": sunk,
    "spikes_per_minute": jumping,
    "bone_spread_percent": stretching,
    "height_spread_percent": long_armed,
    "latency_ms": late,
}


def test_a_faultless_take_is_all_green() -> None:
    report = report_of(standing())
    assert report.light == "green", report.lines()
    assert report.lines() == ["10 s, all green"]


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_lights_its_own_lamp_red_and_no_other(name: str) -> None:
    report = report_of(FAULTS[name](standing()))
    assert {each.name for each in report.findings if each.light != "green"} == {name}, report.lines()
    assert report.light == "red"
    assert len(report.lines()) == 1


def test_every_lamp_has_a_fault_here() -> None:
    assert set(FAULTS) == set(LIMITS)


def test_places_are_where_the_fault_is() -> None:
    [span] = next(each.spans for each in report_of(lost(standing())).findings if each.name == "lost_percent")
    assert (span.start_s, span.end_s) == pytest.approx((2.0, 4.0))
    [span] = next(each.spans for each in report_of(late(standing())).findings if each.name == "latency_ms")
    assert (span.start_s, span.end_s) == pytest.approx((3.0, 5.0))
    jumps = next(each.spans for each in report_of(jumping(standing())).findings if each.name == "spikes_per_minute")
    assert jumps[0].start_s == pytest.approx(3.0)


def test_a_take_that_was_not_recorded_live_says_nothing_of_latency() -> None:
    report = report_of(standing())
    assert "latency_ms" not in {each.name for each in report.findings}
    assert report.to_json()["latency_ms"] == {}
    assert "from frame to pose" not in report_page("take", report)


def test_latency_is_shown_with_its_spread() -> None:
    latency_s = np.full(FRAMES, 0.020, np.float32)
    latency_s[:30], latency_s[30:40] = 0.050, np.nan
    report = report_of(dataclasses.replace(standing(), latency_s=latency_s))
    assert report.light == "green"
    assert report.to_json()["latency_ms"] == {"p50": 20.0, "p95": 50.0, "p99": 50.0}
    assert "20 ms in the median, 95 % within 50 ms" in report_page("take", report)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_a_take_of_next_to_nothing_gives_a_report(frames: int) -> None:
    take = standing()
    per_frame = {
        field.name: getattr(take, field.name)[:frames]
        for field in dataclasses.fields(take)
        if getattr(getattr(take, field.name), "shape", ())[:1] == (FRAMES,)
    }
    report = report_of(dataclasses.replace(take, **per_frame))
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["frames"] == frames


def test_the_parts_that_are_not_seen_are_named_worst_first() -> None:
    take = standing()
    seen = take.part_confidence.copy()
    seen[:200, PART["right_arm"]], seen[:60, PART["head"]] = 0.1, 0.1
    report = report_of(dataclasses.replace(take, part_confidence=seen))
    [line] = report.lines()
    assert "(right arm 67 %, head 20 %)" in line
    assert "right arm 67 %, head 20 %" in report_page("take", report)


@pytest.mark.parametrize(
    ("gone", "detail"),
    [
        ((0, 30), "empty ends: --from 1.0 cuts them away"),
        ((240, 300), "empty ends: --to 8.0 cuts them away"),
        ((60, 120), ""),
        ((0, 300), ""),
    ],
)
def test_empty_ends_name_the_options_that_cut_them_away(gone: tuple[int, int], detail: str) -> None:
    tracked = np.ones(FRAMES, np.bool_)
    tracked[slice(*gone)] = False
    report = report_of(dataclasses.replace(standing(), tracked=tracked))
    assert next(each.detail for each in report.findings if each.name == "lost_percent") == detail


def test_a_take_without_anybody_is_red_and_claims_no_number_that_it_has_not() -> None:
    take = standing()
    empty = dataclasses.replace(
        take, tracked=np.zeros(FRAMES, np.bool_), joints_cam_m=np.full_like(take.joints_cam_m, np.nan)
    )
    report = report_of(empty)
    assert report.light == "red"
    json.dumps(report.to_json(), allow_nan=False)


def test_page_and_json_lie_beside_the_take(tmp_path: Path) -> None:
    take = jumping(standing())
    page, data = write_report(tmp_path / "day <1>.npz", report_of(take), compare_takes(take, standing()))
    assert json.loads(data.read_text())["light"] == "red"
    text = page.read_text()
    assert "day &lt;1&gt;.npz" in text
    assert "spikes of speed" in text
    assert "RightHand" in text
    assert "<script" not in text
    assert "http" not in text


def test_the_page_shows_every_finding() -> None:
    report = report_of(standing())
    page = report_page("take", report)
    assert all(escape(LIMITS[each.name].label) in page for each in report.findings)


def test_two_takes_of_one_motion_are_as_far_apart_as_they_are() -> None:
    take = standing()
    moved_hand = moved(take, lambda world: world[:, JOINT["LeftHand"]].__iadd__((0.0, 0.021, 0.0)))
    compared = compare_takes(moved_hand, take)
    assert compared.joints_mm["LeftHand"] == pytest.approx(21.0, abs=0.01)
    assert compared.mean_mm == pytest.approx(1.0, abs=0.01)
    assert compare_takes(take, take).mean_mm == 0


def test_a_comparison_interpolates_between_the_frames_of_another_rate() -> None:
    take = standing()
    half = dataclasses.replace(
        take,
        timestamps_s=take.timestamps_s[::2],
        tracked=take.tracked[::2],
        joints_world_m=take.joints_world_m[::2],
        fps=FPS / 2,
    )
    assert compare_takes(take, half).mean_mm < 0.1


def test_takes_without_a_common_moment_are_refused() -> None:
    take = standing()
    with pytest.raises(InputError, match="no common time"):
        compare_takes(take, dataclasses.replace(take, tracked=~take.tracked))


@pytest.mark.parametrize(("joint", "rad_s", "light"), [("LeftLowerArm", 24, "green"), ("Hips", 24, "red")])
def test_a_boxers_punch_is_no_spike_and_a_body_that_spins_as_fast_is_one(joint: str, rad_s: float, light: str) -> None:
    take = standing()
    rotations = take.rotations_xyzw.copy()
    for at in (60, 120, 200):
        angles = np.linspace(0, 2 * rad_s / FPS, 3)
        rotations[at : at + 3, JOINT[joint], 2] = np.sin(angles / 2)
        rotations[at : at + 3, JOINT[joint], 3] = np.cos(angles / 2)
        for step in range(40):
            back = angles[-1] * (1 - step / 39)
            rotations[at + 3 + step, JOINT[joint], 2:] = np.sin(back / 2), np.cos(back / 2)
    assert report_of(dataclasses.replace(take, rotations_xyzw=rotations)).light == light


def test_feet_that_leave_the_floor_do_not_slide() -> None:
    take = dataclasses.replace(sliding(standing()), contacts=np.zeros((FRAMES, 2), np.float32))
    assert report_of(take).light == "green"
