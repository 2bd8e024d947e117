"""Which avatar is shown, what is kept of it, and the one line where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.window.avatar.control import AvatarControl
from app.window.avatar.item import load_avatar
from app.window.widgets.body_pane import BodyPane
from app.window.widgets.opengl import OpenGL
from engine.config import Config
from engine.errors import InputError
from engine.osc.demo_pose import wave_pose
from tests.engine.avatar.made_models import made_model

NO_OPENGL = OpenGL("this test has none", software=False)
ADULT = str(Path(__file__).parents[3] / "engine" / "avatar" / "data" / "adult_1.0.vrm")


@pytest.fixture
def pane(application):  # noqa: ARG001 - there has to be one
    """A 3D pane without OpenGL whose view records what it is asked to show."""
    made = BodyPane(NO_OPENGL)
    yield made
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class _View:
    """What the control asks of the 3D view."""

    def __init__(self) -> None:
        self.shown: list[Any] = []
        self.caught_up: list[Any] = []
        self.problem = ""
        self.avatar_problem = ""

    def show_avatar(self, item: Any) -> None:
        self.shown.append(None if item is None else item.avatar.file)

    def show_pose(self, pose: Any) -> None:
        """A pose of the pane."""

    def catch_up(self, pose: Any) -> None:
        """The pose that the pane showed last."""
        self.caught_up.append(pose)


def _control(pane: BodyPane, settings: Settings | None = None, opengl: OpenGL | None = None) -> tuple[Any, list, list]:
    control = AvatarControl(pane, opengl or OpenGL("", software=True), settings or Settings())
    said: list[tuple[str, str]] = []
    kept: list[dict[str, object]] = []
    control.said.connect(lambda level, text: said.append((level, text)))
    control.kept.connect(kept.append)
    return control, said, kept


def test_an_avatar_is_read_on_a_thread_and_shown_in_place_of_the_mannequin(pane, until) -> None:
    pane.view = view = _View()
    control, said, kept = _control(pane)
    control.open(ADULT)
    until(lambda: control.pull(None) or control.avatar is not None)
    assert view.shown[-1] == ADULT
    assert kept[0] == {"avatar": ADULT}
    assert said == []
    control._here.trigger()
    assert view.shown[-1] is None
    assert kept[-1] == {"avatar_shown": False}


def test_an_avatar_that_arrives_while_a_replay_is_paused_takes_the_pose_that_stands(pane, until) -> None:
    pane.view = view = _View()
    control, _, _ = _control(pane)
    pose = wave_pose(1.7, 0.2)
    pane.show_pose(pose)
    control.open(ADULT)
    until(lambda: control.pull(pose) or control.avatar is not None)
    assert view.caught_up
    assert view.caught_up[0] is pose


def test_the_avatar_of_a_target_is_shown_at_the_start_and_when_a_target_gets_one(pane, until) -> None:
    pane.view = view = _View()
    url = f"vmc://127.0.0.1:39539?avatar={ADULT}"
    control, _, kept = _control(pane, Settings(Config(osc=(url,))))
    until(lambda: control.pull(None) or bool(view.shown))
    assert view.shown[-1] == ADULT
    assert kept == []
    control.follow((url,), (url, "vmc://127.0.0.1:39540?avatar=/other.vrm"))
    assert kept == [{"avatar": "/other.vrm"}]
    control.follow((url,), (url,))
    assert len(kept) == 1


def test_a_file_that_cannot_be_shown_leaves_the_last_avatar_and_says_why(pane, until, tmp_path) -> None:
    pane.view = view = _View()
    control, said, _ = _control(pane)
    control.open(ADULT)
    until(lambda: control.pull(None) or control.avatar is not None)
    bad = tmp_path / "picture.vrm"
    bad.write_bytes(b"\x89PNG")
    control.open(str(bad))
    until(lambda: control.pull(None) or bool(said))
    assert said[0][0] == "warning"
    assert "is not an avatar" in said[0][1]
    assert control.avatar.file == ADULT
    assert view.shown[-1] == ADULT


def test_without_opengl_it_is_off_with_one_sentence(pane) -> None:
    control, said, _ = _control(pane, opengl=NO_OPENGL)
    control.open(ADULT)
    control.pull(wave_pose(1.7, 0.0))
    control.pull(wave_pose(1.7, 0.1))
    assert [text.count("not shown") for _, text in said] == [1]
    assert "this test has none" in said[0][1]
    assert control.avatar is None


def test_a_driver_that_cannot_draw_it_gives_the_mannequin_back(pane, until) -> None:
    pane.view = view = _View()
    control, said, _ = _control(pane)
    control.open(ADULT)
    until(lambda: control.pull(None) or control.avatar is not None)
    view.avatar_problem = "The graphics driver cannot draw the avatar: no"
    control.pull(None)
    assert said == [("warning", view.avatar_problem)]
    assert view.shown[-1] is None


def test_what_is_left_out_is_said_once(pane, until, tmp_path) -> None:
    pane.view = _View()
    pack = made_model()
    pack.document["images"] = [{"uri": "skin.png"}]
    file = tmp_path / "a.vrm"
    file.write_bytes(pack.file())
    control, said, _ = _control(pane)
    control.open(str(file))
    until(lambda: control.pull(None) or control.avatar is not None)
    assert said == [("info", "Made is shown; 1 of its 1 textures lie in other files, which are not opened")]


def test_a_texture_that_cannot_be_decoded_is_left_out_and_said(tmp_path) -> None:
    pack = made_model()
    pack.document["images"] = [{"bufferView": pack.view(b"no picture")}]
    file = tmp_path / "a.vrm"
    file.write_bytes(pack.file())
    assert load_avatar(str(file), frugal=True).left_out == ("1 of its 1 textures cannot be decoded",)
    with pytest.raises(InputError):
        load_avatar(str(tmp_path / "none.vrm"), frugal=True)
