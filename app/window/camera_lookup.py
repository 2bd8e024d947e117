"""The list of cameras: looked for on a thread, shown when it is there. Qt thread only."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.window.background import Background
from app.window.widgets.source_panel import SourcePanel
from engine.sources.camera_list import CameraInfo

log = logging.getLogger(__name__)

CameraLister = Callable[[], tuple[CameraInfo, ...]]


class CameraLookup:
    """Pulled by the window's timer."""

    def __init__(self, list_cameras: CameraLister, panel: SourcePanel, say: Callable[[str, str], None]) -> None:
        self._list, self._panel, self._say = list_cameras, panel, say
        self._search: Background[tuple[CameraInfo, ...]] = Background("list-cameras")
        panel.refresh_wanted.connect(self.start)

    def start(self) -> None:
        """Look for cameras, unless that goes on already."""
        if self._search.start(self._list):
            self._panel.refresh.setEnabled(False)

    def pull(self) -> None:
        """Show the list once it is there."""
        cameras = self._search.take()
        if cameras is None:
            return
        self._panel.refresh.setEnabled(True)
        if isinstance(cameras, Exception):
            log.warning("the cameras cannot be listed", exc_info=cameras)
            self._say("warning", f"The cameras cannot be listed: {cameras}")
        else:
            self._panel.show_cameras(cameras)
