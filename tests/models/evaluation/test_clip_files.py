"""Files of clips: read in our order, what they lack is made up for, what does not fit is told in one line."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.evaluation.clips import ClipError, read_clip
from tests.models.evaluation.test_clips import CAMERA, FRAMES, HEIGHT_M, files, standing


def test_a_clip_is_read_in_our_joint_order_and_cut_to_the_shorter_file(tmp_path):
    clip, expected = read_clip(*files(tmp_path)), standing()
    assert clip.name == "standing"
    assert len(clip.keypoints_px) == len(clip.joints_cam_m) == len(clip.evidence_m) == FRAMES - 3
    np.testing.assert_allclose(clip.joints_cam_m, expected.joints_cam_m[:-3])
    assert clip.intrinsics == CAMERA
    assert clip.height_m == HEIGHT_M
    assert clip.up_cam == (0.0, -1.0, 0.0)
    assert clip.yaw_deg is None


def test_view_motion_and_gravity_are_read_where_the_truth_holds_them(tmp_path):
    found, truth = files(tmp_path)
    with np.load(truth) as arrays:
        more = dict(arrays)
    R = Rotation.from_rotvec([0.3, 0, 0]).as_matrix() @ np.diag([1.0, -1.0, -1.0])
    np.savez(truth, **more, R=R, yaw=np.float32(90), motion="05_04.bvh")
    clip = read_clip(found, truth)
    np.testing.assert_allclose(clip.up_cam, R @ [0, 1, 0])
    assert clip.yaw_deg == clip.view_deg() == 90.0
    assert clip.motion == "05_04.bvh"


def test_frames_without_a_person_are_read_as_score_zero(tmp_path):
    points, scores = standing().keypoints_px.copy(), standing().scores.copy()
    points[2], scores[2] = np.nan, np.nan
    clip = read_clip(*files(tmp_path, keypoints_px=points, keypoint_scores=scores))
    assert not clip.scores[2].any()
    assert np.isfinite(clip.keypoints_px).all()


def test_a_detector_without_3d_gives_nan(tmp_path):
    assert np.isnan(read_clip(*files(tmp_path, evidence_m=None)).evidence_m).all()


@pytest.mark.parametrize(
    "changes",
    [{"keypoints_px": None}, {"height_m": None}, {"joint_names": np.array(["Hips", "Tail"])}],
    ids=["no keypoints", "no height", "another skeleton"],
)
def test_files_that_do_not_fit_are_told_in_one_line(tmp_path, changes):
    with pytest.raises(ClipError, match="standing") as error:
        read_clip(*files(tmp_path, **changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("which", [0, 1], ids=["detections", "truth"])
@pytest.mark.parametrize("keep", [0, 200, None], ids=["empty", "cut", "missing"])
def test_broken_files_are_told_in_one_line(tmp_path, which, keep):
    paths = files(tmp_path)
    data = paths[which].read_bytes()
    paths[which].unlink()
    if keep is not None:
        paths[which].write_bytes(data[:keep])
    with pytest.raises(ClipError, match="standing") as error:
        read_clip(*paths)
    assert "\n" not in str(error.value)
