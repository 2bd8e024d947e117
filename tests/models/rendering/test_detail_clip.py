"""Rendered hands and faces: paths are smooth, the rig moves rigidly, the truth fits the pictures, a seed is a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.hand_geometry import bends, hand_rotation
from models.rendering.detail_acting import Track, aimed, draw_performance, turn, turns_at
from models.rendering.detail_clip import KIND, hand_points, render_details
from models.rendering.full_rig import draw_rigged, open_rig
from models.rendering.renderer import open_renderer

TOOL = Path(__file__).parents[3].parent / "shared" / "tools" / "render_humans"


def test_a_track_eases_from_key_to_key_and_is_held_at_its_ends() -> None:
    track = Track(np.array([0.0, 1.0, 1.5]), np.array([[0.0], [10.0], [10.0]]))
    assert [float(track.at(t)[0]) for t in (-1, 0, 0.5, 1, 1.2, 9)] == pytest.approx([0, 0, 5, 10, 10, 10])
    steps = np.diff([float(track.at(t)[0]) for t in np.linspace(0, 1.5, 151)])
    assert steps.min() >= -1e-9
    assert np.abs(np.diff(steps)).max() < 0.01  # no corner


def test_a_direction_is_aimed_at_another_by_the_shortest_turn() -> None:
    a, b = np.array([1.0, 2.0, 0.5]), np.array([-0.3, 1.0, 2.0])
    turned = aimed(a, b) @ a
    np.testing.assert_allclose(turned / np.linalg.norm(turned), b / np.linalg.norm(b))
    np.testing.assert_allclose(aimed(np.array([0, 1.0, 0]), np.array([0, -1.0, 0])) @ [0, 1, 0], [0, -1, 0], atol=1e-9)
    np.testing.assert_allclose(turn([0.0, 2.0, 0.0], 90.0) @ [1, 0, 0], [0, 0, -1], atol=1e-9)


def test_what_somebody_does_follows_from_the_seed_and_has_no_jumps() -> None:
    one, same = (draw_performance(np.random.default_rng(3), 2.0) for _ in range(2))
    for at_s in (0.0, 0.7, 1.9):
        np.testing.assert_array_equal(one.face.at(at_s), same.face.at(at_s))
    curls = np.stack([one.fingers[0].at(at_s) for at_s in np.linspace(0, 2, 201)])
    assert curls.min() >= 0
    assert curls.max() <= 1
    assert np.abs(np.diff(curls, axis=0)).max() < 0.06


@pytest.fixture(scope="module")
def renderer(tmp_path_factory):
    if not TOOL.is_dir():
        pytest.skip("no shared/tools/render_humans beside the checkout")
    opened = open_renderer(TOOL, (320, 240), tmp_path_factory.mktemp("assets"))
    yield opened
    opened.canvas.gl.release()


@pytest.mark.slow
@pytest.mark.shared
def test_the_truth_fits_the_pictures(renderer) -> None:
    clip = render_details(renderer, open_rig(renderer), 6, 2)
    truth = clip.truth
    assert str(truth["kind"]) == KIND
    assert [picture.shape for picture in clip.pictures] == [(240, 320, 3)] * 2
    points = truth["hand_points_cam_m"] @ truth["K"].T
    np.testing.assert_allclose(points[..., :2] / points[..., 2:], truth["hand_points_px"], rtol=1e-4)
    assert truth["face_visible"].all()
    left, top, right, bottom = truth["face_box_px"][0].astype(int)
    face = clip.pictures[0][top:bottom, left:right].astype(float)
    assert face.mean((0, 1)).argmax() == 0  # skin is red
    assert 0.75 < truth["distance_m"][0] < 1.2  # 0.9 to 1.1 m, less the way from the spine to the nose
    np.testing.assert_allclose(np.linalg.det(truth["head_rotation_cam"]), 1.0)


@pytest.mark.slow
@pytest.mark.shared
def test_fists_are_bent_and_open_hands_are_straight_on_both_sides(renderer) -> None:
    rig = open_rig(renderer)
    person = draw_rigged(renderer, rig, np.random.default_rng(1))
    performance = draw_performance(np.random.default_rng(1), 1.0)
    for curl, low, high in ((0.0, -40.0, 60.0), (1.0, 200.0, 320.0)):
        still = Track(np.array([0.0, 1.0]), np.tile([curl] * 5 + [0.0], (2, 1)))
        acting = type(performance)(performance.arms, (still, still), performance.face, performance.trunk)
        rotations, places = person.pose(turns_at(person, acting, 0.0), np.zeros(3))
        points = hand_points(person, rotations, places)
        for side in range(2):
            turned = hand_rotation(points[side], side)
            assert turned is not None
            sums = bends(points[side] @ turned, side).sum(1)
            assert (sums > low).all()
            assert (sums < high).all()
