"""The window with two cameras: a second session and picture, both figures on one floor, and the way back. Qt thread.

Start: the second session begins, the first restarts with half of the processor, the comparison runs on its own thread.
End: the thread is joined, the second session closes in the background, the first gets the whole processor back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QSplitter, QVBoxLayout, QWidget

from app.commands.compare_sources import short_name, two_sources
from app.engine_access import WindowPipelines
from app.window.compare_thread import CompareThread
from app.window.session import Session
from app.window.widgets.compare_pane import ComparePane
from app.window.widgets.comparison_paint import COLOUR_A, COLOUR_B
from app.window.widgets.opengl import OpenGL
from app.window.widgets.video_view import VideoView
from engine.config import Config
from engine.errors import VtmError
from engine.live.cores import usable_cores
from engine.osc.targets import parse_targets
from engine.sources.camera_list import CameraInfo
from engine.sources.open_source import DEMO, DEMO_PAIR
from engine.types import Snapshot
from engine.viewpoints.live import CLIPS_APART_S, FARTHEST_SKEW_S

Say = Callable[[str, str], None]
_ENOUGH_CORES = 4
_MEAN_TARGET, _B_TARGET = "vmc://127.0.0.1:39540", "vmc://127.0.0.1:39541"


class TwoCameras(QObject):
    """Polled by the window's timer while `active`."""

    def __init__(
        self,
        parent: QObject,
        session: Session,
        pipelines: WindowPipelines,
        opengl: OpenGL,
        *,
        config: Callable[[], Config],
        change: Callable[[dict[str, object]], None],
        say: Say,
        cameras: Callable[[], tuple[CameraInfo, ...]],
    ) -> None:
        super().__init__(parent)
        self._first, self._pipelines = session, pipelines
        self._config, self._change, self._say, self._cameras = config, change, say, cameras
        self.video, self.pane = VideoView(), ComparePane(opengl)
        self.video.setVisible(False)
        self.pane.setVisible(False)
        self._second: Session | None = None
        self._closing: list[Session] = []
        self._thread: CompareThread | None = None
        self._b = ""
        self._fitted_for: tuple[object, ...] = ()
        self._begun, self._begins_with = False, 0
        """B starts once this many pipelines were created: together with A's new one, so that two clips run in step."""
        self._b_targets: tuple[str, ...] = ()
        self._frame_key: tuple[str, int] | None = None
        self._sizes: list[int] = []
        self.pane.refit.connect(self.refit)
        self.pane.ended.connect(self.end)
        self.pane.send.connect(self._ask_target)

    def place(self, splitter: QSplitter, video: VideoView, body: QWidget) -> None:
        """Put the second picture under the first, and the comparison pane where the body is."""
        self._splitter, self._body, self._first_video = splitter, body, video
        pane = video.parentWidget()
        column = None if pane is None else pane.layout()
        assert isinstance(column, QVBoxLayout)  # the camera's pane is a column
        column.addWidget(self.video, 1)
        splitter.addWidget(self.pane)

    @property
    def active(self) -> bool:
        """Whether two cameras are shown."""
        return self._second is not None

    @property
    def closed(self) -> bool:
        """Whether the second session has ended."""
        return not self.active and all(session.closed for session in self._closing)

    def begin(self, source: str) -> None:
        """Add a second camera; "demo": show the bundled pair instead of the current source."""
        if source == DEMO:
            self._change({"source": str(DEMO_PAIR[0])})
            source = str(DEMO_PAIR[1])
        try:
            a = self._first_source()
            two_sources(a, source, self._cameras)
        except VtmError as error:
            text = str(error)
            self._say("warning", text[0].upper() + text[1:])
            return
        if self.active:
            self.end()
        self._b, self._fitted_for = source, _picture(self._config())
        self._pipelines.two = True
        self._second = Session(self._pipelines)
        self._begun, self._begins_with = False, self._pipelines.made
        if not self._first.has_take:  # a running take is not interrupted
            self._begins_with += 1
            self.restart_first()
        names = short_name(a), short_name(source)
        farthest_s = CLIPS_APART_S if Path(source).is_file() else FARTHEST_SKEW_S
        self._thread = CompareThread((self._first, self._second), ("A", "B"), farthest_skew_s=farthest_s)
        self._thread.start()
        self._show(names)
        if usable_cores() < _ENOUGH_CORES:
            self._say("info", f"Two detectors share {usable_cores()} cores: each camera gives about half the poses")

    def _first_source(self) -> str:
        """Return the first camera's source; a default camera gets its name. Raises VtmError."""
        source, cameras = self._config().source, self._cameras()
        if source == "" and cameras:
            source = cameras[0].name
            self._change({"source": source})
        if source in ("", DEMO):
            raise VtmError("choose a first camera before the second one, or take the demo pair")
        return source

    def _second_config(self) -> Config:
        """Return the first camera's settings without those that only one pipeline can use."""
        return dataclasses.replace(
            self._config(),
            source=self._b,
            osc=self._b_targets,
            vmc_receive="",
            loop=True,
            record_video=False,
            hands="off",
            face="off",
        )

    def _show(self, names: tuple[str, str]) -> None:
        self._sizes = self._splitter.sizes()
        self.pane.begin(names)
        self._first_video.tag, self.video.tag = ("A", COLOUR_A), ("B", COLOUR_B)
        self.video.setVisible(True)
        self._body.setVisible(False)
        self.pane.setVisible(True)
        self._splitter.setSizes([self._sizes[0], 0, max(self._sizes[1], 1)])

    def end(self) -> None:
        """Return to one camera. Idempotent."""
        if self._second is None:
            return
        if self._thread is not None:
            self._thread.stop()
        self._second.close()
        self._closing = [session for session in (*self._closing, self._second) if not session.closed]
        self._second = self._thread = None
        self._b_targets, self._frame_key = (), None
        self._pipelines.two = False
        self._first_video.tag = None
        self._first_video.update()
        self.video.show_frame(None, None)
        self.video.setVisible(False)
        self.pane.setVisible(False)
        self._body.setVisible(True)
        if self._sizes:
            self._splitter.setSizes(self._sizes)

    def restart_first(self) -> None:
        """Give the first camera the whole processor again."""
        if not self._first.has_take:
            self._first.apply(dataclasses.replace(self._config(), loop=True), restart=True)

    def refit(self) -> None:
        """Fit again, on the next seconds."""
        if self._thread is not None:
            self._thread.refit()

    def pull(self, first: Snapshot) -> None:
        """Show the newest of both; `first` is the window's own snapshot."""
        if self._second is None or self._thread is None:
            return
        if not self._begun and self._pipelines.made >= self._begins_with:
            self._begun = True
            self._second.apply(self._second_config())
        second = self._second.snapshot()
        self._show_second(second)
        failed = next((snapshot for snapshot in (first, second) if snapshot.state == "failed"), None)
        errors = [] if failed is None else [m.text for m in failed.messages if m.level == "error"]
        self.pane.show_state(self._thread.state, first.pose, self._thread.problem or (errors[-1] if errors else ""))

    def follow(self) -> None:
        """Pass changed settings that both share to the second camera; fit again if its picture changed."""
        if self._second is None:
            return
        if self._config().source == self._b:
            self.end()
            self._say("info", "Back to one camera: the first camera now shows the second's source")
            return
        if self._begun:
            self._second.apply(self._second_config())
        if _picture(self._config()) != self._fitted_for:
            self._fitted_for = _picture(self._config())
            self.refit()

    def _show_second(self, snapshot: Snapshot) -> None:
        frame = snapshot.frame
        if frame is None:
            self.video.show_placeholder("Nothing to show" if snapshot.state == "failed" else "Starting…")
            return
        key = snapshot.source, frame.frame_id
        if key != self._frame_key:
            self._frame_key = key
            self.video.show_frame(frame, snapshot.detection)

    def _ask_target(self, what: str) -> None:
        """Ask for the address of a stream; an empty answer stops it."""
        usual = _MEAN_TARGET if what == "mean" else _B_TARGET
        whose = "the mean of both" if what == "mean" else "B's own motion"
        url, good = QInputDialog.getText(self.pane, "Send", f"Target for {whose} (empty: none)", text=usual)
        if good:
            self.send(what, url.strip())

    def send(self, what: str, url: str) -> None:
        """Send "mean" or "b" to another address; "": stop."""
        urls = (url,) if url else ()
        if self._thread is None:
            return
        try:
            parse_targets((*self._config().osc, *urls, *(self._b_targets if what == "mean" else ())))
            if what == "mean":
                self._thread.send_mean(urls)
            else:
                self._b_targets = urls
                self.follow()
        except VtmError as error:
            self._say("warning", str(error))
            return
        whose = "The mean of both" if what == "mean" else "B's motion"
        self._say("info", f"{whose} is sent to {url}" if url else f"{whose} is no longer sent")


def _picture(config: Config) -> tuple[object, ...]:
    """Return the settings that change a camera's picture."""
    return config.source, config.mirror, config.rotate_deg, config.hfov_deg, config.intrinsics_file
