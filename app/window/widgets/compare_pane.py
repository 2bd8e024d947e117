"""The right-hand pane while two cameras are compared: names, one floor with both figures, and large results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.window.widgets.body_pane import PaneTitle
from app.window.widgets.comparison_figures import ComparisonFigures
from app.window.widgets.comparison_paint import COLOUR_A, COLOUR_B
from app.window.widgets.fields import Dot, label
from app.window.widgets.opengl import OpenGL
from engine.types import Pose
from engine.viewpoints.live import LiveState

if TYPE_CHECKING:
    from app.window.widgets.two_bodies_view import TwoBodiesView


_NAME_PX = 64
"""Maximum width of a camera's name; its tooltip shows all of it."""


class ComparePane(QWidget):
    """Emits button presses; Qt thread only."""

    refit = Signal()
    ended = Signal()
    send = Signal(str)
    """"b": B's own motion, "mean": the mean of both."""

    def __init__(self, opengl: OpenGL) -> None:
        super().__init__()
        self.setMinimumWidth(420)
        self._opengl = opengl
        title = PaneTitle("")
        self._names = label("", "muted"), label("", "muted")
        for name, colour in zip(self._names, (COLOUR_A, COLOUR_B), strict=True):
            dot = Dot()
            dot.set_colour(colour)
            title.line.insertWidget(title.line.count() - 1, dot)
            title.line.insertWidget(title.line.count() - 1, name)
            title.line.insertSpacing(title.line.count() - 1, 8)
        self.again = QPushButton("Fit again")
        self.again.setToolTip("Forget the rotation and fit the next ten seconds")
        self.again.clicked.connect(self.refit)
        self.send_button = QToolButton()
        self.send_button.setText("Send…")
        self.send_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.send_button)
        menu.addAction("The mean of both…", lambda: self.send.emit("mean"))
        menu.addAction("B's own motion…", lambda: self.send.emit("b"))
        self.send_button.setMenu(menu)
        self.less = QPushButton("− Camera")
        self.less.setToolTip("Back to one camera")
        self.less.clicked.connect(self.ended)
        for button in (self.again, self.send_button, self.less):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            title.line.addWidget(button)
        title.setFixedHeight(44)
        self.message = label("", "placeholder")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.figures = ComparisonFigures()
        self._stack = QStackedLayout()
        self._stack.addWidget(self.message)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(title)
        box.addLayout(self._stack, 3)
        box.addWidget(self.figures, 2)
        self.view: TwoBodiesView | None = None
        self._shown: Pose | None = None

    def begin(self, names: tuple[str, str]) -> None:
        """Show the names and an empty floor; the 3D view is created the first time."""
        for shown, name in zip(self._names, names, strict=True):
            shown.setText(shown.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_PX))
            shown.setToolTip(name)
        if self._opengl.problem:
            self._give_up(f"No 3D view: {self._opengl.problem}.\nEverything else works.")
        elif self.view is None:
            from app.window.widgets.two_bodies_view import TwoBodiesView  # needs OpenGL, which may be missing

            self.view = TwoBodiesView(samples=0 if self._opengl.frugal else 4)
            container = QWidget.createWindowContainer(self.view, self)
            self._stack.addWidget(container)
            self._stack.setCurrentWidget(container)
        else:
            self.view.clear_pose()

    def show_state(self, state: LiveState, a: Pose | None, problem: str = "") -> None:
        """Draw the newest results, and A overlaid with B; without a fit, A's newest pose alone."""
        self.figures.show_state(state, problem)
        a = state.pose or a
        if self.view is None or a is None or a is self._shown:
            return
        if self.view.problem:
            self._give_up(self.view.problem)
            return
        self._shown = a
        self.view.show_both(a, state.over)

    def _give_up(self, why: str) -> None:
        self.message.setText(why)
        self._stack.setCurrentWidget(self.message)
