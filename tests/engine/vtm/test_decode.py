"""Decoding: what the network should say of a known person comes back as that person in the camera frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.types import Keypoints2D
from engine.vtm.decode import decode
from engine.window import WindowBuilder
from models.camera import Intrinsics
from models.keypoints import KEYPOINT_NAMES
from models.kinematics import forward_kinematics, person_offsets
from models.parts import HALF_CONFIDENT, PART
from models.rotations import matrix_to_rotation_6d, rotation_6d_to_matrix
from models.skeleton import JOINT, MIRROR_JOINTS, NUM_JOINTS
from tests.engine.vtm.constant_onnx import FACING_CAMERA

CAMERA = Intrinsics(fx=610.0, fy=600.0, cx=330.0, cy=250.0)
HEIGHT_M = 1.74
ON_BODY = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg"}


def joint_of(name: str) -> int:
    side, _, bare = name.partition("_")
    if bare in ("eye", "ear") or name == "nose":
        return JOINT["Head"]
    return JOINT[side.capitalize() + ON_BODY.get(bare, "Foot")]


class Person:
    """A random pose somewhere in front of the camera."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(NUM_JOINTS, 3)) * 0.3
        self.rotations = Rotation.from_rotvec(vectors).as_matrix()
        self.rotations[0] = Rotation.from_rotvec(rng.normal(size=3) * 0.4).as_matrix() @ FACING_CAMERA
        ratio = rng.uniform(0.9, 1.1, NUM_JOINTS)
        self.ratio = (ratio + ratio[list(MIRROR_JOINTS)]) / 2
        self.root_m = np.array([rng.uniform(-1, 1), rng.uniform(-0.5, 0.5), rng.uniform(2, 5)])
        up = np.array([0.1, -1.0, -0.2]) + 0.1 * rng.normal(size=3)
        self.up = up / np.linalg.norm(up)
        offsets = person_offsets(self.ratio, HEIGHT_M)
        self.joints_m = forward_kinematics(self.rotations, offsets, self.root_m)[0]

    def window(self, config):
        builder = WindowBuilder(config, CAMERA)
        points = CAMERA.to_pixels(self.joints_m[[joint_of(name) for name in KEYPOINT_NAMES]]).astype(np.float32)
        scores = np.full(len(KEYPOINT_NAMES), 0.9, np.float32)
        for frame in range(config.window_frames):
            builder.push(Keypoints2D(frame, frame / 30, (660, 500), points, scores))
        return builder.window()

    def outputs(self, window) -> tuple[np.ndarray, ...]:
        """The right answer of the network for the window."""
        to_view, size = window.view_rotation[0].T, window.view_size[0]
        rotations = self.rotations.copy()
        rotations[0] = to_view @ rotations[0]
        x, y, z = to_view @ self.root_m / HEIGHT_M
        up = to_view @ self.up
        root = [np.log(z * size), x / z / size, y / z / size, np.arcsin(-up[2]), np.arctan2(up[0], -up[1])]
        arrays = (matrix_to_rotation_6d(rotations), np.array(root), np.log(self.ratio), np.array([0.9, 0.1]))
        return tuple(array[None].astype(np.float32) for array in arrays)


def test_a_part_is_as_sure_as_the_less_sure_of_network_and_picture(config):
    person = Person(0)
    window = replace(person.window(config), parts_seen=np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.1], np.float32))
    answer = person.outputs(window)
    spread = np.log(np.array([HALF_CONFIDENT], np.float32))
    spread[0, PART["left_leg"]] += np.log(2)
    raw = decode(window, CAMERA, *answer, spread)
    assert raw.part_confidence == pytest.approx([0.5, 0.5, 0.5, 0.5, 0.2, 0.1], abs=1e-5)


def test_weights_of_format_3_leave_the_word_to_the_picture(config):
    person = Person(0)
    window = replace(person.window(config), parts_seen=np.linspace(0.1, 0.6, 6, dtype=np.float32))
    assert decode(window, CAMERA, *person.outputs(window)).part_confidence == pytest.approx(window.parts_seen)


