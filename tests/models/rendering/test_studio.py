"""Rendered clips: the person stands, sits or lies on the floor; the truth fits the pictures; a seed is a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.mocap.library import MotionLibrary
from models.rendering.clip import Clip, ClipStyle
from models.rendering.renderer import open_renderer
from models.rendering.studio import on_floor, open_studio, picture_size
from models.skeleton import JOINT

TOOL = Path(__file__).parents[3].parent / "shared" / "tools" / "render_humans"
FRAMES, SIZE = 6, (240, 180)


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
    yield lambda *kinds, **style: open_studio(renderer, library, ClipStyle(FRAMES, SIZE, kinds, **style))
    renderer.canvas.gl.release()


def up_in_picture(clip: Clip) -> float:
    """Degrees between the picture's up and the world's."""
    down = clip.truth["R"] @ np.array([0.0, -1.0, 0.0])
    return abs(np.degrees(np.arctan2(down[0], down[1])))


def inside(clip: Clip, *names: str) -> np.ndarray:
    """(N, names) whether these joints are in the picture."""
    points = clip.truth["joints_px"][:, [JOINT[name] for name in names]]
    return ((points > 0) & (points < clip.truth["size"])).all(-1)


@pytest.mark.slow
@pytest.mark.shared
def test_a_clips_truth_fits_its_pictures(studio_of):
    clip = studio_of("steep").clip(5)
    truth = clip.truth
    width, height = truth["size"]
    assert len(clip.pictures) == FRAMES
    assert all(picture.shape == (height, width, 3) for picture in clip.pictures)
    projected = truth["joints_cam_m"] @ truth["K"].T
    pixels = projected[..., :2] / projected[..., 2:]
    assert (pixels > 0).all()
    assert (pixels < (width, height)).all()  # steep: the whole person
    assert clip.cut == "whole"
    assert 15 < up_in_picture(clip) < 35
    assert truth["visible"].mean() > 0.4
    feet = (truth["joints_cam_m"] - truth["t"]) @ truth["R"]
    assert feet[:, :, 1].min() > -0.05


@pytest.mark.slow
@pytest.mark.shared
def test_the_person_is_drawn_where_the_truth_says(studio_of):
    """Pixels at the visible joints change when the person moves on, those of the empty corner do not."""
    clip = studio_of("whole").clip(3)
    still = np.abs(np.diff(np.stack(clip.pictures).astype(float), axis=0)).mean((0, 3))
    at = clip.truth["keypoints_px"][:, 11:][clip.truth["visible"][:, 11:]].astype(int)
    assert still[at[:, 1], at[:, 0]].mean() > 1.2 * np.median(still)


@pytest.mark.slow
@pytest.mark.shared
def test_a_slower_camera_sees_every_second_frame_of_the_same_motion(studio_of):
    every, second = studio_of("desk").clip(8), studio_of("desk", step=2).clip(8)
    assert len(second.pictures) == FRAMES / 2
    assert (every.truth["fps"], second.truth["fps"]) == (30, 15)
    np.testing.assert_allclose(second.truth["rotations"], every.truth["rotations"][::2], atol=1e-6)


@pytest.mark.slow
@pytest.mark.shared
def test_people_of_the_renderers_own_build_differ_in_their_bones_by_millimetres_only(studio_of):
    own, drawn = (
        np.stack([studio_of("whole", own_builds=share).clip(seed).truth["rest_joints_m"] for seed in range(3, 9)])
        for share in (1.0, 0.0)
    )
    arms = [
        np.linalg.norm(rest[:, JOINT["LeftLowerArm"]] - rest[:, JOINT["LeftUpperArm"]], axis=-1)
        / np.linalg.norm(rest[:, JOINT["LeftFoot"]] - rest[:, JOINT["LeftUpperLeg"]], axis=-1)
        for rest in (own, drawn)
    ]
    assert arms[0].std() < 0.3 * arms[1].std()


@pytest.mark.slow
@pytest.mark.shared
def test_a_seed_gives_the_same_clip_again_and_another_seed_another(studio_of):
    first, again, other = (studio_of("desk").clip(seed) for seed in (8, 8, 9))
    np.testing.assert_array_equal(first.truth["joints_cam_m"], again.truth["joints_cam_m"])
    np.testing.assert_array_equal(first.pictures[0], again.pictures[0])
    assert np.abs(first.truth["rest_joints_m"] - other.truth["rest_joints_m"]).max() > 0.01
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.slow
@pytest.mark.shared
def test_evaluation_shows_one_motion_whole_and_cut_ever_higher(studio_of):
    clips = [studio_of("cuts").clip(seed) for seed in range(8, 12)]
    for clip in clips[1:]:
        np.testing.assert_allclose(clip.truth["rotations"], clips[0].truth["rotations"], atol=1e-6)
        np.testing.assert_array_equal(clip.truth["rest_joints_m"], clips[0].truth["rest_joints_m"])
    assert clips[0].cut == "whole"
    assert inside(clips[0], "LeftFoot", "RightFoot", "Head").all()
    hips = [inside(clip, "LeftUpperLeg", "RightUpperLeg").mean() for clip in clips]
    assert hips[0] == 1
    assert hips[2] == hips[3] == 0
    scale = [np.ptp(clip.truth["joints_px"][:, [JOINT["Neck"], JOINT["Head"]], 1], axis=1).mean() for clip in clips]
    assert scale == sorted(scale)


@pytest.mark.slow
@pytest.mark.shared
def test_people_at_a_table_sit_before_the_camera_that_sees_their_faces(studio_of):
    for seed in (1, 2, 3):
        clip = studio_of("desk").clip(seed)
        joints = (clip.truth["joints_cam_m"].astype(float) - clip.truth["t"]) @ clip.truth["R"]
        thigh = joints[:, JOINT["LeftLowerLeg"]] - joints[:, JOINT["LeftUpperLeg"]]
        assert (np.abs(thigh[:, 1]) < 0.75 * np.linalg.norm(thigh, axis=-1)).all()
        assert inside(clip, "Head").mean() > 0.5
        assert clip.truth["joints_cam_m"][:, JOINT["Head"], 2].mean() < 2
        assert not clip.truth["visible"][:, 15:17].any()  # ankles, under the table or outside


@pytest.mark.slow
@pytest.mark.shared
def test_the_renderers_person_moves_as_the_act_does(studio_of):
    """Directions of forearms and shins in the world are those of our own kinematics of the same draw."""
    studio = studio_of("whole")
    motion = studio._motion(studio._actors.act("whole", 11), still=False).facing_forward()
    clip = studio.clip(11)
    world = (clip.truth["joints_cam_m"].astype(float) - clip.truth["t"]) @ clip.truth["R"]
    for begin, end in (("LeftLowerArm", "LeftHand"), ("RightLowerLeg", "RightFoot")):
        bone = world[:, JOINT[end]] - world[:, JOINT[begin]]
        expected = motion.rotations[:, JOINT[begin]] @ studio._directions[JOINT[begin]]
        cosine = (bone / np.linalg.norm(bone, axis=-1, keepdims=True) * expected).sum(-1)
        assert cosine.min() > 0.999


def test_pictures_have_the_shapes_of_cameras_and_telephones():
    sizes = [picture_size((480, 360), np.random.default_rng(seed)) for seed in range(200)]
    assert set(sizes) == {(480, 360), (480, 270), (270, 360)}
    assert sizes.count((270, 360)) < 50 < sizes.count((480, 270))
