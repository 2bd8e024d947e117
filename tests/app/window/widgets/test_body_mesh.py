"""The body mesh follows the joints, keeps its sides apart, and stands upright in OpenGL's axes."""

from __future__ import annotations

import numpy as np
import pytest

from app.window.widgets.body_mesh import PARTS, BodyMesh, to_gl
from models.kinematics import forward_kinematics, person_offsets
from models.parts import PART, PART_NAMES
from models.skeleton import JOINT, NUM_JOINTS

UPRIGHT = np.tile([0.0, 0.0, 0.0, 1.0], (NUM_JOINTS, 1))


def t_pose(height_m: float = 1.7) -> tuple[np.ndarray, float]:
    """Joints (22, 3) of a person in the T-pose on the floor, and the hips height."""
    offsets = person_offsets(np.ones(NUM_JOINTS), height_m)
    joints, _ = forward_kinematics(np.tile(np.eye(3), (NUM_JOINTS, 1, 1)), offsets, offsets[0])
    return joints, float(offsets[0, 1])


def test_the_t_pose_stands_on_the_floor_and_is_as_tall_as_the_person():
    mesh = BodyMesh()
    mesh.pose(t_pose(1.8)[0], UPRIGHT, t_pose(1.8)[1])
    low, high = mesh.vertices[:, 2].min(), mesh.vertices[:, 2].max()
    assert -0.03 < low < 0.03
    assert 1.72 < high < 1.88


def test_the_left_side_is_at_positive_x_and_has_its_own_colour():
    mesh = BodyMesh()
    mesh.pose(t_pose()[0], UPRIGHT, t_pose()[1])
    teal = np.isclose(mesh.colours, mesh.colours[mesh.vertices[:, 0].argmax()]).all(axis=1)
    assert teal.any()
    assert mesh.vertices[teal, 0].min() > -0.05


def test_every_vertex_stays_near_its_bone_in_any_pose():
    rng = np.random.default_rng(3)
    joints, hips = t_pose()
    joints = joints + rng.normal(0, 0.2, joints.shape)
    rotations = rng.normal(size=(NUM_JOINTS, 4))
    mesh = BodyMesh()
    mesh.pose(joints, rotations, hips)
    placed = mesh.vertices.reshape(len(PARTS), -1, 3)
    for part, vertices in zip(PARTS, placed, strict=True):
        if isinstance(part.end, str):
            start, end = to_gl(joints[[JOINT[part.start], JOINT[part.end]]])
            share = np.clip((vertices - start) @ (end - start) / np.sum((end - start) ** 2), 0, 1)
            away = np.linalg.norm(vertices - start - share[:, None] * (end - start), axis=1)
            assert away.max() < 1.3 * max(part.radius_start, part.radius_end)


def test_normals_point_outwards_with_length_one():
    mesh = BodyMesh()
    mesh.pose(t_pose()[0], UPRIGHT, t_pose()[1])
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-4)
    for vertices, normals in zip(
        mesh.vertices.reshape(len(PARTS), -1, 3), mesh.normals.reshape(len(PARTS), -1, 3), strict=True
    ):
        assert np.einsum("vi,vi->v", vertices - vertices.mean(axis=0), normals).mean() > 0


def test_a_pose_is_written_in_place():
    mesh = BodyMesh()
    vertices, normals = mesh.vertices, mesh.normals
    mesh.pose(t_pose()[0], UPRIGHT, t_pose()[1])
    assert mesh.vertices is vertices
    assert mesh.normals is normals


def test_the_world_maps_to_gl_without_a_mirror():
    assert np.linalg.det(to_gl(np.eye(3))) == pytest.approx(1.0)
    assert to_gl(np.array([0.0, 1.0, 0.0])).tolist() == [0.0, 0.0, 1.0]


def test_guessed_parts_turn_to_glass_and_others_stay_solid():
    body = BodyMesh()
    seen = np.ones(len(PART_NAMES), np.float32)
    assert not body.show_seen(seen)
    seen[PART["left_leg"]] = 0.1
    assert body.show_seen(seen)
    assert not body.show_seen(seen)
    alphas = body.colours[:, 3]
    glass = alphas < 0.5
    assert 0.05 < glass.mean() < 0.3
    left = body.colours[glass][:, :3]
    assert (left == left[0]).all(), "only capsules of the left side"
    assert set(np.unique(alphas)) == {0.0, 1.0}


def test_every_part_of_the_body_has_capsules():
    body = BodyMesh()
    for name in PART_NAMES:
        seen = np.ones(len(PART_NAMES), np.float32)
        seen[PART[name]] = 0.0
        body.show_seen(np.ones(len(PART_NAMES), np.float32))
        assert body.show_seen(seen), name
