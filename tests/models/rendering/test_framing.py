"""Cameras that frame people: the picture ends where it was asked to, and says truly what it left out."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from models.kinematics import REST_JOINTS, STATURE
from models.rendering.clip import CUTS
from models.rendering.framing import Stance, aimed, cut_height, cut_of, framed, webcam
from models.skeleton import JOINT

SIZE = (480, 270)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera as the renderer has it."""

    intrinsics: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        return points @ self.rotation.T + self.translation

    def project(self, points: np.ndarray) -> np.ndarray:
        pixels = points @ self.intrinsics.T
        return pixels[..., :2] / pixels[..., 2:]


SCENES = SimpleNamespace(Camera=Camera)
HEIGHT_M = 1.75
PERSON = REST_JOINTS[None] * HEIGHT_M / STATURE  # (1, 22, 3) stands, faces +Z
WHO = Stance.of(PERSON, PERSON, HEIGHT_M)


def seen(camera: Camera, points: np.ndarray) -> np.ndarray:
    return camera.project(camera.to_camera(points))


@pytest.mark.parametrize("pixel", [(240.0, 135.0), (100.0, 60.0), (400.0, 200.0)])
@pytest.mark.parametrize("position", [(0.3, 1.2, 2.0), (-2.0, 2.2, 0.5), (0.1, 0.9, -1.5)])
def test_a_camera_sees_its_target_near_the_pixel_it_was_given(pixel, position):
    target = np.array([0.0, 1.5, 0.1])
    camera = aimed(SCENES, np.array(position), target, pixel, SIZE, 60.0)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    np.testing.assert_allclose(-camera.rotation.T @ camera.translation, position)
    assert np.abs(seen(camera, target) - pixel).max() < 25
    assert seen(camera, target + np.array([0, 0.1, 0]))[1] < seen(camera, target)[1]  # up is up


@pytest.mark.parametrize("cut", CUTS)
def test_the_picture_shows_the_head_and_ends_where_it_was_asked_to(cut):
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        camera = framed(SCENES, WHO, cut, SIZE, rng, yaw=rng.normal(0, 40))
        assert camera.to_camera(PERSON[0, JOINT["Head"]])[2] > 0.3
        head = seen(camera, WHO.head)
        assert (head > 0).all()
        assert (head < SIZE).all()
        found.append(cut_of(seen(camera, PERSON), SIZE))
    assert np.mean([other == cut for other in found]) > 0.7, found  # rolled cameras cut askew


def test_higher_cuts_are_higher_on_the_body():
    rng = np.random.default_rng(0)
    means = [np.mean([cut_height(cut, WHO, rng) for _ in range(50)]) for cut in CUTS]
    assert means == sorted(means)
    assert means[0] < 0 < WHO.hips < means[2] < means[3] < means[4] <= WHO.shoulders


def test_webcams_stand_near_and_look_at_the_face_from_below_or_above():
    below = 0
    for seed in range(60):
        camera = webcam(SCENES, WHO, WHO.hips + 0.2, SIZE, np.random.default_rng(seed))
        position = -camera.rotation.T @ camera.translation
        assert 0.3 < position[2] - WHO.head[2] < 1.2
        assert np.abs(seen(camera, WHO.head) - np.array(SIZE) / 2).max() < 0.5 * SIZE[0]
        below += position[1] < WHO.head[1] - 0.1
    assert 15 < below <= 60


@pytest.mark.parametrize(
    ("ends_above", "cut"),
    [("LeftToes", "whole"), ("LeftFoot", "legs"), ("LeftUpperLeg", "waist"), ("UpperChest", "chest")],
)
def test_what_the_edge_leaves_is_told_by_the_joints(ends_above, cut):
    camera = aimed(SCENES, np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 0.0]), (240, 135), SIZE, 90.0)
    pixels = seen(camera, PERSON)
    height = pixels[0, JOINT[ends_above], 1] + (1 if ends_above == "LeftToes" else -1)
    assert cut_of(pixels, (480, height)) == cut
