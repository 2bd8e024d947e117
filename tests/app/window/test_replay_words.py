"""The quiet line beside the camera view of a replay."""

from __future__ import annotations

import dataclasses

from app.window.replay_words import has_camera, replay_words
from engine.osc.demo_pose import t_pose
from models.camera import Intrinsics


def test_a_take_has_the_lens_of_its_recording_and_a_test_pose_or_a_log_has_none():
    test = t_pose(1.7)
    recorded = dataclasses.replace(test, intrinsics=Intrinsics(600.0, 600.0, 320.0, 240.0))
    assert has_camera(recorded)
    assert not has_camera(test)
    assert "lens" in replay_words(recorded)
    assert replay_words(test) == replay_words(None)
    assert "lens" not in replay_words(None)
