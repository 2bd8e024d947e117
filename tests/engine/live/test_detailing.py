"""Hands and face join the poses of their own source, and a calibration takes the face of the last second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.config import Config
from engine.live.detailing import Detailing
from engine.live.details_share import DetailsMoment, DetailsShare
from engine.types import Details, DetailsMeasured, FaceView, HandView, Pose
from tests.engine.conftest import PoseMaker
from tests.engine.pipeline_fakes import World


class Solver:
    """Keeps what it was asked."""

    def __init__(self, before: Any) -> None:
        self.before = before
        self.solved: list[Details] = []
        self.rested: list[float] = []
        self.resets = 0
        self.calibration: Any = ((), ())
        self.hands: Any = None
        self.sides = (True, False)

    def solve(self, pose: Pose, details: Details) -> Pose:
        self.solved.append(details)
        return pose

    def rest_on(self, views: Sequence[FaceView]) -> None:
        self.rested = [view.captured_at_s for view in views]

    def measure_hands(self, opened: Any, fists: Any) -> tuple[bool, bool]:
        self.hands = (opened, fists)
        return self.sides

    def reset(self) -> None:
        self.resets += 1


SAID: list[str] = []


def face(time_s: float) -> FaceView:
    return FaceView(0, time_s, np.zeros((478, 3), np.float32), 1.0, np.zeros(52, np.float32), 90.0)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> tuple[DetailsShare, Detailing, list[Solver]]:
    made: list[Solver] = []
    SAID.clear()

    def make(*, hands: bool, face: bool, before: Any) -> Solver:
        del hands, face
        made.append(Solver(before))
        return made[-1]

    world = World()
    monkeypatch.setattr("tests.engine.pipeline_fakes.make_detail_solver", make)
    share = DetailsShare()
    return share, Detailing(share, world.factories(), lambda _level, text: SAID.append(text), lambda: 9.0), made


Parts = tuple[DetailsShare, Detailing, list[Solver]]


def test_without_looking_the_pose_is_the_same(parts: Parts, make_pose: PoseMaker):
    _, detailing, made = parts
    pose = make_pose()
    assert detailing(pose, 1) is pose
    assert detailing(None, 1) is None
    assert made == []


def test_details_of_another_source_are_not_taken(parts: Parts, make_pose: PoseMaker):
    share, detailing, made = parts
    share.now = DetailsMoment(True, True, 1, Details(7, 1.0, face=face(1.0)))
    detailing(make_pose(), 1)
    detailing(make_pose(), 2)
    assert [details.face is not None for details in made[0].solved] == [True, False]


def test_calibrating_takes_the_views_of_the_last_second_each_once(parts: Parts, make_pose: PoseMaker):
    share, detailing, made = parts
    for time_s in (0.0, 1.5, 1.5, 2.0):
        view = share.now.details.face if share.now.details and share.now.details.captured_at_s == time_s else None
        share.now = DetailsMoment(True, True, 1, Details(0, time_s, face=view or face(time_s)))
        detailing(make_pose(), 1)
    detailing.calibrate(2.1)
    assert made[0].rested == [1.5, 2.0]


def test_without_a_view_the_old_resting_face_stays(parts: Parts, make_pose: PoseMaker):
    share, detailing, made = parts
    share.now = DetailsMoment(True, True, 1, Details(0, 1.0))
    detailing(make_pose(), 1)
    made[0].rested = [0.5]
    detailing.calibrate(1.0)
    assert made[0].rested == [0.5]


def test_another_choice_makes_another_solver_that_gets_the_old_one(parts: Parts, make_pose: PoseMaker):
    share, detailing, made = parts
    share.now = DetailsMoment(hands=True, face=False, source_number=1)
    detailing(make_pose(), 1)
    share.now = DetailsMoment(hands=True, face=True, source_number=1)
    detailing(make_pose(), 1)
    assert made[1].before is made[0]
    detailing.reset()
    assert (made[0].resets, made[1].resets) == (0, 1)


def hand(side: int, time_s: float) -> HandView:
    points = np.zeros((21, 3), np.float32)
    return HandView(0, time_s, points, points, 0.9, float(side), 90.0)


def measured_hands(parts: Parts, make_pose: PoseMaker, *, sides: tuple[bool, bool]) -> Solver:
    share, detailing, made = parts
    share.hands_asked = True
    for step in range(90):
        time_s = 0.1 * step
        share.now = DetailsMoment(True, False, 1, Details(step, time_s, hand(0, time_s), hand(1, time_s)))
        if made:
            made[0].sides = sides
        detailing(make_pose(time_s=time_s), 1)
    return made[0]


def test_open_hands_and_fists_are_looked_at_for_two_seconds_each_after_time_to_get_there(
    parts: Parts, make_pose: PoseMaker
):
    solver = measured_hands(parts, make_pose, sides=(True, False))
    opened, fists = solver.hands
    for views, (start_s, end_s) in ((opened, (2.0, 4.0)), (fists, (6.0, 8.0))):
        for side in (0, 1):
            times = [view.captured_at_s for view in views[side]]
            assert len(times) in (19, 20, 21)
            assert start_s - 0.01 <= min(times) < max(times) <= end_s + 0.01
    assert [line.split(":")[1].split()[0] for line in SAID] == ["hold", "now", "measured"]
    assert SAID[-1] == "hands: measured left"
    assert parts[0].hands_asked is False
    assert parts[0].measured == DetailsMeasured((), (), 9.0)


def test_hands_that_were_not_seen_are_said_and_nothing_changes(parts: Parts, make_pose: PoseMaker):
    measured_hands(parts, make_pose, sides=(False, False))
    assert "not measured" in SAID[-1]
    assert parts[0].measured is None


def test_the_settings_calibration_is_used_by_every_solver_and_what_is_measured_since_stays(
    parts: Parts, make_pose: PoseMaker
):
    share, detailing, made = parts
    detailing.follow(Config(face_at_rest=(1.0,), finger_ranges=(2.0,)))
    share.now = DetailsMoment(hands=True, face=True, source_number=1)
    detailing(make_pose(), 1)
    assert made[0].calibration == ((1.0,), (2.0,))
    made[0].calibration = "measured since"
    detailing.follow(Config(face_at_rest=(1.0,), finger_ranges=(2.0,)))
    assert made[0].calibration == "measured since"
    detailing.follow(Config())
    assert made[0].calibration == ((), ())


def test_the_face_at_rest_is_told_for_the_settings(parts: Parts, make_pose: PoseMaker):
    share, detailing, _ = parts
    share.now = DetailsMoment(True, True, 1, Details(0, 1.0, face=face(1.0)))
    detailing(make_pose(), 1)
    detailing.calibrate(1.0)
    assert share.measured is not None
    assert share.measured.at_s == 9.0
