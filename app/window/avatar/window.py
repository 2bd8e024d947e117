"""The avatar in a window of its own, on green, magenta or a transparent background, for capture by OBS.

A right click offers background and framing; the mouse moves the camera as in the 3D pane. Nothing else is drawn.
"""

from __future__ import annotations

import numpy as np
from pyqtgraph.opengl.GLViewWidget import GLViewMixin
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QMouseEvent, QSurfaceFormat, QVector3D, QWheelEvent
from PySide6.QtOpenGL import QOpenGLWindow
from PySide6.QtWidgets import QMenu

from app.window.avatar.budget import DrawBudget
from app.window.avatar.framing import Framing, distance_m, fov_across_deg, framing
from app.window.avatar.item import AvatarItem, LoadedAvatar
from app.window.avatar.looks import FRAMINGS, GROUNDS
from app.window.widgets.body_mesh import to_gl
from app.window.widgets.product_icon import product
from engine.types import F32, Pose
from models.skeleton import JOINT

_COLOURS = {"green": (0, 255, 0, 255), "magenta": (255, 0, 255, 255), "none": (0, 0, 0, 0)}
_FOLLOW = 0.12
_TITLE = "VTM Live: avatar"


class AvatarWindow(GLViewMixin, QOpenGLWindow):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows one avatar. Qt thread. `chosen` is emitted with background and framing when the user changes one."""

    chosen = Signal(str, str)
    closed = Signal()

    def __init__(self, *, frugal: bool) -> None:
        super().__init__()
        surface = QSurfaceFormat(self.format())
        surface.setSamples(0 if frugal else 4)
        surface.setDepthBufferSize(24)
        surface.setAlphaBufferSize(8)
        surface.setSwapInterval(0)  # two windows waiting for vsync would halve each other's rate
        self.setFormat(surface)
        self.setTitle(_TITLE)
        self.setIcon(product())
        self.setMinimumSize(QSize(160, 160))
        self.resize(540, 720)
        self.ground, self.framing = "green", "whole"
        self.problem = ""
        self._frugal = frugal
        self._item: AvatarItem | None = None
        self._budget = DrawBudget()
        self._aim: F32 | None = None
        self._frame: Framing | None = None
        self._shown: Pose | None = None
        self.frameSwapped.connect(self._budget.end)
        self.show_ground("green")

    def show_avatar(self, avatar: LoadedAvatar | None) -> None:
        """Show another avatar, or none."""
        if self._item is not None:
            if self.context() is not None:
                self.makeCurrent()
                self._item.free()
            self.removeItem(self._item)
        self._shown = None
        self._item = None if avatar is None else AvatarItem(avatar, frugal=self._frugal)
        if self._item is not None:
            self.addItem(self._item)
            self.setTitle(f"{_TITLE} {self._item.avatar.model.avatar.name}")
        self.show_framing(self.framing)

    def show_pose(self, pose: Pose | None) -> None:
        """Move the avatar, once per pose; it keeps its pose while nobody is seen."""
        item = self._item
        if item is None or pose is None or pose is self._shown or not self.isExposed() or not self._budget.may_draw():
            return
        self._shown = pose
        item.show_pose(pose, grey=False)
        self.problem = item.problem
        self._follow(pose)

    def show_ground(self, ground: str) -> None:
        """Set the background, one of GROUNDS."""
        self.ground = ground
        self.setBackgroundColor(_COLOURS[ground])

    def show_framing(self, name: str) -> None:
        """Set the framing, one of FRAMINGS; the camera returns to the front."""
        self.framing = name
        self._aim = None
        self._frame = None if self._item is None else framing(self._item.avatar.model, name)
        if self._frame is not None:
            self.setCameraPosition(distance=distance_m(self._frame.span_m), elevation=0.0, azimuth=-90.0)
            self._look_at(np.array([0.0, 0.0, self._frame.centre_m], np.float32))

    def menu(self) -> QMenu:
        """Return a menu of backgrounds and framings with the current ones checked."""
        menu = QMenu()
        for names, current, choose in (
            (GROUNDS, self.ground, self._ground_chosen),
            (FRAMINGS, self.framing, self._framing_chosen),
        ):
            for name, words in names.items():
                action = menu.addAction(words)
                action.setCheckable(True)
                action.setChecked(name == current)
                action.triggered.connect(lambda _on, name=name, choose=choose: choose(name))
            menu.addSeparator()
        return menu

    def devicePixelRatioF(self) -> float:  # noqa: N802 - the name that pyqtgraph asks a widget for
        """Screen pixels per logical pixel."""
        return self.devicePixelRatio()

    def paintGL(self) -> None:  # noqa: N802 - Qt's name
        """Draw; the time it takes determines when the next drawing may follow."""
        self._budget.begin()
        self.opts["fov"] = fov_across_deg(self.width(), self.height())
        super().paintGL()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Move the camera nearer or farther; the field of view is fixed."""
        event.setModifiers(Qt.KeyboardModifier.NoModifier)
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Open the menu on a right click."""
        if event.button() == Qt.MouseButton.RightButton:
            self._menu = self.menu()
            self._menu.popup(event.globalPosition().toPoint())
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Return to the front."""
        self.show_framing(self.framing)
        event.accept()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Hide; the avatar stays loaded."""
        self.closed.emit()
        event.accept()

    def _ground_chosen(self, name: str) -> None:
        self.show_ground(name)
        self.chosen.emit(self.ground, self.framing)

    def _framing_chosen(self, name: str) -> None:
        self.show_framing(name)
        self.chosen.emit(self.ground, self.framing)

    def _follow(self, pose: Pose) -> None:
        """Move the camera smoothly after the performer, at the framing's height."""
        if self._frame is None:
            return
        place = to_gl(pose.joints_world_m[JOINT[self._frame.bone]])
        target = np.array([place[0], place[1], self._frame.centre_m], np.float32)
        self._aim = target if self._aim is None else self._aim + _FOLLOW * (target - self._aim)
        self._look_at(self._aim)

    def _look_at(self, place: F32) -> None:
        self.opts["center"] = QVector3D(*(float(part) for part in place))
        self.update()
