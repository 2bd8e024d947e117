"""The right-hand pane: the 3D view if OpenGL works, else a message; above it the legend and the choice of views, below
it the timeline of a replay.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.window.widgets import icons
from app.window.widgets.fields import Dot, icon_button, label
from app.window.widgets.opengl import OpenGL
from app.window.widgets.replay_bar import ReplayBar
from app.window.widgets.theme import ACCENT, RIGHT_SIDE
from app.window.widgets.view_bar import ViewBar
from engine.types import Frame, Pose


class PaneTitle(QWidget):
    """The row above a pane."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setFixedHeight(34)
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(14, 0, 8, 0)
        self.line.setSpacing(6)
        self.line.addWidget(label(title.upper(), "section"))
        self.line.addStretch(1)


class BodyPane(QWidget):
    """Shows poses, or a message on why it cannot."""

    def __init__(self, opengl: OpenGL) -> None:
        super().__init__()
        title = PaneTitle("Motion")
        for colour, name in ((ACCENT, "left"), (RIGHT_SIDE, "right")):
            dot = Dot()
            dot.set_colour(colour)
            title.line.addWidget(dot)
            title.line.addWidget(label(name, "muted"))
            title.line.addSpacing(6)
        self.avatar = icon_button(icons.avatar(), "Your avatar (.vrm): show it here, or alone in a window for OBS")
        self.avatar.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        title.line.addWidget(self.avatar)
        home = icon_button(icons.home(), "Reset the view. Drag to orbit, scroll to zoom")
        title.line.addWidget(home)
        self.message = label("", "placeholder")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.message)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(title)
        self.bar = ViewBar()
        box.addWidget(self.bar)
        box.addLayout(self._stack, 1)
        self.replay = ReplayBar()
        box.addWidget(self.replay)
        self._shown: Pose | None = None
        self._pictured = True
        self.view = None
        if opengl.problem:
            self._give_up(f"No 3D view: {opengl.problem}.\nEverything else works.")
            return
        from app.window.widgets.body_view import BodyView  # needs OpenGL, which may be missing

        self.view = BodyView(samples=0 if opengl.frugal else 4)
        self._container = QWidget.createWindowContainer(self.view, self)
        self._stack.addWidget(self._container)
        self._stack.setCurrentWidget(self._container)
        home.clicked.connect(self.view.home)
        home.clicked.connect(lambda: self.bar.show_look("free"))
        self.view.on_look = self.bar.show_look
        self.bar.looked.connect(self.view.show_look)
        self.bar.followed.connect(lambda on: setattr(self.view, "following", on))

    def show_picture(self, frame: Frame | None) -> None:
        """Set the picture of the next pose: the camera view draws it behind the figure. None: a replay has none."""
        self._pictured = frame is not None
        if self.view is not None and not self.view.problem:
            self.view.show_picture(frame)

    def show_camera(self, on: bool) -> None:
        """Draw the camera as a pyramid."""
        if self.view is not None:
            self.view.show_camera(on)

    @property
    def pictured(self) -> bool:
        """Whether the poses belong to pictures: not those of a replay."""
        return self._pictured

    @property
    def shown(self) -> Pose | None:
        """The newest pose to be drawn, live or from a replay."""
        return self._shown

    def show_pose(self, pose: Pose | None) -> None:
        """Draw a pose once; None clears the floor."""
        if self.view is None or pose is self._shown:
            return
        if self.view.problem:
            self._give_up(self.view.problem)
            return
        self._shown = pose
        if pose is None:
            self.view.clear_pose()
        else:
            self.view.show_pose(pose)

    def catch_up(self) -> None:
        """Draw the newest pose if the view has not yet."""
        if self.view is not None and self._shown is not None:
            self.view.catch_up(self._shown)

    def _give_up(self, why: str) -> None:
        self.bar.setEnabled(False)
        self.message.setText(why)
        self._stack.setCurrentWidget(self.message)
