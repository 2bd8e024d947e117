"""Editing of the replayed take: export the marked part, find a loop, check its quality. Qt thread only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from app.window.background import Background
from app.window.file_dialogs import ask_save
from app.window.playback import Playback
from app.window.widgets.replay_bar import ReplayBar
from engine.errors import describe
from engine.motion.edit import Edit, edited, loop_points
from engine.motion.formats import MOTION_SUFFIXES, write_motion
from engine.motion.npz import read_motion_npz
from engine.quality.files import write_report
from engine.quality.report import report_of
from engine.takes.player import Part

log = logging.getLogger(__name__)

_POLL_MS = 60
Say = Callable[[str, str], None]
"""A level and a message for the banner."""
Done = Callable[[], None]
"""Work left for the Qt thread after the background work."""


class TakeEditor(QObject):
    """Slow work runs on a separate thread, one task at a time."""

    def __init__(self, parent: QObject, bar: ReplayBar, playback: Playback, say: Say) -> None:
        super().__init__(parent)
        self._bar, self._playback, self._say = bar, playback, say
        self._work: Background[Done] = Background("take-editor")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        bar.marked.connect(playback.set_part)
        bar.export.connect(self.ask_where)
        bar.find_loop.connect(self.find_loop)
        bar.judge.connect(self.judge)

    def ask_where(self, fill: bool) -> None:
        """Ask for a file and write the marked part to it."""
        state = self._playback.state()
        if state is None:
            return
        take = Path(state.path)
        filters = ";;".join(f"{suffix[1:].upper()} (*{suffix})" for suffix in MOTION_SUFFIXES)
        name = ask_save(self._bar, "Export the marked part", "take", filters, f"{take.stem}-part.bvh")
        if name:
            self.export(take, Path(name), state.part, fill=fill)

    def export(self, take: Path, target: Path, part: Part, *, fill: bool) -> None:
        """Write the part of a take; the banner says where it went."""
        edit = Edit(fill=fill, start_s=part.start_s, end_s=part.end_s)

        def work() -> Done:
            said: list[str] = []
            path = write_motion(target, edited(read_motion_npz(take), edit, said.append), overwrite=True)
            return lambda: self._say("info", f"Exported {path.name}" + "".join(f"; {line}" for line in said))

        self._start(work)

    def find_loop(self) -> None:
        """Move the marks, by up to a second, so that the end continues into the start, and play the loop."""
        state = self._playback.state()
        if state is None:
            return
        take, part = Path(state.path), state.part

        def work() -> Done:
            start_s, end_s = loop_points(read_motion_npz(take), part.start_s, part.end_s)
            return lambda: self._playback.set_part(Part(start_s, end_s, loop=True))

        self._start(work)

    def judge(self) -> None:
        """Write the report beside the take and open it."""
        state = self._playback.state()
        if state is None:
            return
        take = Path(state.path)

        def work() -> Done:
            report = report_of(read_motion_npz(take))
            page, _ = write_report(take, report)

            def show() -> None:
                self._say("info" if report.light == "green" else "warning", f"{take.name}: {report.lines()[0]}")
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

            return show

        self._start(work)

    def _start(self, work: Callable[[], Done]) -> None:
        if not self._work.start(work):
            self._say("info", "Still busy with the previous task: one moment")
            return
        self._bar.set_busy(True)
        self._timer.start(_POLL_MS)

    def _poll(self) -> None:
        outcome = self._work.take()
        if outcome is None:
            return
        self._timer.stop()
        self._bar.set_busy(False)
        if isinstance(outcome, Exception):
            log.error("editing the take failed", exc_info=outcome)
            self._say("error", describe(outcome))
        else:
            outcome()
