"""The camera view of the figure: the live picture behind a live pose, a plain ground behind a replayed one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from scipy.spatial.transform import Rotation

from app.window.widgets.body_pane import BodyPane
from app.window.widgets.opengl import probe_opengl
from app.window.widgets.theme import BACKGROUND, RAISED
from engine.osc.demo_pose import t_pose
from engine.types import Frame, Pose
from models.camera import Intrinsics

pytestmark = pytest.mark.gl

_MAGENTA = (255, 0, 255)


def _colour(name: str) -> tuple[int, int, int]:
    return QColor(name).getRgb()[:3]


@pytest.fixture
def pane(application, until, monkeypatch):  # noqa: ARG001 - there has to be one
    """A 3D pane on the screen in the camera view, with a live picture behind a live pose."""
    opengl = probe_opengl()
    if opengl.problem:
        pytest.skip(opengl.problem)
    import pyqtgraph.opengl as gl  # needs OpenGL, which may be missing

    for item in (gl.GLImageItem, gl.GLLinePlotItem):  # each test has an OpenGL context of its own
        monkeypatch.setattr(item, "_shaderProgram", None)
    made = BodyPane(opengl)
    made.resize(500, 560)
    made.show()
    until(made.view.isExposed)
    made.bar.buttons["camera"].click()
    made.show_picture(live_frame())
    made.show_pose(recorded_pose())
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def recorded_pose(size: tuple[int, int] = (640, 360)) -> Pose:
    """A person three metres in front of a camera with pictures of this size."""
    lens = Intrinsics(600.0, 600.0, size[0] / 2, size[1] / 2)
    turned = Rotation.from_euler("x", 180, degrees=True).as_matrix()
    pose = dataclasses.replace(t_pose(1.7), intrinsics=lens)
    return dataclasses.replace(
        pose, R_world_cam=turned.astype(np.float32), t_world_cam=np.array([0.0, 0.9, 4.0], np.float32)
    )


def pixels(pane: BodyPane, until) -> np.ndarray:
    """(H, W, 3) what the view shows."""
    swapped: list[int] = []
    connection = pane.view.frameSwapped.connect(lambda: swapped.append(1))
    for _ in range(2):  # the first may have been drawn before
        swapped.clear()
        pane.view.update()
        until(lambda: bool(swapped))
    pane.view.frameSwapped.disconnect(connection)
    image = pane.view.grabFramebuffer().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def covered(seen: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((np.abs(seen - colour).max(axis=2) <= 3).mean())


def live_frame() -> Frame:
    return Frame(np.full((360, 640, 3), _MAGENTA, np.uint8), 0, 0.0)


def test_a_live_pose_is_in_front_of_its_picture(pane, until):
    assert covered(pixels(pane, until), _MAGENTA) > 0.2


def test_a_replayed_pose_is_in_front_of_a_plain_ground_of_the_recorded_shape(pane, until):
    pane.show_pose(recorded_pose((480, 640)))
    pane.show_picture(None)
    seen = pixels(pane, until)
    assert covered(seen, _MAGENTA) == 0.0
    plain = (np.abs(seen - _colour(RAISED)).max(axis=2) <= 3).nonzero()
    across, down = np.ptp(plain[1]) + 1, np.ptp(plain[0]) + 1
    assert across / down == pytest.approx(480 / 640, abs=0.02)
    assert down > 0.8 * len(seen)


def test_the_camera_view_chosen_during_a_paused_replay_has_the_plain_ground_too(pane, until):
    pane.bar.buttons["free"].click()
    pane.show_pose(recorded_pose())
    pane.show_picture(None)
    pane.bar.buttons["camera"].click()
    assert covered(pixels(pane, until), _colour(RAISED)) > 0.2


def test_a_test_pose_has_no_recorded_picture_and_is_seen_from_outside(pane, until):
    pane.show_picture(None)
    pane.show_pose(t_pose(1.7))
    seen = pixels(pane, until)
    assert covered(seen, _MAGENTA) == 0.0
    assert covered(seen, _colour(RAISED)) < 0.02
    assert 0.3 < covered(seen, _colour(BACKGROUND)) < 0.99  # the figure is there


def test_after_the_replay_the_live_picture_is_back(pane, until):
    pane.show_picture(None)
    pane.show_pose(recorded_pose())
    pane.show_picture(live_frame())
    pane.show_pose(recorded_pose())
    seen = pixels(pane, until)
    assert covered(seen, _MAGENTA) > 0.2
    assert covered(seen, _colour(RAISED)) < 0.02
