"""Open the window for `vtm`: application, session, signals; return the exit code at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication

from app.arguments.options import RunOptions
from app.commands.headless import check_writable, take_at_risk
from app.engine_access import PipelineFactory, WindowPipelines
from app.log_file import defects_shown
from app.settings import Settings
from app.signals import signals_set
from app.stats_file import write_stats
from app.terminal import say
from app.window.camera_lookup import CameraLister
from app.window.main_window import MainWindow
from app.window.qt_log import qt_messages_logged
from app.window.session import Session
from app.window.widgets.opengl import OpenGL, probe_opengl
from app.window.widgets.product_icon import product
from app.window.widgets.theme import apply_theme
from engine.sources.camera_list import list_cameras


def open_window(
    options: RunOptions,
    settings: Settings,
    problem: str | None = None,
    factory: PipelineFactory | None = None,
    cameras: CameraLister = list_cameras,
    *,
    opengl: OpenGL | None = None,
    on_open: Callable[[MainWindow], None] | None = None,
) -> int:
    """Run the window on the main thread; return the exit code when window and pipeline have ended.

    settings  the user's settings with the command line's options applied
    problem   one line on invalid values in the settings file
    opengl    result of the OpenGL check; None: check now
    on_open   called once the window is visible and running
    Raises OutputError: take or statistics cannot be written.
    """
    for path in (options.record, options.stats):
        if path is not None:
            check_writable(path)
    application = make_application()
    pipelines = WindowPipelines(factory)
    session = Session(pipelines)
    window = MainWindow(session, settings, cameras, opengl or probe_opengl(), pipelines)
    window.finished.connect(application.quit)
    if problem:
        say(f"vtm: {problem}")
        window.say("warning", problem)
    stop = Event()
    with (
        signals_set(stop, at_risk=take_at_risk(options.record)),
        defects_shown(session.tell_defect),
        qt_messages_logged(),
    ):
        watch = QTimer(window)  # also lets Python handle signals, which Qt's event loop never would
        watch.timeout.connect(lambda: window.close() if stop.is_set() else None)
        watch.start(200)
        _begin(window, options)
        if on_open is not None:
            on_open(window)
        application.exec()
    last = window.last
    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # before the interpreter destroys Qt objects
    if options.stats is not None and last is not None:
        write_stats(options.stats, last)
    if not session.closed:
        say("vtm: the pipeline did not end in time; a device hangs")
        return 1
    return 0


def make_application() -> QApplication:
    """Create the application with its name, icon and style. It ends with the pipeline, not with the last window."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("VTM Live")
    application.setDesktopFileName("vtm-live")
    application.setQuitOnLastWindowClosed(False)
    application.setWindowIcon(product())
    apply_theme(application)
    return application


def _begin(window: MainWindow, options: RunOptions) -> None:
    """Show the window, start capturing, and start what else the command line requests."""
    window.show()
    window.begin()
    if options.record is not None:
        window.cues.start_take(options.record, overwrite=options.force)
    if options.calibrate:
        window.cues.toggle_calibration()
    if options.replay is not None:
        window.replay.open(options.replay)
    if options.seconds is not None:
        QTimer.singleShot(round(options.seconds * 1000), window.close)
