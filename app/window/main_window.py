"""The main window. It polls snapshots with one timer and sends back whole Configs; it never waits for the pipeline.

Start-up: the window shows, then the session starts the pipeline on its own thread. Shutdown: the window hides, the
session finishes take and pipeline on that thread, the timer notices and ends the application.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow

from app.command_line import check_source, is_recording
from app.commands.doctor import findings
from app.commands.report import report_text
from app.engine_access import WindowPipelines
from app.performers import remembered
from app.settings import Settings
from app.tones import TonePlayer
from app.window.avatar.control import AvatarControl
from app.window.camera_lookup import CameraLister, CameraLookup
from app.window.closing import Closing
from app.window.cue_control import CueControl
from app.window.drops import Drops
from app.window.file_dialogs import last_folders, remember_folders
from app.window.judged_takes import JudgedTakes
from app.window.kept_settings import KeptSettings
from app.window.leftover_takes import RECOVER, LeftOver
from app.window.live_pictures import LivePictures
from app.window.notices import Notices
from app.window.performer_control import PerformerControl
from app.window.replay_control import ReplayControl
from app.window.report_dialog import ReportDialog
from app.window.screens import Screens, with_bar
from app.window.session import Session
from app.window.two_cameras import TwoCameras
from app.window.viewpoints_mode import ViewpointsMode
from app.window.widgets.arrangement import arranged, camera_pane, split_pictures
from app.window.widgets.body_pane import BodyPane
from app.window.widgets.header import Header
from app.window.widgets.opengl import OpenGL
from app.window.widgets.performer_bar import PerformerBar, performer_words
from app.window.widgets.product_icon import product
from app.window.widgets.side_panel import SidePanel
from app.window.widgets.timing_strip import TimingStrip
from app.window.widgets.video_view import VideoView
from engine.config import Config
from engine.errors import UsageError
from engine.osc.own_port import check_own_port
from engine.types import PersonChoice, Snapshot

PULL_MS, FRUGAL_PULL_MS = 20, 30
"""The screen follows at up to 50 pictures a second, at 33 where few cores draw as well as track."""
_SLOW_S = 0.25


class MainWindow(QMainWindow):
    """The whole window. Qt thread only."""

    finished = Signal()
    """The window is closed and the pipeline has ended."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        list_cameras: CameraLister,
        opengl: OpenGL,
        pipelines: WindowPipelines | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("VTM Live")
        self.setWindowIcon(product())
        self.setMinimumSize(1040, 640)
        self.resize(1440, 860)
        self._session, self._kept = session, KeptSettings(settings, self.say)
        self._notices = Notices()
        self._slow_at_s = 0.0
        self._closing = Closing()
        self.last: Snapshot | None = None
        self.header, self.video, self.body = Header(), VideoView(), BodyPane(opengl)
        self.strip, self.side = TimingStrip(), SidePanel()
        self._pictures = LivePictures(self.video, self.body, self.side.details)
        self.cameras = CameraLookup(list_cameras, self.side.source, self.say)
        self.drops = Drops(self, lambda: self.config.osc, self.change, self.say)
        self.replay = ReplayControl(self, session, self.body, self.side.targets, self.side.details)
        tones = TonePlayer(QApplication.beep)
        self.cues = CueControl(session, self.video.cue, self.side, tones, lambda: self.config.countdown_s)
        self.avatar = AvatarControl(self.body, opengl, settings)
        self.performers = PerformerControl(self.side.performer, lambda: self._kept.now, self._use, self.say)
        self._left_over, pipelines = LeftOver(), pipelines or WindowPipelines()
        self.judged = JudgedTakes(self.video.card, pipelines.judge, self.say)
        self._splitter = split_pictures(self.video, self.body)
        self.two = TwoCameras(
            self,
            session,
            pipelines,
            opengl,
            config=lambda: self.config,
            change=self.change,
            say=self.say,
            cameras=lambda: self.side.source.cameras,
        )
        self.two.place(self._splitter, self.video, self.body)
        self.bar = PerformerBar()
        self.viewpoints = ViewpointsMode(
            self,
            session,
            self.body,
            self.side,
            self.header.viewpoints,
            config=lambda: self.config,
            change=self.change,
            say=self.say,
        )
        panel, foot = self.viewpoints.panel, with_bar(self.strip, self.bar)
        self.screens = Screens(self, self.bar, (self.strip, self.side, self.body, self.two.pane, panel))
        self.setCentralWidget(arranged(self.header, self._splitter, foot, self.side, panel))
        self.viewpoints.place_full_screen((self.header, foot, self.side, panel), (camera_pane(self.video),))
        self._connect()
        self._restore()
        self._pull_ms = FRUGAL_PULL_MS if opengl.frugal else PULL_MS
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._pull)

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self._kept.now.config

    def begin(self) -> None:
        """Start capturing and pulling; the window may already be on screen."""
        self.cameras.start()
        self._left_over.look(self._kept.now.folder)
        self._session.apply(self._live(self.config))
        self._timer.start(self._pull_ms)

    def say(self, level: str, text: str) -> None:
        """A line of the window's own, in the banner."""
        self._notices.say(level, text)

    def change(self, fields: dict[str, object]) -> None:
        """Apply new fields of Config: send the whole Config to the pipeline and save it.

        A take that is opened as a video is replayed.
        """
        config = dataclasses.replace(self.config, **fields)  # type: ignore[arg-type]  # the panels send Config's own fields
        if config == self.config:
            return
        if config.source != self.config.source and is_recording(config.source):
            self.side.show_config(self.config)
            self.replay.open(Path(config.source))
            return
        try:
            check_own_port(config.osc, config.vmc_receive)
            if config.source != self.config.source:
                check_source(config.source)
        except UsageError as error:
            self.say("warning", str(error))
            self.side.show_config(self.config)
            return
        if self.viewpoints.busy or config.source != self.config.source:
            self.viewpoints.close()
        if config.source != self.config.source:
            self.strip.chart.clear()
        self.avatar.follow(self.config.osc, config.osc)
        self._use(remembered(dataclasses.replace(self._kept.now, config=config)))

    def _use(self, settings: Settings) -> None:
        """Keep whole settings, show them, and send their Config to the pipeline."""
        self._kept.keep(settings)
        self.side.show_config(self.config)
        self.replay.height_m = self.config.height_m
        self._session.apply(self._live(self.config))
        self.two.follow()

    def _connect(self) -> None:
        self.side.changed.connect(self.change)
        self.side.source.second_wanted.connect(self.two.begin)
        self.two.pane.ended.connect(self.two.restart_first)
        self.side.record.sounded.connect(self._sounds)
        self.side.record.chosen.connect(self._takes_chosen)
        self.side.record.replay.connect(self.replay.open)
        self.avatar.kept.connect(lambda fields: self._kept.change(**fields))
        self.avatar.said.connect(self.say)
        self.avatar.picked.connect(self.drops.take_avatar)
        self.drops.opened.connect(self.avatar.open)
        self.video.banner.pressed.connect(self._banner_pressed)
        self.video.chosen.connect(lambda x_px, y_px: self._session.choose_person(PersonChoice((x_px, y_px))))
        self.header.performer.toggled.connect(self._show_screen)
        self.header.report.clicked.connect(self._report)
        for key, action in (
            ("R", self.cues.toggle_take),
            ("C", self.cues.toggle_calibration),
            ("N", lambda: self._session.choose_person(PersonChoice())),
            ("P", self.header.performer.toggle),
            ("M", lambda: self.side.source.mirror.toggle()),
            ("Ctrl+O", self.side.source.ask_file),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    def _restore(self) -> None:
        kept = self._kept.now
        remember_folders(kept.folders)
        self.replay.height_m = self.config.height_m
        self.side.show_config(self.config)
        self.performers.show()
        self.side.record.show_choice(kept.folder, kept.take_suffix)
        self.side.record.show_sound(kept.sounds)
        self.cues.sounds = kept.sounds
        if kept.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(kept.window_geometry.encode()))
        if len(kept.splitter) == 2:
            self._splitter.setSizes(list(kept.splitter))
        self.header.performer.setChecked(kept.performer_screen)

    def _pull(self) -> None:
        """The one timer: pictures for every new frame, figures a few times per second."""
        now_s = time.monotonic()
        if self._closing.since_s:
            self._see_off(now_s)
            return
        snapshot = self._session.snapshot()
        playing = self.replay.pull()
        self._pictures.show(snapshot, now_s, playing=playing)
        self.avatar.pull(self.body.shown)
        self.two.pull(snapshot)
        self.cues.pull(snapshot)
        self.viewpoints.pull(snapshot)
        self.judged.pull(recording=snapshot.recording is not None)
        self.video.banner.show_notice(self._notices.notice(snapshot, self._left_over.notice()))
        if now_s - self._slow_at_s >= _SLOW_S or self.last is None or snapshot.state != self.last.state:
            self._slow_at_s = now_s
            self._show_figures(snapshot)
        self.last = snapshot

    def _show_figures(self, snapshot: Snapshot) -> None:
        self.strip.show_stats(snapshot.stats, self._pictures.fps)
        self.header.show_snapshot(snapshot, self._notices.silence_s())
        notices, notice = self._notices, self.video.banner.notice
        self.bar.show_words(performer_words(snapshot, notice, notices.silence_s(), too_slow=notices.too_slow))
        self.side.show_snapshot(snapshot)
        self.performers.pull(snapshot)
        self.cameras.pull()
        self._kept.save()

    def _banner_pressed(self, action: str) -> None:
        if action == RECOVER:
            self._session.recover(self._left_over.take())
        else:
            self._session.apply(self._live(self.config), restart=True)

    def _live(self, config: Config) -> Config:
        """Return the config for the window, where a clip is looped."""
        return dataclasses.replace(config, loop=True)

    def _report(self) -> None:
        snapshot = self._session.snapshot()
        ReportDialog(self, lambda: report_text(findings(try_back_ends=False), snapshot)).open()

    def _sounds(self, on: bool) -> None:
        self.cues.sounds = on
        self._kept.change(sounds=on)

    def _show_screen(self, performer: bool) -> None:
        self.screens.show_performer(performer)
        self._kept.change(performer_screen=performer)

    def _takes_chosen(self, folder: str, suffix: str) -> None:
        self._kept.change(take_folder=folder, take_suffix=suffix)
        self.side.record.show_choice(self._kept.now.folder, suffix)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Hide at once; the take and the pipeline are finished in the background."""
        event.ignore()
        if self._closing.since_s:
            return
        self._closing.since_s = time.monotonic()
        self.two.end()
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self._kept.change(window_geometry=geometry, splitter=tuple(self._splitter.sizes()[:2]), folders=last_folders())
        self._kept.save()
        self.avatar.close()
        self.hide()
        self._session.close()
        self._timer.start(self._pull_ms)

    def _see_off(self, now_s: float) -> None:
        ended = self._session.closed and self.two.closed
        if self._closing.over(self._session.snapshot().recording, ended, now_s):
            self._timer.stop()
            self.cues.close()
            self.finished.emit()
