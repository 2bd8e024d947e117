"""The avatar in its own window, as OBS sees it: colours, ground, framing, expressions. Needs OpenGL."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.window.avatar.item import load_avatar
from app.window.avatar.looks import FRAMINGS, GROUNDS
from app.window.widgets.opengl import probe_opengl
from engine.osc.demo_pose import wave_pose
from engine.types import Pose
from models.face import EXPRESSION, NUM_EXPRESSIONS
from tests.engine.avatar.made_models import made_model

pytestmark = pytest.mark.gl


@pytest.fixture
def window(application, until):  # noqa: ARG001 - there has to be one
    """An avatar window on the screen."""
    opengl = probe_opengl()
    if opengl.problem:
        pytest.skip(opengl.problem)
    from app.window.avatar.window import AvatarWindow

    made = AvatarWindow(frugal=True)
    made.resize(300, 400)
    made.show()
    until(made.isExposed)
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _avatar(tmp_path, **options: Any):
    file = tmp_path / "a.vrm"
    file.write_bytes(made_model(**options).file())
    return load_avatar(str(file), frugal=True)


def _drawn(window, pose: Pose) -> np.ndarray:
    """(H, W, 4) what the window shows of a pose: red, green, blue, alpha."""
    for _ in range(60):  # the camera glides
        window._budget._cost_s = 0.0
        window.show_pose(dataclasses.replace(pose))  # each is a new one
    swapped = []
    connection = window.frameSwapped.connect(lambda: swapped.append(1))
    window.update()
    while not swapped:
        QApplication.processEvents()
    window.frameSwapped.disconnect(connection)
    image = window.grabFramebuffer().convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return pixels[:, : image.width()].astype(int)


def _body(pixels: np.ndarray) -> np.ndarray:
    """(H, W) where the red boxes are: their texture, lit."""
    return (pixels[..., 0] > 100) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90)


def test_the_avatar_stands_on_the_chosen_ground_in_the_colours_of_its_texture(window, tmp_path) -> None:
    window.show_avatar(_avatar(tmp_path))
    grounds = {"green": (0, 255, 0), "magenta": (255, 0, 255)}
    for name in GROUNDS:
        window.show_ground(name)
        pixels = _drawn(window, wave_pose(1.7, 0.0))
        assert _body(pixels).sum() > 300, name
        corner = pixels[2, 2]
        assert corner[3] == 0 if name == "none" else tuple(corner[:3]) == grounds[name]


@pytest.mark.parametrize("options", [{}, {"version": "0.x"}, {"tilted": True, "root_scale": 0.01}, {"leg": 0.4}])
def test_every_framing_has_the_avatar_in_the_middle_and_the_nearer_the_larger(window, tmp_path, options) -> None:
    window.show_avatar(_avatar(tmp_path, **options))
    sizes = []
    for name in FRAMINGS:
        window.show_framing(name)
        rows, columns = np.nonzero(_body(_drawn(window, wave_pose(1.7, 0.0))))
        assert 60 < columns.mean() < 240, name
        sizes.append(len(rows))
        if name == "whole":
            assert rows.min() > 2
            assert rows.max() < 397
            assert rows.max() - rows.min() > 250
    assert sizes[0] < sizes[1]


def test_cut_out_and_glassy_surfaces_show_what_lies_behind(window, tmp_path) -> None:
    counts = {}
    for mode in ("OPAQUE", "MASK", "BLEND"):
        pack = made_model()
        material = pack.document["materials"][0]
        material["alphaMode"] = mode
        material["pbrMetallicRoughness"]["baseColorFactor"] = [1.0, 1.0, 1.0, 0.4]
        file = tmp_path / "glass.vrm"
        file.write_bytes(pack.file())
        window.show_avatar(load_avatar(str(file), frugal=True))
        pixels = _drawn(window, wave_pose(1.7, 0.0))
        mixed = (pixels[..., 0] > 40) & (pixels[..., 1] > 90)
        counts[mode] = (_body(pixels).sum(), mixed.sum())
    assert counts["OPAQUE"][0] > 300
    assert counts["MASK"] == (0, 0)
    assert counts["BLEND"][1] > 300


def test_an_expression_moves_the_mesh_on_the_screen(window, tmp_path) -> None:
    window.show_avatar(_avatar(tmp_path))
    calm = wave_pose(1.7, 0.0)
    scores = np.zeros(NUM_EXPRESSIONS, np.float32)
    scores[EXPRESSION["jawOpen"]] = 1.0
    before = _body(_drawn(window, calm))
    assert (_body(_drawn(window, calm)) == before).mean() > 0.999
    assert (_body(_drawn(window, dataclasses.replace(calm, expression=scores))) != before).sum() > 30


def test_another_avatar_takes_the_place_of_the_first(window, tmp_path) -> None:
    window.show_avatar(_avatar(tmp_path))
    assert _body(_drawn(window, wave_pose(1.7, 0.0))).sum() > 300
    window.show_avatar(_avatar(tmp_path, colour=(40, 40, 200)))
    pixels = _drawn(window, wave_pose(1.7, 0.0))
    assert _body(pixels).sum() == 0
    assert ((pixels[..., 2] > 100) & (pixels[..., 0] < 90) & (pixels[..., 1] < 90)).sum() > 300
    window.show_avatar(None)
    assert _body(_drawn(window, wave_pose(1.7, 0.0))).sum() == 0


def test_a_pose_that_stands_is_drawn_once(window, tmp_path) -> None:
    window.show_avatar(_avatar(tmp_path))
    pose = wave_pose(1.7, 0.0)
    _drawn(window, pose)
    moved = []
    window._item.show_pose = lambda pose, **_: moved.append(pose)
    for _ in range(5):
        window._budget._cost_s = 0.0
        window.show_pose(pose)
    assert moved == [pose]


@pytest.mark.usefixtures("application")
def test_in_the_3d_pane_it_takes_the_mannequins_place_but_not_through_the_lens(until, tmp_path) -> None:
    opengl = probe_opengl()
    if opengl.problem:
        pytest.skip(opengl.problem)
    from app.window.avatar.item import AvatarItem
    from app.window.widgets.body_pane import BodyPane

    pane = BodyPane(opengl)
    pane.resize(500, 500)
    pane.show()
    item = AvatarItem(_avatar(tmp_path, colour=(220, 20, 220)), frugal=True)
    pane.view.show_avatar(item)

    def violet() -> int:
        pane.show_pose(dataclasses.replace(wave_pose(1.7, 0.0)))
        image = pane.view.grabFramebuffer().convertToFormat(QImage.Format.Format_RGBA8888)
        if image.isNull():  # not on the screen yet
            return -1
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        seen = pixels.astype(int)  # neither side of the mannequin has this colour
        return int(((seen[..., 0] > 100) & (seen[..., 2] > 100) & (seen[..., 1] < 70)).sum())

    until(lambda: violet() > 200)
    assert item.visible()
    pane.view.show_look("camera")
    until(lambda: violet() == 0)
    assert not item.visible()
    pane.view.show_look("free")
    until(lambda: violet() > 200)
    pane.view.show_avatar(None)
    until(lambda: violet() == 0)
    pane.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_the_menu_marks_what_is_in_force_and_tells_what_was_chosen(window) -> None:
    chosen = []
    window.chosen.connect(lambda ground, framing: chosen.append((ground, framing)))
    menu = window.menu()
    marked = [action.text() for action in menu.actions() if action.isChecked()]
    assert marked == [GROUNDS["green"], FRAMINGS["whole"]]
    next(action for action in menu.actions() if action.text() == FRAMINGS["head"]).trigger()
    assert chosen == [("green", "head")]
    assert window.framing == "head"
    menu.deleteLater()


def test_obs_finds_it_by_its_title(window, tmp_path) -> None:
    assert window.title() == "VTM Live: avatar"
    window.show_avatar(_avatar(tmp_path))
    assert window.title() == "VTM Live: avatar Made"
