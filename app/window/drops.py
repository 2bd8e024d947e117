"""Files dropped on the window: a take is replayed, a video becomes the source, an avatar is given to the targets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.window.avatar_drop import given_to_all, is_avatar
from engine.errors import UsageError, VtmError


class Drops(QObject):
    """Listens to one window. Qt thread only."""

    opened = Signal(str)
    """An avatar's file, to be shown."""

    def __init__(
        self,
        window: QWidget,
        targets: Callable[[], tuple[str, ...]],
        change: Callable[[dict[str, object]], None],
        say: Callable[[str, str], None],
    ) -> None:
        """change: takes new fields of Config."""
        super().__init__(window)
        self._targets, self._change, self._say = targets, change, say
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Accept local files and use the first."""
        if not isinstance(event, QDropEvent):
            return False
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
        if files and event.type() == QEvent.Type.Drop:
            self.take(files[0])
        return isinstance(event, QDragEnterEvent) or event.type() == QEvent.Type.Drop

    def take(self, path: str) -> None:
        """Use a file."""
        self.take_avatar(path) if is_avatar(path) else self._change({"source": path})

    def take_avatar(self, path: str) -> None:
        """Give an avatar to all VMC targets, and show it."""
        try:
            targets, about = given_to_all(path, self._targets())
        except UsageError as error:  # nobody to send it to, but it can be seen
            self._say("warning", str(error))
            self.opened.emit(path)
            return
        except VtmError as error:
            self._say("warning", str(error))
            return
        self._change({"osc": targets})
        self.opened.emit(path)
        self._say("info", about)
