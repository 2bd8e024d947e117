"""A label with several wordings that shows the longest one that fits."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class FittedLabel(QLabel):
    """`set_wordings` takes the same text in long and short forms."""

    def __init__(self, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wordings: tuple[str, ...] = ("",)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def set_wordings(self, *wordings: str) -> None:
        """Show the first that fits; the last is shortened in its middle if even that is too long."""
        if wordings != self._wordings:
            self._wordings = wordings
            self.updateGeometry()
            room = self.parentWidget()
            if room is not None and (layout := room.layout()) is not None:
                layout.activate()  # now, else text is cut off until the next event loop iteration
            self._fit()

    @property
    def wordings(self) -> tuple[str, ...]:
        """All wordings, longest first."""
        return self._wordings

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return space for the longest."""
        return self._room_for(self._wordings[0])

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return space for a few letters: a name may be long."""
        shortest = self._room_for(self._wordings[-1])
        return QSize(min(shortest.width(), self._room_for("M" * 5).width()), shortest.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Choose again for the new width."""
        super().resizeEvent(event)
        self._fit()

    def _room_for(self, text: str) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(text) + 2, metrics.height())

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        fitting = (one for one in self._wordings if metrics.horizontalAdvance(one) <= self.width())
        text = next(fitting, None)
        if text is None:
            text = metrics.elidedText(self._wordings[-1], Qt.TextElideMode.ElideMiddle, self.width())
        if text != self.text():
            self.setText(text)
