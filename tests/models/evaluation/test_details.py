"""Tables of hands and faces: made-up detections of known errors come out as those errors, met or missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.evaluation.clips import ClipError
from models.evaluation.details import report_details
from models.evaluation.details_files import KIND, DetailsClip, read_details_clips
from models.evaluation.faces import evaluate_faces
from models.evaluation.hands import evaluate_hands, measured_bends
from models.face import EXPRESSION
from models.hand_geometry import bends, hand_rotation
from tests.engine.solver.test_hands import MIRROR, left_hand

FRAMES = 40
CLOSED = np.array([[90.0, 100, 65]] * 4)


def fingers(bent: np.ndarray, side: int) -> np.ndarray:
    """(15, 4) bones of a hand with these bends."""
    axis = np.array([0.0, 0.0, -1.0 if side == 0 else 1.0])
    bones = Rotation.from_rotvec(np.radians(bent.reshape(-1, 1)) * axis).as_quat()
    return np.concatenate([np.tile([0.0, 0, 0, 1], (3, 1)), bones])


def clip(palm_off_deg: float = 0.0, bent_by: float = 1.0, yaw_off_deg: float = 0.0) -> DetailsClip:
    """Half of the frames open hands, half fists; the right hand is hidden and yet found in every fourth frame."""
    bent = np.where(np.arange(FRAMES)[:, None, None] % 2 == 0, 0.0, CLOSED)
    points = np.stack([[left_hand(own, np.zeros(4)), left_hand(own, np.zeros(4)) @ MIRROR] for own in bent])
    turned = Rotation.from_euler("x", 50, degrees=True).as_matrix()
    cam = points @ turned.T + [0, 0, 1.0]
    pixels = cam[..., :2] / cam[..., 2:] * 800 + [320, 240]
    visible = np.ones((FRAMES, 2, 21), bool)
    visible[:, 1] = False
    at = np.tile(np.arange(FRAMES)[:, None], 2)
    at[np.arange(FRAMES) % 4 != 0, 1] = -1
    off = Rotation.from_euler("z", palm_off_deg, degrees=True).as_matrix()
    rotations = [[hand_rotation(own[side], side) @ off for side in range(2)] for own in cam]
    found = [
        [
            fingers(bent_by * bends(own[side] @ turned @ hand_rotation(own[side] @ turned, side), side), side)
            for side in range(2)
        ]
        for own in points @ turned.T @ turned.T
    ]
    yaw = np.linspace(-30, 30, FRAMES)
    facing = np.diag([1.0, -1.0, -1.0])
    heads = facing @ Rotation.from_euler("Y", yaw[:, None], degrees=True).as_matrix()
    seen = facing @ Rotation.from_euler("Y", yaw[:, None] + yaw_off_deg, degrees=True).as_matrix()
    jaw, lids = np.linspace(0, 20, FRAMES), np.tile(np.linspace(1, 0, FRAMES)[:, None], 2)
    scores = np.zeros((FRAMES, 52))
    scores[:, EXPRESSION["jawOpen"]] = jaw / 25
    scores[:, [EXPRESSION["eyeBlinkLeft"], EXPRESSION["eyeBlinkRight"]]] = lids
    gaze = np.stack([np.linspace(-20, 20, FRAMES), np.linspace(5, -5, FRAMES)], axis=1)
    truth: dict[str, Any] = {
        **{"hand_points_cam_m": cam, "hand_points_px": pixels, "hand_visible": visible, "size": np.array([640, 480])},
        **{"head_rotation_cam": heads, "face_box_px": np.tile([200.0, 100, 280, 200], (FRAMES, 1))},
        **{"face_visible": np.ones(FRAMES, bool), "jaw_deg": jaw, "lids": lids, "gaze_deg": gaze},
        **{"distance_m": np.ones(FRAMES), "eyes_visible": np.ones((FRAMES, 2), bool)},
    }
    detected: dict[str, Any] = {
        **{"hand_at": at, "hand_points_px": np.concatenate([pixels, pixels[..., :1]], axis=-1)},
        **{
            "palm_believed": np.ones((FRAMES, 2), bool),
            "hand_rotation_cam": np.array(rotations),
            "fingers_xyzw": np.array(found),
        },
        **{"face_at": np.arange(FRAMES), "head_rotation_cam": seen, "expression": scores},
        **{"gaze_rad": np.radians(gaze + np.array([4.0, 0.0]))},
    }
    return DetailsClip("made up", truth, detected)


@pytest.mark.parametrize("side", [0, 1])
def test_the_bends_of_bones_are_those_they_were_made_with(side: int) -> None:
    bent = np.array([[70.0, 90, 50], [100, 20, 0], [0, 40, 10], [0, 0, 0]])
    np.testing.assert_allclose(measured_bends(fingers(bent, side), side), bent, atol=1e-6)


def test_a_perfect_hand_has_no_error_and_a_hidden_one_that_is_found_is_false() -> None:
    table = evaluate_hands([clip()])
    assert table["hands"] == 31  # 40 frames less the first 0.3 s
    assert (table["found_percent"], table["right_of_found_percent"]) == (100, 100)
    assert table["palm_deg"] == pytest.approx(0, abs=1e-4)
    assert table["flexion_deg"] == pytest.approx(0, abs=1e-4)
    assert (table["straight_percent"], table["closed_percent"]) == (100, 100)
    assert table["gone"] == 31
    assert table["false_percent"] == pytest.approx(100 * 7 / 31)


def test_known_errors_come_out() -> None:
    table = evaluate_hands([clip(palm_off_deg=20, bent_by=0.5)])
    assert table["palm_deg"] == pytest.approx(20, abs=1e-4)
    assert table["closed_percent"] == 0
    assert table["measured_closed_deg"] == pytest.approx(table["true_closed_deg"] / 2, abs=1)
    face = evaluate_faces([clip(yaw_off_deg=5)])
    assert face["head_deg"]["yaw"] == pytest.approx(5)
    assert face["head_rested_deg"]["yaw"] == pytest.approx(0, abs=1e-6)
    assert face["head_slope"]["yaw"] == pytest.approx(1)
    assert face["jaw_r"] == pytest.approx(1)
    assert face["lids_r"] == pytest.approx(1)
    assert face["gaze_deg"] == pytest.approx([0, 0], abs=1e-6)  # the clip's own offset is what a calibration takes


def test_palms_that_are_not_believed_are_counted_and_not_measured() -> None:
    flipped = clip(palm_off_deg=170)
    flipped.found["palm_believed"][::2] = False
    table = evaluate_hands([flipped, clip()])
    assert table["palm_believed_percent"] == pytest.approx(75, abs=5)
    assert table["closed_percent"] == 100
    assert table["palm_deg"] < 90


def test_lids_that_the_camera_does_not_see_do_not_count_and_winks_have_a_row() -> None:
    turned = clip()
    turned.truth["eyes_visible"][:, 0] = False
    turned.found["expression"][:, EXPRESSION["eyeBlinkLeft"]] = 0.3
    table = evaluate_faces([turned])
    assert table["lids_r"] == pytest.approx(1)
    assert table["all_lids_r"] < 0.99
    winking = clip()
    winking.truth["lids"][:, 1] = 1.0
    winking.truth["lids"][:, 0] = 0.0
    assert evaluate_faces([winking])["winks"] == pytest.approx([1, 0])


def test_each_number_is_printed_with_its_target() -> None:
    clips = [clip(palm_off_deg=20)]
    tables = {"options": ["--turns"], "frames": FRAMES, "hands": evaluate_hands(clips), "face": evaluate_faces(clips)}
    text = report_details(tables | {"small_hands": tables["hands"]["groups"]})
    assert "palm flipped, %" in text
    rows = {line.strip().split("  ")[0]: line for line in text.splitlines()}
    assert rows["finger flexion, median °"].endswith("met")
    assert rows["false hands, % of frames without one"].endswith("MISSED")
    assert "1 m, 640 px wide" in text


def test_nothing_seen_is_a_table_of_dashes() -> None:
    own = clip()
    blind = own.found | {"hand_at": np.full((FRAMES, 2), -1), "face_at": np.full(FRAMES, -1)}
    unseen = [DetailsClip("unseen", own.truth, blind)]
    table = evaluate_hands(unseen)
    assert (table["found_percent"], table["palm_deg"], table["false_percent"]) == (0, None, 0)
    assert evaluate_faces(unseen)["found_percent"] == 0
    text = report_details(
        {"options": [], "frames": 1, "hands": table, "small_hands": {}, "face": evaluate_faces(unseen)}
    )
    assert "-" in text


def test_a_folder_without_such_clips_and_a_truth_that_lacks_something_are_one_line(tmp_path) -> None:
    with pytest.raises(ClipError, match=r"render_details"):
        read_details_clips(tmp_path, tmp_path)
    np.savez(tmp_path / "a_truth.npz", kind=np.array(KIND), face_visible=np.ones(3, bool))
    with pytest.raises(ClipError, match=r"no hand_points_cam_m.*render it again"):
        read_details_clips(tmp_path, tmp_path)
    (tmp_path / "a_truth.npz").write_bytes(b"no archive")
    with pytest.raises(ClipError, match=r"cannot be read"):
        read_details_clips(tmp_path, tmp_path)
