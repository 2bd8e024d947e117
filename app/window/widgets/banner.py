"""One line over the video: what is going on and, if there is one, the button that helps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.window.notices import Notice
from app.window.widgets.fields import Dot, label
from app.window.widgets.slab import paint_slab
from app.window.widgets.theme import LEVEL_COLOURS, LINE

_OPACITY = 0.93


class Banner(QWidget):
    """Shows a Notice; hidden without one."""

    pressed = Signal(str)
    """The label of the button that was pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self._notice: Notice | None = None
        self._dot = Dot()
        self._text = label("")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.setProperty("role", "banner")
        self._button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._button.clicked.connect(lambda: self.pressed.emit(self._button.text()))
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(14, 9, 10, 9)
        line.setSpacing(10)
        line.addWidget(self._dot)
        line.addWidget(self._text, 1)
        line.addWidget(self._button)
        self.hide()

    @property
    def notice(self) -> Notice | None:
        """The notice shown."""
        return self._notice

    def show_notice(self, notice: Notice | None) -> None:
        """Show a notice, or hide the banner. Cheap when nothing changed."""
        if notice == self._notice:
            return
        self._notice = notice
        if notice is None:
            self.hide()
            return
        self._dot.set_colour(LEVEL_COLOURS.get(notice.level, LINE))
        self._text.setText(notice.text)
        self._text.setAccessibleName(notice.text)
        self._button.setText(notice.action)
        self._button.setVisible(bool(notice.action))
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Place the banner along the top of the parent, with margins."""
        width = max(min(self._room.width() - 24, 620), 120)
        height = max(self._line.heightForWidth(width), 40)
        self.setGeometry((self._room.width() - width) // 2, 12, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the background."""
        paint_slab(self, _OPACITY)
