"""The newest picture and pose: each is shown once, and a pose without a new frame is shown as well."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from app.window.live_pictures import LivePictures
from app.window.session import NO_STATS
from engine.osc.demo_pose import t_pose
from engine.types import Frame, Snapshot


class Shown:
    """Stands in for video, figure and small face: keeps what it was given."""

    def __init__(self) -> None:
        self.frames, self.poses, self.pictures = [], [], []

    def show_placeholder(self, text) -> None:
        del text

    def show_frame(self, frame, detection, details=None) -> None:
        del detection, details
        self.frames.append(frame)

    def show_picture(self, frame) -> None:
        self.pictures.append(frame)

    def show_pose(self, pose) -> None:
        self.poses.append(pose)


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def pictures(shown) -> LivePictures:
    return LivePictures(shown, shown, shown)


def snapshot(pose, number=0) -> Snapshot:
    frame = Frame(np.zeros((4, 6, 3), np.uint8), number, float(number))
    return Snapshot("running", "cam", frame, None, pose, NO_STATS, (), (), None)


def test_a_frame_that_is_shown_already_is_not_shown_again(pictures, shown) -> None:
    moment = snapshot(t_pose(1.7, 0.0))
    for _ in range(3):
        pictures.show(moment, 0.0, playing=False)
    assert len(shown.frames) == len(shown.pictures) == 1
    assert len(shown.poses) == 2  # figure and face


def test_a_pose_that_eases_to_rest_without_frames_is_shown(pictures, shown) -> None:
    moment = snapshot(t_pose(1.7, 0.0))
    pictures.show(moment, 0.0, playing=False)
    resting = t_pose(1.7, 0.5).as_lost()
    pictures.show(dataclasses.replace(moment, pose=resting), 0.1, playing=False)
    assert shown.poses[-1] is resting
    assert len(shown.frames) == 1


def test_such_a_pose_is_not_shown_over_a_replay(pictures, shown) -> None:
    moment = snapshot(t_pose(1.7, 0.0))
    pictures.show(moment, 0.0, playing=True)
    pictures.show(dataclasses.replace(moment, pose=t_pose(1.7, 0.5).as_lost()), 0.1, playing=True)
    assert shown.poses == []


def test_the_live_picture_is_never_behind_a_replay_and_comes_back_after_it(pictures, shown) -> None:
    first, second = snapshot(t_pose(1.7, 0.0)), snapshot(t_pose(1.7, 0.1), 1)
    pictures.show(first, 0.0, playing=False)
    pictures.show(first, 0.0, playing=True)
    pictures.show(second, 0.1, playing=True)
    assert shown.pictures == [first.frame, None]
    assert shown.frames == [first.frame, second.frame]  # the camera's own pane goes on
    pictures.show(second, 0.2, playing=False)  # even if no further frame comes, as after the end of a clip
    assert shown.pictures == [first.frame, None, second.frame]
    assert shown.poses[-1] is second.pose
