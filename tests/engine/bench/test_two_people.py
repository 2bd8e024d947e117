"""Two rendered people in one picture, one put into the other's clip: whom the real detector follows, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.bench import two_people
from engine.bench.composed import Cutouts, Placed, composed, cut_out
from engine.bench.two_people import SCENES, Followed, follow, frames_of
from engine.pose2d.blazepose import BlazePose
from tests.detector_weights import weights_for_tests

DEMO = Path(two_people.__file__).parents[1] / "sources" / "demo.mp4"
RATE_HZ = 10.0


@pytest.fixture(scope="module")
def person() -> Cutouts:
    return cut_out(DEMO, DEMO.with_name("demo_truth.npz"), step=3)


def test_a_person_is_cut_out_whole_and_the_room_is_empty(person: Cutouts):
    for mask, joints in zip(person.masks[::20], person.joints_px[::20], strict=True):
        rows, columns = np.nonzero(mask > 128)
        inside = [mask[int(y), int(x)] > 128 for x, y in joints if 0 <= x < mask.shape[1] and 0 <= y < mask.shape[0]]
        assert np.mean(inside) > 0.85
        assert np.ptp(rows) < 1.35 * np.ptp(joints[:, 1])
        assert 0.1 < len(rows) / (np.ptp(rows) * np.ptp(columns)) < 0.8
    picture, joints = composed(person.room, [Placed(person, 0, shift_px=60.0, scale=0.8)])
    np.testing.assert_allclose(np.ptp(joints[0][:, 1]), 0.8 * np.ptp(person.joints_px[0][:, 1]))
    hips = joints[0][0].astype(int)
    changed = np.abs(picture.astype(int) - person.room).max(-1) > 30
    assert changed[hips[1], hips[0]]


def test_wrong_frames_are_those_after_the_first_third_of_a_second():
    assert Followed("", 10.0, (0, 1, 1, 1, 0, 1, -1)).wrong_frames == 0
    late = Followed("", 10.0, (0, 1, 1, 1, 1, 1, 0))
    assert (late.wrong_frames, late.longest_on_other_s, late.share) == (2, 0.5, 2 / 7)


@pytest.mark.parametrize(
    "name", ["crossing in front", *(pytest.param(scene.name, marks=pytest.mark.slow) for scene in SCENES[1:])]
)
def test_the_performer_is_never_exchanged_and_found_again(name: str, person: Cutouts):
    scene = next(scene for scene in SCENES if scene.name == name)
    got = follow(scene, BlazePose(weights_for_tests(), threads=2), person, person, RATE_HZ)
    assert got.wrong_frames == 0, got.who
    assert got.share > 0.5, got.who
    assert got.ends_on_performer, got.who


def test_a_scene_shows_both_people_where_it_says(person: Cutouts):
    scene = next(scene for scene in SCENES if scene.name == "side by side")
    frame, (mine, theirs) = next(frames_of(scene, person, person, RATE_HZ))
    apart = theirs[:, 0].mean() - mine[:, 0].mean()
    assert apart == pytest.approx(0.26 * frame.image_size[0], abs=0.06 * frame.image_size[0])
