"""The Viewpoints mode over snapshots: what is counted, what is shown, whose source it is."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from app.window.viewpoint_rings import place_words
from app.window.viewpoints_control import ViewpointsControl
from app.window.widgets.viewpoints_panel import STILL_CAMERA, ViewpointsPanel
from engine.config import Config
from engine.viewpoints.rendered import SETTLE_FRAMES, read_views
from tests.engine.viewpoints.turners import before_camera, body

OWN = Config(source="mine.mp4", hfov_deg=71.0, osc=("vmc://127.0.0.1:39539",))
R = np.diag([1.0, -1.0, -1.0]).astype(np.float32)


class _Session:
    def __init__(self) -> None:
        self.applied: list[Config] = []

    def apply(self, config: Config) -> None:
        self.applied.append(config)


@pytest.fixture
def mode(application):
    """(control, panel, session, what was said)"""
    assert application
    panel, session, said = ViewpointsPanel(), _Session(), []
    control = ViewpointsControl(panel, session, lambda: OWN, lambda *line: said.append(line))
    return control, panel, session, said


@pytest.fixture
def posed(at):
    """posed(frame, joints in the camera) -> a snapshot."""
    base = at(0)

    def make(frame, joints, source="mine.mp4"):
        pose = dataclasses.replace(
            base.pose,
            frame_id=frame,
            captured_at_s=frame / 30,
            joints_cam_m=np.asarray(joints, np.float32),
            R_world_cam=R,
        )
        return dataclasses.replace(base, pose=pose, source=source)

    return make


def test_nothing_is_counted_before_the_mode_is_opened(mode, posed):
    control, panel, session, _ = mode
    control.pull(posed(0, before_camera(body(), 0.0)))
    assert not control.shown
    assert not session.applied
    assert panel.turn.figures.texts == ["–", "–", "–"]


def test_a_turn_fills_the_ring_and_can_be_saved(mode, posed, tmp_path, monkeypatch):
    control, panel, session, said = mode
    control.open()
    for frame in range(400):
        snapshot = posed(frame, before_camera(body(), frame * 1.0))
        control.pull(snapshot)
        control.pull(snapshot)  # pulled twice, counted once
    ring = panel.turn.ring.data
    assert None not in ring.wide
    assert ring.thin == (None,) * 12  # this detector has no 3D
    assert "One turn done" in panel.turn.words.text()
    assert panel.turn.saver.isEnabled()
    assert not session.applied
    path = tmp_path / "ring.png"
    monkeypatch.setattr(
        "app.window.viewpoints_control.QFileDialog.getSaveFileName", lambda *_args, **_options: (str(path), "")
    )
    panel.turn.saver.click()
    assert path.read_bytes().startswith(b"\x89PNG")
    assert json.loads(path.with_suffix(".json").read_text())["turns"] == 1
    assert said[-1][0] == "info"
    control.start_turn()
    assert panel.turn.ring.data.wide == (None,) * 12
    assert not panel.turn.saver.isEnabled()


def test_a_ring_that_cannot_be_saved_is_said(mode, posed, tmp_path, monkeypatch):
    control, panel, _, said = mode
    control.open()
    for frame in range(200):
        control.pull(posed(frame, before_camera(body(), frame * 2.0)))
    path = tmp_path / "missing" / "ring.png"
    monkeypatch.setattr(
        "app.window.viewpoints_control.QFileDialog.getSaveFileName", lambda *_args, **_options: (str(path), "")
    )
    panel.turn.saver.click()
    assert said[-1][0] == "warning"


def test_a_turn_of_too_few_poses_says_so(mode, posed):
    control, panel, *_ = mode
    control.open()
    for frame in range(16):
        control.pull(posed(frame * 20, before_camera(body(), frame * 25.0)))
    assert "turn more slowly" in panel.turn.words.text()


def test_carried_shows_the_drift_and_that_the_camera_is_taken_for_still(mode, posed):
    control, panel, *_ = mode
    control.open("carry")
    for frame in range(30):
        control.pull(posed(frame, before_camera(body(), 0.0)))
    moved = posed(40, before_camera(body(), 0.0))
    joints = moved.pose.joints_world_m + np.array([0.3, 0.0, 0.0], np.float32)
    control.pull(dataclasses.replace(moved, pose=dataclasses.replace(moved.pose, joints_world_m=joints)))
    assert panel.carry.now.texts[0] == "30"
    assert panel.carry.worst.texts[0] == "30"
    assert "assumes a fixed camera" in STILL_CAMERA


def test_the_rendered_clip_stands_in_for_the_own_source_and_goes_again(mode):
    control, panel, session, _ = mode
    views = read_views()
    control.open("rendered")
    assert session.applied[-1].source == str(views.video(0))
    assert session.applied[-1].hfov_deg == pytest.approx(views.hfov_deg)
    assert session.applied[-1].height_m == pytest.approx(views.height_m)
    assert control.lens_deg == pytest.approx(views.hfov_deg)
    assert session.applied[-1].osc == ()  # the avatar does not move by it
    panel.rendered.slider.setValue(4)
    assert session.applied[-1].source == str(views.video(4))
    assert panel.rendered.place.text() == "from behind, their left (120°)"
    control.close()
    assert session.applied[-1] == dataclasses.replace(OWN, loop=True)
    assert control.lens_deg is None


def test_true_errors_of_the_chosen_side_are_shown_and_of_no_other_clip(mode, posed):
    control, panel, *_ = mode
    views = read_views()
    control.open("rendered")
    panel.rendered.slider.setValue(2)
    for frame in range(SETTLE_FRAMES + 20):
        joints = views.joints_world_m[frame % views.frames] @ views.R[2].T
        joints[1:] += [0.0, 0.022, 0.0]
        control.pull(posed(frame, joints, "030.mp4"))  # the previous clip is still closing
        control.pull(posed(frame, joints, "060.mp4"))
    assert panel.rendered.figures.texts == ["22", "–", "–"]
    assert panel.rendered.ring.data.wide[2] == pytest.approx(22, abs=0.1)
    assert panel.rendered.ring.data.wide[1] is None
    assert "rendered" in panel.rendered.ring.data.small
    assert panel.rendered.mark.text() == "RENDERED"


@pytest.mark.parametrize(
    ("angle", "words"),
    [
        (0, "from the front"),
        (90, "from their left"),
        (180, "from behind"),
        (270, "from their right"),
        (330, "from the front, their right"),
        (210, "from behind, their right"),
    ],
)
def test_places_have_words(angle, words):
    assert place_words(angle) == f"{words} ({angle}°)"
