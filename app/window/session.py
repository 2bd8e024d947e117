"""Runs the pipeline for the window: slow calls (start, stop, change, record) go to one worker thread, never Qt's.

The window calls from its own thread and returns at once; what went wrong comes back as a message in `snapshot()`.
No Qt in this file and no signals: the screen pulls.
"""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app.commands.recover import recover_one
from app.engine_access import PipelineFactory, PipelineLike
from app.window.playback import Playback
from engine.config import Config
from engine.errors import VtmError, describe
from engine.masking import mask_secrets
from engine.takes.recording import Recording
from engine.types import Message, Percentiles, Snapshot, Stats

log = logging.getLogger(__name__)

_ZERO = Percentiles(0.0, 0.0, 0.0)
NO_STATS = Stats(0, 0, 0, 0.0, 0.0, 0.0, _ZERO, {}, "", "")


class Session:
    """One pipeline at a time, made, changed and stopped on a worker thread. Public methods: any thread, no waiting."""

    def __init__(self, factory: PipelineFactory) -> None:
        self._factory = factory
        self._pipeline: PipelineLike | None = None  # set by the worker, read by snapshot()
        self._state = "stopped"
        self._source = ""
        self._wanted: Config | None = None
        self._config: Config | None = None  # the last one applied; worker only
        self._restart = False
        self._playback = Playback()
        self._own_messages: deque[Message] = deque(maxlen=20)
        self._lock = threading.Lock()
        self._commands: queue.Queue[Callable[[], None] | None] = queue.Queue(maxsize=64)
        self._worker = threading.Thread(target=self._work, name="pipeline-control", daemon=True)
        self._worker.start()

    def apply(self, config: Config, *, restart: bool = False) -> None:
        """Run with `config` from now on; calls in a row become one. `restart`: begin again even if nothing changed."""
        with self._lock:
            waiting = self._wanted is not None
            self._wanted = config
            self._restart = self._restart or restart
        if not waiting:
            self._put(self._apply_wanted)

    def calibrate(self) -> None:
        """Take the performer's present pose as facing forward."""
        self._put(lambda: self._running().calibrate())

    def start_recording(self, path: Path) -> None:
        """Begin a take; its folder is made when missing."""
        self._put(lambda: self._record(path))

    def stop_recording(self) -> None:
        """End the take and keep it."""
        self._put(self._end_recording)

    def play(self, load: Callable[[], Recording], *, loop: bool = False) -> None:
        """Play a recording to the targets instead of the live motion, until `stop_playing`."""
        self._put(lambda: self._play(load, loop))

    def stop_playing(self) -> None:
        """The live motion goes out again."""
        self._put(self._end_playing)

    @property
    def playback(self) -> Playback:
        """What is played, to be paused and moved."""
        return self._playback

    def recover(self, partials: tuple[Path, ...]) -> None:
        """Finish takes that a crash left behind."""
        self._put(lambda: self._recover(partials))

    def close(self) -> None:
        """Stop the pipeline and end the worker; `closed` turns True when that is done."""
        self._put(None)

    @property
    def closed(self) -> bool:
        """True when the worker has ended."""
        return not self._worker.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Wait for the worker after close(). True when it has ended."""
        self._worker.join(timeout_s)
        return self.closed

    def snapshot(self) -> Snapshot:
        """The pipeline's snapshot with this session's own messages behind it; without a pipeline a bare one."""
        pipeline, own, playing = self._pipeline, tuple(self._own_messages), self._playback.state()
        if pipeline is None:
            targets = () if playing is None else playing.targets
            return Snapshot(self._state, self._source, None, None, None, NO_STATS, own, targets, None)
        snapshot = pipeline.snapshot()
        if own:
            snapshot = dataclasses.replace(snapshot, messages=(*snapshot.messages, *own))
        return snapshot if playing is None else dataclasses.replace(snapshot, targets=playing.targets)

    def _put(self, command: Callable[[], None] | None) -> None:
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            self._say("warning", "Still busy with earlier commands; please try again in a moment")

    def _say(self, level: str, text: str) -> None:
        self._own_messages.append(Message(level, mask_secrets(text)))

    def _work(self) -> None:
        """The worker thread."""
        while (command := self._commands.get()) is not None:
            self._guard(command)
        self._guard(self._playback.stop)
        self._guard(self._leave)

    def _guard(self, command: Callable[[], None]) -> None:
        try:
            command()
        except Exception as error:
            log.error("a command of the window failed", exc_info=True)
            self._say("error", describe(error))

    def _apply_wanted(self) -> None:
        with self._lock:
            config, restart = self._wanted, self._restart
            self._wanted, self._restart = None, False
        if config is None:
            return
        self._config = config
        self._playback.follow(config.osc)
        config = self._playback.muted(config)
        pipeline = self._pipeline
        if pipeline is not None and not restart and pipeline.snapshot().state != "stopped":
            pipeline.reconfigure(config)
            return
        self._leave()
        self._enter(config)

    def _enter(self, config: Config) -> None:
        self._state, self._source = "starting", mask_secrets(config.source)
        self._own_messages.clear()
        try:
            self._pipeline = self._factory(config).__enter__()
        except BaseException:
            self._state = "failed"
            raise
        self._state = "running"

    def _leave(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        self._state = "stopped"
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def _play(self, load: Callable[[], Recording], loop: bool) -> None:
        try:
            self._playback.start(load(), () if self._config is None else self._config.osc, loop)
        finally:
            self._follow_playback()

    def _end_playing(self) -> None:
        self._playback.stop()
        self._follow_playback()

    def _follow_playback(self) -> None:
        """A receiver hears one stream: the live one is silent while something is played."""
        if self._pipeline is not None and self._config is not None:
            self._pipeline.reconfigure(self._playback.muted(self._config))

    def _recover(self, partials: tuple[Path, ...]) -> None:
        for partial in partials:
            line, good = recover_one(partial)
            self._say("info" if good else "error", line[0].upper() + line[1:])

    def _running(self) -> PipelineLike:
        if self._pipeline is None:
            raise VtmError("Nothing is being captured: choose a camera, a file or the demo first")
        return self._pipeline

    def _end_recording(self) -> None:
        path = self._running().stop_recording()
        if path is not None:
            self._say("info", f"Saved {path}")

    def _record(self, path: Path) -> None:
        pipeline = self._running()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VtmError(
                f"The folder {path.parent} cannot be made ({error.strerror}): choose another folder"
            ) from error
        pipeline.start_recording(path)
