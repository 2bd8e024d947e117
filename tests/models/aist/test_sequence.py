"""A dance is read back exactly: rotations, proportions, metres, rays; and what is missing or broken is named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.aist.cameras import VIEWS
from models.aist.folder import open_folder
from models.aist.pickles import AistError
from models.aist.sequence import EVERY, SequenceError, read_dance
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import geodesic_angle, quaternion_to_matrix
from models.skeleton import JOINT, NUM_JOINTS
from tests.models.aist.aist_files import FIRST, FRAMES, HEIGHT_M, SCALING, cameras, change, dancer, put, smpl_poses


@pytest.fixture
def truth(written):
    return written[1][FIRST]


@pytest.fixture
def dance(written):
    return read_dance(open_folder(written[0]), FIRST)


def test_rotations_come_back_though_smpls_limbs_are_off_the_axes_at_rest(dance, truth):
    own = Rotation.from_rotvec(smpl_poses(truth.rotations).reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3)
    off = geodesic_angle(own[:, 1], truth.rotations[:, JOINT["LeftUpperLeg"]])
    assert float(np.rad2deg(off.min())) > 5  # as they are in the file they are not ours
    found = quaternion_to_matrix(dance.quaternions.astype(np.float64))
    assert float(np.rad2deg(geodesic_angle(found, truth.rotations)).max()) < 0.05


def test_poses_in_rows_of_three_are_the_same_poses(dataset, dance, truth):
    poses = smpl_poses(truth.rotations).reshape(FRAMES, 24, 3)
    change(dataset / "motions" / f"{FIRST}.pkl", smpl_poses=poses)
    assert np.array_equal(read_dance(open_folder(dataset), FIRST).quaternions, dance.quaternions)


def test_quaternions_never_change_sign(dance):
    dots = (dance.quaternions[1:] * dance.quaternions[:-1]).sum(-1)
    assert float(dots.min()) > 0.9


def test_proportions_and_height_come_back_from_the_keypoints(dance, truth):
    assert dance.stature_m == pytest.approx(HEIGHT_M, rel=1e-6)
    expected = ratio_offsets(truth.ratio)
    assert np.allclose(ratio_offsets(dance.ratio.astype(np.float64)), expected, atol=1e-5)


def test_joints_are_where_they_are_in_metres(dance, truth):
    rotations = quaternion_to_matrix(dance.quaternions.astype(np.float64))
    offsets = ratio_offsets(dance.ratio.astype(np.float64))
    joints, _ = forward_kinematics(rotations, offsets, dance.root.astype(np.float64))
    assert np.allclose(joints * dance.stature_m, truth.joints / SCALING, atol=1e-4)


def test_every_second_picture_is_kept_and_lies_on_its_frame_of_motion(dance, truth):
    assert dance.pictures.rays.shape == (FRAMES // EVERY, 9, 17, 2)
    limb = truth.joints[::EVERY, JOINT["LeftHand"]] / SCALING / HEIGHT_M
    for index in range(len(VIEWS)):
        cam = limb @ dance.pictures.rotation[index].T + dance.pictures.translation[index]
        rays = dance.pictures.rays[:, index, 9]  # left wrist
        assert np.allclose(cam[:, :2] / cam[:, 2:], rays, atol=1e-5)
    assert np.allclose(dance.pictures.scores, 0.9)


def test_motion_and_pictures_of_different_length_are_cut_to_the_shorter(dataset, truth):
    path = dataset / "keypoints2d" / f"{FIRST}.pkl"
    pixels = np.stack([camera.project(truth.keypoints) for camera in cameras().values()])
    seen = np.concatenate([pixels, np.ones((*pixels.shape[:3], 1))], axis=-1)
    change(path, keypoints2d=seen[:, :51])
    dance = read_dance(open_folder(dataset), FIRST)
    assert len(dance.root) == 51
    assert len(dance.pictures.rays) == 26


def test_keypoints_that_are_not_there_get_no_score(dataset):
    path = dataset / "keypoints2d" / f"{FIRST}.pkl"
    seen = np.ones((9, FRAMES, 17, 3)) * [960.0, 540.0, 1.2]
    seen[2, :, 5] = np.nan
    seen[2, :, 6, 0] = np.nan
    seen[2, :, 7, 2] = np.nan
    seen[2, :, 8, 2] = 0.05
    seen[2, :, 9, :2] = 1e6
    change(path, keypoints2d=seen)
    pictures = read_dance(open_folder(dataset), FIRST).pictures
    assert np.isfinite(pictures.rays).all()
    assert (pictures.scores[:, 2, 5:10] == 0).all()
    assert (pictures.rays[:, 2, 5:10] == 0).all()
    assert (np.delete(pictures.scores, 2, axis=1) == 1).all()


def test_frames_without_3d_keypoints_go_along_with_the_body_model(dataset, truth):
    keypoints = truth.keypoints.copy()
    keypoints[40:50] = np.nan
    keypoints[0] = np.nan
    change(dataset / "keypoints3d" / f"{FIRST}.pkl", keypoints3d_optim=keypoints)
    dance = read_dance(open_folder(dataset), FIRST)
    assert np.allclose(dance.root * dance.stature_m, truth.hips_m, atol=1e-4)


def test_a_foot_that_rests_is_in_contact(dataset):
    still = dancer(0)
    standing = smpl_poses(np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1)))
    change(dataset / "motions" / f"{FIRST}.pkl", smpl_poses=standing)
    joints, _ = forward_kinematics(
        np.tile(np.eye(3), (FRAMES, NUM_JOINTS, 1, 1)),
        ratio_offsets(still.ratio) * HEIGHT_M * SCALING,
        np.tile(still.joints[:1, 0], (FRAMES, 1)),
    )
    joints[60:, :, 1] += np.linspace(0, 60, FRAMES - 60)[:, None]  # up to heaven
    on = {5: "LeftUpperArm", 7: "LeftLowerArm", 9: "LeftHand", 11: "LeftUpperLeg", 13: "LeftLowerLeg", 15: "LeftFoot"}
    keypoints = np.zeros((FRAMES, 17, 3))
    for index, name in on.items():
        keypoints[:, index] = joints[:, JOINT[name]]
        keypoints[:, index + 1] = joints[:, JOINT[name.replace("Left", "Right")]]
    change(dataset / "keypoints3d" / f"{FIRST}.pkl", keypoints3d_optim=keypoints)
    contacts = read_dance(open_folder(dataset), FIRST).contacts
    assert (contacts[:58] == 1).all()
    assert (contacts[70:] == 0).all()


@pytest.mark.parametrize("part", ["motions", "keypoints2d", "keypoints3d"])
def test_a_missing_file_leaves_one_sequence_out(dataset, part):
    (dataset / part / f"{FIRST}.pkl").unlink()
    with pytest.raises(SequenceError, match=f"no {part}/{FIRST}.pkl"):
        read_dance(open_folder(dataset), FIRST)


@pytest.mark.parametrize(
    ("part", "arrays", "expected"),
    [
        ("motions", {"smpl_poses": np.zeros((FRAMES, 66))}, "poses, trans and scaling of shape"),
        ("motions", {"smpl_trans": np.zeros((FRAMES - 1, 3))}, "poses, trans and scaling of shape"),
        ("motions", {"smpl_scaling": np.zeros(1)}, "NaN or infinite"),
        ("motions", {"smpl_scaling": np.array([1.0])}, "a dancer of 153"),
        ("motions", {"smpl_poses": np.full((FRAMES, 72), np.nan)}, "NaN or infinite"),
        ("motions", {"smpl_poses": np.tile([0, 0, np.pi], (FRAMES, 24))}, "do not match the rotations"),
        ("keypoints2d", {"keypoints2d": np.zeros((8, FRAMES, 17, 3))}, r"2D keypoints of shape \(8"),
        ("keypoints3d", {"keypoints3d_optim": np.zeros((FRAMES, 25, 3))}, "3D keypoints of shape"),
        ("keypoints3d", {"keypoints3d_optim": np.full((FRAMES, 17, 3), np.nan)}, "0 of 120 frames have 3D"),
    ],
)
def test_arrays_that_do_not_fit_leave_one_sequence_out(dataset, part, arrays, expected):
    change(dataset / part / f"{FIRST}.pkl", **arrays)
    with pytest.raises(SequenceError, match=expected) as error:
        read_dance(open_folder(dataset), FIRST)
    assert FIRST in str(error.value)
    assert "\n" not in str(error.value)


def test_an_array_that_is_not_in_the_file_is_an_error_of_the_file(dataset):
    change(dataset / "keypoints3d" / f"{FIRST}.pkl", keypoints3d_optim=None)
    with pytest.raises(AistError, match="no keypoints3d_optim in it; it holds keypoints3d") as error:
        read_dance(open_folder(dataset), FIRST)
    assert not isinstance(error.value, SequenceError)


def test_an_unknown_camera_environment_leaves_one_sequence_out(dataset):
    mapping = dataset / "cameras" / "mapping.txt"
    mapping.write_text(mapping.read_text().replace(f"{FIRST} setting1", f"{FIRST} setting7"))
    with pytest.raises(SequenceError, match=r"setting7\.json: no such camera environment"):
        read_dance(open_folder(dataset), FIRST)


def test_a_view_without_a_camera_is_not_usable(dataset):
    path = dataset / "cameras" / "setting1.json"
    path.write_text(path.read_text().replace('"c04"', '"spare"'))
    pictures = read_dance(open_folder(dataset), FIRST).pictures
    assert pictures.usable.tolist() == [view != "c04" for view in VIEWS]
    assert (pictures.scores[:, VIEWS.index("c04")] == 0).all()


def test_a_file_of_text_in_place_of_a_motion_stops_the_reading(dataset):
    put(dataset / "motions" / f"{FIRST}.pkl", "a text")
    with pytest.raises(AistError, match="holds a str; expected a dictionary of arrays"):
        read_dance(open_folder(dataset), FIRST)
