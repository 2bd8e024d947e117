"""A replay in the window: everything that shows a pose shows the take's."""

from __future__ import annotations

import pytest

from app.settings import Settings
from app.window.main_window import MainWindow
from engine.config import Config
from engine.motion.formats import write_motion


@pytest.fixture
def window(running) -> MainWindow:
    shown: MainWindow = running(Settings(Config(source="demo", osc=("vmc://127.0.0.1:39539",))))
    return shown


def test_a_replay_moves_the_small_face(window, until, waving, tmp_path, monkeypatch) -> None:
    faces: list[object] = []
    monkeypatch.setattr(window.side.details, "show_pose", faces.append)
    write_motion(tmp_path / "take.npz", waving(200))
    window.side.record.replay.emit(tmp_path / "take.npz")
    until(lambda: window.replay.state is not None and window.replay.state.pose is not None)
    shown = window.replay.state.pose
    until(lambda: any(face is shown for face in faces))
    window.body.replay.close_button.click()
    until(lambda: window.replay.state is None)
    faces.clear()
    until(lambda: any(face is not None for face in faces))  # the live one again


def test_a_replay_is_without_the_live_picture_and_lens_and_says_so(window, until, waving, tmp_path) -> None:
    bar = window.body.bar
    bar.show_look("camera")
    until(lambda: window.body.pictured and not bar.lens.isHidden())
    write_motion(tmp_path / "take.npz", waving(200))
    window.side.record.replay.emit(tmp_path / "take.npz")
    until(lambda: bar.replay.text() != "")
    assert not window.body.pictured
    assert bar.lens.isHidden()
    window.body.replay.close_button.click()
    until(lambda: window.body.pictured and not bar.lens.isHidden())
    assert bar.replay.isHidden()
