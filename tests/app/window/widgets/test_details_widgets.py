"""Hands and face in the window: over the picture, as words and switches, as a small face, as fingers of the figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from scipy.spatial.transform import Rotation

from app.window.widgets.details_paint import HAND_LINES, draw_details, shown
from app.window.widgets.details_panel import DetailsPanel, face_words, hands_words
from app.window.widgets.face_mask import FaceMask, strongest
from app.window.widgets.finger_capsules import OFFSETS_M, finger_ends, fingers_in_world
from app.window.widgets.theme import ACCENT, RIGHT_SIDE
from engine.config import Config
from engine.types import Details, DetailsState, FaceView, Frame, HandView
from models.face import EXPRESSION, FACE_LINES, NUM_EXPRESSIONS
from models.fingers import FINGER_NAMES

ON = DetailsState("on", "on")
FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 0, 5.0)


def hand(side: int, at_s: float = 5.0) -> HandView:
    points = np.zeros((21, 3), np.float32)
    points[:, 0] = 400 - 250 * side + 3 * np.arange(21)
    points[:, 1] = 200 + 40 * (np.arange(21) % 4)
    return HandView(0, at_s, points, points / 1000, 0.9, float(side), 90.0)


def face(at_s: float = 5.0) -> FaceView:
    turns = np.linspace(0, 2 * np.pi, 478)
    points = np.stack([320 + 60 * np.cos(turns), 100 + 80 * np.sin(turns), 0 * turns], axis=1).astype(np.float32)
    return FaceView(0, at_s, points, 0.9, np.zeros(NUM_EXPRESSIONS, np.float32), 160.0)


def painted(details: Details | None, width: int = 640) -> QImage:
    image = QImage(width, width * 3 // 4, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    painter = QPainter(image)
    draw_details(painter, details, FRAME, QRectF(0, 0, width, width * 3 / 4))
    painter.end()
    return image


def count(image: QImage, colour: str, columns: range) -> int:
    wanted = QColor(colour).rgb()
    return sum(image.pixel(x, y) == wanted for x in columns for y in range(0, image.height(), 3))


def test_each_hand_is_drawn_in_the_colour_of_its_side_where_it_is(application) -> None:  # noqa: ARG001
    image = painted(Details(0, 5.0, hand(0), hand(1), face()))
    assert count(image, ACCENT, range(400, 460)) > 20
    assert count(image, RIGHT_SIDE, range(150, 210)) > 20
    assert count(image, ACCENT, range(0, 380)) == 0
    half = painted(Details(0, 5.0, hand(0)), 320)
    assert count(half, ACCENT, range(200, 232)) > 5


def test_an_old_view_and_none_are_not_drawn(application) -> None:  # noqa: ARG001
    old = Details(0, 5.0, left=hand(0, at_s=4.0), face=face())
    assert [type(view) for view, _ in shown(old, FRAME)] == [FaceView]
    assert painted(None) == painted(Details(0, 5.0))


def test_every_point_of_a_hand_and_only_points_of_the_mesh_are_drawn() -> None:
    assert {row for line in HAND_LINES for row in line} == set(range(21))
    assert max(row for line in FACE_LINES for row in line) < 478
    assert all(len(set(line)) >= 4 for line in FACE_LINES)


def test_states_are_said_in_words() -> None:
    both, none = Details(0, 0.0, hand(0), hand(1), face()), Details(0, 0.0)
    assert hands_words(ON, 15.2, both) == "15/s, both seen"
    assert hands_words(ON, 15.0, Details(0, 0.0, right=hand(1))) == "15/s, left not seen"
    assert hands_words(ON, 15.0, Details(0, 0.0, left=hand(0))) == "15/s, right not seen"
    assert hands_words(ON, 0.0, None) == "0/s, none seen"
    assert face_words(ON, 14.6, both) == "15/s, seen"
    assert face_words(ON, 3.0, none) == "3/s, not seen"
    off = DetailsState("off", "missing")
    assert (hands_words(off, 0, None), face_words(off, 0, None)) == ("off", "not installed: run vtm fetch")
    failed = DetailsState("left out", "failed", "no memory")
    assert (hands_words(failed, 0, None), face_words(failed, 0, None)) == ("off, no time for it", "no memory")


def test_a_switch_changes_its_setting_and_goes_back_to_what_it_was(application) -> None:  # noqa: ARG001
    panel = DetailsPanel()
    panel.show_config(replace(Config(), hands="on", face="auto"))
    heard: list[dict[str, str]] = []
    panel.changed.connect(heard.append)
    for switch in (panel.hands, panel.hands, panel.face, panel.face):
        switch.click()
    assert heard == [{"hands": "off"}, {"hands": "on"}, {"face": "off"}, {"face": "auto"}]
    panel.show_config(replace(Config(), face="off"))
    assert not panel.face.isChecked()
    assert panel.small_face.isHidden()
    assert len(heard) == 4


def test_the_strongest_scores_are_named_and_the_gaze_is_not() -> None:
    scores = np.zeros(NUM_EXPRESSIONS, np.float32)
    for name, value in (("jawOpen", 0.4), ("mouthSmileLeft", 0.8), ("eyeLookUpLeft", 0.9), ("browInnerUp", 0.1)):
        scores[EXPRESSION[name]] = value
    assert [name for name, _ in strongest(scores)] == ["mouthSmileLeft", "jawOpen"]


@pytest.mark.parametrize(
    ("name", "rows"),
    [("jawOpen", (60, 108)), ("eyeBlinkLeft", (25, 60)), ("browInnerUp", (10, 40)), ("mouthSmileRight", (60, 108))],
)
def test_the_small_face_moves_what_a_score_moves_and_nothing_else(application, at, name, rows) -> None:  # noqa: ARG001
    mask = FaceMask()

    def drawn(value: float) -> np.ndarray:
        scores = np.zeros(NUM_EXPRESSIONS, np.float32)
        scores[EXPRESSION[name]] = value
        mask.show_pose(replace(at(1).pose, expression=scores))
        image = mask.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int).copy()

    changed = np.flatnonzero(np.abs(drawn(1.0) - drawn(0.0)).max((1, 2)) > 8)
    assert len(changed)
    assert changed.min() >= rows[0]
    assert changed.max() <= rows[1]


def test_fingers_hang_from_the_hands_and_bend_as_the_pose_says() -> None:
    hands = np.array([[0.7, 1.4, 0.0], [-0.7, 1.4, 0.0]])
    flat = np.tile([0.0, 0, 0, 1], (30, 1))
    places, axes = fingers_in_world(hands, np.tile(np.eye(3), (2, 1, 1)), flat, 1.0)
    index = FINGER_NAMES.index("LeftIndexProximal")
    np.testing.assert_allclose(places[index] - hands[0], OFFSETS_M[index], atol=1e-6)
    np.testing.assert_allclose(places[:15] * [-1, 1, 1], places[15:], atol=1e-6)  # one hand mirrors the other
    bent = flat.copy()
    bent[index] = Rotation.from_euler("z", -90, degrees=True).as_quat()
    moved, turned = fingers_in_world(hands, np.tile(np.eye(3), (2, 1, 1)), bent, 1.0)
    below = moved[index + 1] - moved[index]
    np.testing.assert_allclose(below, [0, -np.linalg.norm(below), 0], atol=1e-6)
    np.testing.assert_allclose(turned[index + 2] @ [1, 0, 0], [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(
        np.delete(moved, [index + 1, index + 2], 0), np.delete(places, [index + 1, index + 2], 0)
    )
    relaxed, _ = fingers_in_world(hands, np.tile(np.eye(3), (2, 1, 1)), None, 1.0)
    assert (relaxed[[index + 2]] @ [0, 1, 0] < places[[index + 2]] @ [0, 1, 0] - 0.005).all()
    assert [bone[0] for bone in finger_ends()] == list(FINGER_NAMES)
    del axes
