"""Hands and face in a conversion: looked at in every frame, added in the second pass, and never in the body's way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.clip_details import ClipDetails, _packed, _unpacked
from engine.config import Config
from engine.convert import convert
from engine.errors import DetectorError
from engine.live.interfaces import Factories
from engine.motion.npz import read_motion_npz
from engine.solver.detailed import DetailSolver, make_detail_solver
from engine.types import Details, FaceView, Frame, NoPerson
from tests.engine.conftest import PoseMaker
from tests.engine.pipeline_fakes import SIZE, World
from tests.engine.test_convert import Parts


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.touch()
    return path


def factories(world: World, parts: Parts) -> Factories:
    return replace(parts.factories(), make_details=world._make_details, make_detail_solver=make_detail_solver)


def test_every_frame_with_a_person_has_hands_and_face_and_it_is_said_what_that_costs(clip: Path, tmp_path: Path):
    world, said = World(), []
    convert(clip, tmp_path / "a.npz", Config(), factories=factories(world, Parts()), on_message=said.append)
    take = read_motion_npz(tmp_path / "a.npz")
    assert take.fingers_xyzw is not None
    assert np.isfinite(take.fingers_xyzw[take.tracked]).all()
    assert take.expression is not None
    assert np.isfinite(take.expression[take.tracked]).all()
    assert take.detail_confidence is not None
    assert take.detail_confidence[-1].tolist() == pytest.approx([0.9, 0.0, 0.8])
    assert world.hand_size == "full"
    assert sum("--hands off --face off" in line for line in said) == 1


@pytest.mark.parametrize(("hands", "face"), [("off", "auto"), ("on", "off"), ("off", "off")])
def test_what_is_off_is_not_looked_at(clip: Path, tmp_path: Path, hands: str, face: str):
    world = World()
    convert(clip, tmp_path / "a.npz", Config(hands=hands, face=face), factories=factories(world, Parts()))
    take = read_motion_npz(tmp_path / "a.npz")
    assert (take.fingers_xyzw is None, take.expression is None) == (hands == "off", face == "off")
    assert bool(world.details) == ((hands, face) != ("off", "off"))


def test_without_networks_the_body_is_converted_alone_after_one_sentence(clip: Path, tmp_path: Path):
    world, said = World(), []
    world.hand_network = world.face_network = False
    convert(clip, tmp_path / "a.npz", Config(), factories=factories(world, Parts()), on_message=said.append)
    take = read_motion_npz(tmp_path / "a.npz")
    assert take.tracked.any()
    assert take.fingers_xyzw is None
    assert said.count("no hands: its network is not there") == 1


def test_a_network_that_fails_on_the_way_costs_no_frame_of_the_body(clip: Path, tmp_path: Path):
    world, said = World(), []

    def look(frame: Frame) -> None:
        if frame.frame_id == 8:
            raise DetectorError("it broke")

    world.looking = look
    convert(clip, tmp_path / "a.npz", Config(), factories=factories(world, Parts()), on_message=said.append)
    take = read_motion_npz(tmp_path / "a.npz")
    assert take.tracked.tolist() == [*[True] * 3, *[False] * 3, *[True] * 6]
    assert sum("the body continues: it broke" in line for line in said) == 1


def test_who_is_gone_is_looked_for_anew_and_a_clip_that_begins_again_has_nothing(make_pose: PoseMaker):
    world = World()
    details = ClipDetails(Config(), world.factories(), lambda _text: None)
    frame = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), 0, 0.0)
    body = world.factories().make_detector("", size="lite", threads=1, on_message=print).detect(frame)
    details.look(frame, body)
    details.look(frame, NoPerson(1, 0.1, SIZE))
    assert world.details[0].resets == 1
    details.reset()
    add = details.solver()
    pose = add(make_pose(frame_id=0))
    assert pose is not None
    assert pose.detail_confidence is not None
    assert not pose.detail_confidence.any()
    assert add(None) is None


def test_a_packed_face_comes_back_to_a_hundredth_of_a_pixel():
    points = (np.random.default_rng(0).normal(size=(478, 3)) * [90, 120, 60] + [400, 300, 0]).astype(np.float32)
    face = FaceView(3, 0.1, points, 0.9, np.full(52, 0.5, np.float32), 300.0)
    back = _unpacked(_packed(Details(3, 0.1, face=face)))
    assert back.face is not None
    np.testing.assert_allclose(back.face.points_px, points, atol=0.01)
    assert back.face.scores is face.scores
    broken = replace(face, points_px=points * np.float32(np.nan))
    assert _unpacked(_packed(Details(3, 0.1, face=broken))).face is None
    assert _unpacked(_packed(Details(3, 0.1))).face is None


def test_the_performers_face_at_rest_and_fingers_are_used(clip: Path, tmp_path: Path):
    made = []

    def make(**asked: bool | None) -> DetailSolver:
        made.append(make_detail_solver(**asked))  # type: ignore[arg-type]
        return made[-1]

    config = Config(finger_ranges=(*[5.0] * 4, *[200.0] * 4, *[0.0] * 8))
    parts = replace(factories(World(), Parts()), make_detail_solver=make)
    convert(clip, tmp_path / "a.npz", config, factories=parts)
    left, right = made[0].finger_ranges
    assert left is not None
    assert left.fist_deg.tolist() == [200.0] * 4
    assert right is None
