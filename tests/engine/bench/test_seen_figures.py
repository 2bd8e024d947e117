"""Figures of takes whose answer is known: one who stands, squats, tilts the head, slides, or is the truth itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.bench.seen_figures import TrueMotion, held_figures, level_frame, stillness_figures, upper_body_figures
from engine.motion.take import ROW, MotionTake, take_from_rows
from models.kinematics import forward_kinematics
from models.skeleton import JOINT, NUM_JOINTS, REST_OFFSETS

FRAMES = 90
UP_CAM = np.array([0.0, -1.0, 0.0])
R_WORLD_CAM = np.diag([1.0, -1.0, -1.0])


def made_take(rotations: np.ndarray | None = None, shift_m: np.ndarray | None = None) -> MotionTake:
    """Somebody in the world, seen by a level camera; keypoints that do not move."""
    turns = np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1)) if rotations is None else rotations
    root = np.tile([0.0, float(REST_OFFSETS[0, 1]), 0.0], (FRAMES, 1))
    root = root if shift_m is None else root + shift_m
    joints, _ = forward_kinematics(turns, REST_OFFSETS, root)
    rows = np.zeros(FRAMES, ROW)
    rows["timestamp_s"], rows["tracked"] = np.arange(FRAMES) / 30, True
    rows["rotations_xyzw"] = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(FRAMES, NUM_JOINTS, 4)
    rows["joints_world_m"], rows["joints_cam_m"] = joints, (joints - [0, 0, 3]) @ R_WORLD_CAM
    rows["rest_offsets_m"], rows["R_world_cam"], rows["contacts"] = REST_OFFSETS, R_WORLD_CAM, 1.0
    rows["keypoint_scores"] = rows["part_confidence"] = 1.0
    return take_from_rows(rows, fps=30.0)


def bent(joint: str, axis: str, degrees: float) -> np.ndarray:
    turns = np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1))
    turns[:, JOINT[joint]] = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    return turns


def test_somebody_who_stands_has_no_raised_thigh_and_somebody_with_a_knee_up_has():
    assert upper_body_figures(made_take())["thigh_over_45_percent"] == 0.0
    assert upper_body_figures(made_take(bent("LeftUpperLeg", "x", -60)))["thigh_over_45_percent"] == 100.0


def test_the_truth_itself_has_no_error_and_a_lean_is_told_in_degrees():
    take = made_take()
    truth = TrueMotion(take.joints_cam_m.astype(np.float64), UP_CAM)
    found = upper_body_figures(take, truth)
    assert found["arms_to_hips_mm"] == pytest.approx(0.0, abs=0.1)
    assert found["up_off_deg"] == pytest.approx(0.0, abs=0.01)
    leaning = upper_body_figures(made_take(bent("Spine", "x", 20)), truth)
    assert leaning["lean_off_deg"] == pytest.approx(20, abs=5)
    assert leaning["arms_to_hips_mm"] > 50.0


def test_a_wrong_up_counts_as_a_lean():
    take = made_take()
    truth = TrueMotion(take.joints_cam_m.astype(np.float64), level_frame(UP_CAM).T @ [0.0, np.cos(0.1), np.sin(0.1)])
    found = upper_body_figures(take, truth)
    assert found["up_off_deg"] == pytest.approx(np.degrees(0.1), abs=0.1)
    assert found["lean_off_deg"] == pytest.approx(np.degrees(0.1), abs=0.1)


def test_planted_feet_that_slide_two_millimetres_a_frame_are_told_so():
    shift = np.zeros((FRAMES, 3))
    shift[:, 0] = 0.002 * np.arange(FRAMES)
    found = stillness_figures(made_take(shift_m=shift))
    assert found["slide_mm"] == pytest.approx(2.0, abs=0.01)
    assert found["still_mm"] == pytest.approx(2.0, abs=0.01)
    assert stillness_figures(made_take())["still_mm"] == 0.0


def test_what_is_sent_three_frames_late_has_a_delay_of_a_tenth_of_a_second():
    turns = np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1))
    turns[:, JOINT["LeftUpperArm"]] = Rotation.from_euler("z", np.sin(np.arange(FRAMES) / 6)[:, None]).as_matrix()
    take = made_take(turns)
    late = np.concatenate([np.repeat(take.joints_world_m[:1], 3, axis=0), take.joints_world_m[:-3]])
    assert stillness_figures(replace(take, joints_world_m=late))["delay_ms"] == pytest.approx(100, abs=10)
    assert stillness_figures(take)["delay_ms"] == 0.0


def test_a_held_picture_shows_what_still_moves_and_what_was_left_to_go():
    shift = np.zeros((FRAMES, 3))
    shift[:, 2] = np.maximum(0.0, 0.060 - 0.001 * np.arange(FRAMES))
    found = held_figures(made_take(shift_m=shift), 0, FRAMES)
    assert found["held_mm"] == pytest.approx(0.0, abs=1.01)
    assert found["to_go_mm"] == pytest.approx(30.0, abs=0.1)