def test_a_window_and_its_mirror_image_are_averaged(config):
    person = Person(1)
    window = person.window(config)
    six, root, log_ratio, contacts = person.outputs(window)
    flip = np.diag([-1.0, 1.0, 1.0])
    mirrored = flip @ rotation_6d_to_matrix(six.astype(np.float64))[:, list(MIRROR_JOINTS)] @ flip
    rows = (
        np.concatenate([six, matrix_to_rotation_6d(mirrored).astype(np.float32)]),
        np.concatenate([root, root * np.array([1, -1, 1, 1, -1], np.float32)]),
        np.concatenate([log_ratio, log_ratio]),
        np.concatenate([contacts, contacts[:, ::-1]]),
        np.array([[-3, -3, -2, -4, -3, -3], [-3, -3, -4, -2, -3, -3]], np.float32),
    )
    both, alone = decode(window, CAMERA, *rows), decode(window, CAMERA, *(row[:1] for row in rows))
    assert both.rotations == pytest.approx(alone.rotations, abs=1e-4)
    assert both.root_px == pytest.approx(alone.root_px, abs=1e-2)
    assert both.part_confidence == pytest.approx(alone.part_confidence, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_the_joints_in_the_camera_come_back_within_a_millimetre(config, seed):
    person = Person(seed)
    window = person.window(config)
    raw = decode(window, CAMERA, *person.outputs(window))
    depth_m = raw.root_depth * HEIGHT_M
    root_m = np.append(CAMERA.to_rays(raw.root_px), 1.0) * depth_m
    np.testing.assert_allclose(root_m, person.root_m, atol=1e-3)
    joints, _ = forward_kinematics(
        raw.rotations.astype(np.float64), person_offsets(raw.bone_ratio.astype(np.float64), HEIGHT_M), root_m
    )
    assert np.linalg.norm(joints - person.joints_m, axis=-1).max() < 1e-3
    np.testing.assert_allclose(raw.up_cam, person.up, atol=1e-5)


def test_limbs_stay_as_the_network_says_where_there_is_no_time_to_refine_them(config):
    person, other = Person(0), Person(1)
    window = person.window(config)
    answer = other.outputs(window)
    plain = decode(replace(window, refined=False), CAMERA, *answer)
    np.testing.assert_allclose(plain.rotations[1:], other.rotations[1:], atol=1e-5)
    refined = decode(window, CAMERA, *answer)
    assert np.abs(refined.rotations[1:] - other.rotations[1:]).max() > 0.02
    assert np.isfinite(plain.root_px).all()


def test_everything_else_is_carried_along(window):
    person = Person(0)
    raw = decode(window, CAMERA, *person.outputs(window))
    assert (raw.frame_id, raw.captured_at_s) == (41, 1.5)
    assert raw.confidence == 0.7
    assert raw.root_visible is False
    np.testing.assert_allclose(raw.contacts, [0.9, 0.1], atol=1e-6)
    np.testing.assert_allclose(raw.bone_ratio, person.ratio, atol=1e-6)
    assert raw.rotations.dtype == raw.root_px.dtype == raw.up_cam.dtype == np.float32
    assert raw.rotations.shape == (NUM_JOINTS, 3, 3)


def test_only_the_hips_are_turned_from_the_view_into_the_camera(config):
    person = Person(1)
    window = person.window(config)
    raw = decode(window, CAMERA, *person.outputs(window))
    np.testing.assert_allclose(raw.rotations, person.rotations, atol=1e-5)
    assert np.abs(window.view_rotation[0] - np.eye(3)).max() > 0.02  # the view really was turned


def test_outputs_that_are_not_quite_rotations_become_rotations(window):
    six, root, log_ratio, contacts = Person(2).outputs(window)
    raw = decode(window, CAMERA, six * 1.7 + 0.05, root, log_ratio, contacts)
    identity = np.swapaxes(raw.rotations, -1, -2) @ raw.rotations
    np.testing.assert_allclose(identity, np.tile(np.eye(3), (NUM_JOINTS, 1, 1)), atol=1e-5)


def test_a_wild_answer_stays_finite_and_in_front_of_the_camera(window):
    six, _, log_ratio, contacts = Person(3).outputs(window)
    raw = decode(window, CAMERA, six, np.array([[-30.0, 5, 5, 0, 0]], np.float32), log_ratio, contacts)
    assert raw.root_depth > 0
    assert np.isfinite(raw.root_px).all()
