"""Rendered clips: the person stands, sits or lies on the floor; the truth fits the pictures; a seed is a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.mocap.library import MotionLibrary
from models.rendering.clip import Clip, ClipStyle
from models.rendering.renderer import open_renderer
from models.rendering.studio import Studio, on_floor
from models.skeleton import JOINT
from models.synth.poses import MotionSampler

TOOL = Path(__file__).parents[3].parent / "shared" / "tools" / "render_humans"
FRAMES, SIZE = 6, (160, 120)


def test_nothing_of_the_body_is_under_the_floor_and_its_path_is_in_the_middle():
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(20, 22, 3)) * 0.1 + [3.0, 5.0, -2.0]
    outline = rng.normal(size=(20, 300, 3)) * 0.1 + [3.0, 5.0, -2.0]
    placed = on_floor(positions, outline)
    lowest = outline[..., 1].min(1) + (placed - positions)[:, 0, 1]
    assert (lowest > -1e-9).mean() == 0.9  # the lowest tenth may be a jump's landing
    assert lowest.min() > -0.2
    hips = placed[:, 0, [0, 2]]
    np.testing.assert_allclose(hips.min(0), -hips.max(0), atol=1e-9)
    np.testing.assert_allclose(
        np.diff(placed[:, 5] - placed[:, 0], axis=0), np.diff(positions[:, 5] - positions[:, 0], axis=0)
    )


@pytest.fixture(scope="module")
def studio_of(tmp_path_factory, library: MotionLibrary):
    if not TOOL.is_dir():
        pytest.skip("no shared/tools/render_humans beside the checkout")
    renderer = open_renderer(TOOL, SIZE, tmp_path_factory.mktemp("assets"))
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=1.0)
    yield lambda cameras: Studio(renderer, sampler, ClipStyle(FRAMES, SIZE, cameras))
    renderer.canvas.gl.release()


def up_in_picture(clip: Clip) -> float:
    """Degrees between the picture's up and the world's."""
    down = clip.truth["R"] @ np.array([0.0, -1.0, 0.0])
    return abs(np.degrees(np.arctan2(down[0], down[1])))


@pytest.mark.slow
@pytest.mark.shared
def test_a_clips_truth_fits_its_pictures(studio_of):
    clip = studio_of("steep").clip(5)
    assert len(clip.pictures) == FRAMES
    assert all(picture.shape == (SIZE[1], SIZE[0], 3) for picture in clip.pictures)
    truth = clip.truth
    projected = truth["joints_cam_m"] @ truth["K"].T
    pixels = projected[..., :2] / projected[..., 2:]
    assert (pixels > 0).all()
    assert (pixels < SIZE).all()  # steep: the whole person
    assert 15 < up_in_picture(clip) < 35
    assert truth["visible"][:, 0].any() or truth["visible"].mean() > 0.5
    feet = (truth["joints_cam_m"] - truth["t"]) @ truth["R"]
    assert feet[:, :, 1].min() > -0.05
    head = np.linalg.norm(truth["joints_cam_m"][:, JOINT["Head"]] - truth["joints_cam_m"][:, JOINT["Hips"]], axis=-1)
    assert ((head > 0.4) & (head < 0.9)).all()


@pytest.mark.slow
@pytest.mark.shared
def test_a_seed_gives_the_same_clip_again_and_another_seed_another(studio_of):
    first, again, other = (studio_of("any").clip(seed) for seed in (8, 8, 9))
    np.testing.assert_array_equal(first.truth["joints_cam_m"], again.truth["joints_cam_m"])
    np.testing.assert_array_equal(first.pictures[0], again.pictures[0])
    assert np.abs(first.truth["rest_joints_m"] - other.truth["rest_joints_m"]).max() > 0.01
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.slow
@pytest.mark.shared
def test_the_renderers_person_moves_as_the_sampled_motion_does(studio_of):
    """Directions of forearms and shins in the world are those of our own kinematics of the same draw."""
    studio = studio_of("any")
    motion = studio._motion(11).facing_forward()
    clip = studio.clip(11)
    world = (clip.truth["joints_cam_m"].astype(float) - clip.truth["t"]) @ clip.truth["R"]
    for begin, end in (("LeftLowerArm", "LeftHand"), ("RightLowerLeg", "RightFoot")):
        bone = world[:, JOINT[end]] - world[:, JOINT[begin]]
        expected = motion.rotations[:, JOINT[begin]] @ studio._directions[JOINT[begin]]
        cosine = (bone / np.linalg.norm(bone, axis=-1, keepdims=True) * expected).sum(-1)
        assert cosine.min() > 0.999
