"""Runs the pipeline for the window: slow calls (start, stop, change, record) go to one worker thread, never Qt's.

The window states its requests (app.window.wanted) and returns at once; the worker compares them with what it has
handled and takes the next step. Errors come back as messages in `snapshot()`. No Qt in this file and no signals: the
screen polls.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app.commands.recover import recover_one
from app.engine_access import PipelineFactory, PipelineLike
from app.window.playback import Playback
from app.window.take_steps import TakeSteps
from app.window.wanted import Playing, Wanted, WantedTake
from engine.config import Config
from engine.errors import VtmError, describe
from engine.masking import mask_secrets
from engine.takes.recording import Recording
from engine.types import Message, Percentiles, PersonChoice, Snapshot, Stats

log = logging.getLogger(__name__)

_ZERO = Percentiles(0.0, 0.0, 0.0)
NO_STATS = Stats(0, 0, 0, 0.0, 0.0, 0.0, _ZERO, {}, "", "")
_TICK_S = 0.02  # precision of a take's start after its countdown


class Session:
    """One pipeline at a time, created, changed and stopped on a worker thread. Public methods: any thread, no
    waiting."""

    def __init__(self, factory: PipelineFactory, clock: Callable[[], float] = time.monotonic) -> None:
        self._factory = factory
        self._clock = clock
        self._changed = threading.Condition()  # guards the next line
        self._wanted = Wanted()
        self._seen_to = Wanted()  # worker only, as the next two: what was tried, with success or not
        self._takes = TakeSteps(self._running, self._give_up)
        self._config: Config | None = None  # the last one applied
        self._pipeline: PipelineLike | None = None  # set by the worker, read by snapshot()
        self._state = "stopped"
        self._source = ""
        self._playback = Playback()
        self._own_messages: deque[Message] = deque(maxlen=20)
        self._worker = threading.Thread(target=self._work, name="pipeline-control", daemon=True)
        self._worker.start()

    def apply(self, config: Config, *, restart: bool = False) -> None:
        """Run with `config` from now on. `restart`: restart even if nothing changed."""
        self._want(lambda wanted: wanted.with_config(config, restart=restart))

    def calibrate(self) -> None:
        """After the countdown, make the performer's pose face forward."""
        self._want(lambda wanted: wanted.with_calibration(True))

    def cancel_calibration(self) -> None:
        """Cancel a calibration under way."""
        self._want(lambda wanted: wanted.with_calibration(False))

    def calibrate_hands(self) -> None:
        """Measure the range of the fingers; messages give the instructions."""
        if (pipeline := self._pipeline) is not None:
            pipeline.calibrate_hands()

    def choose_person(self, choice: PersonChoice) -> None:
        """Follow another person in the picture."""
        if (pipeline := self._pipeline) is not None:
            pipeline.choose_person(choice)

    def start_recording(self, path: Path, countdown_s: float = 0.0, *, overwrite: bool = False) -> None:
        """Start a take after `countdown_s` seconds; a missing folder is created at once.

        An existing file is kept, unless `overwrite`.
        """
        take = WantedTake(path, self._clock() + countdown_s, overwrite)
        self._want(lambda wanted: dataclasses.replace(wanted, take=take))

    def stop_recording(self) -> None:
        """Stop the take and keep it, or cancel its countdown."""
        self._want(lambda wanted: dataclasses.replace(wanted, take=None))

    @property
    def calibrating(self) -> bool:
        """Whether a calibration is requested or under way, and can be cancelled."""
        wanted = self._wanted
        if wanted.calibrated != self._seen_to.calibrated:
            return wanted.calibrating
        pipeline = self._pipeline
        return pipeline is not None and pipeline.snapshot().calibration.active

    @property
    def has_take(self) -> bool:
        """Whether a take is running or counting down."""
        return self._wanted.take is not None

    @property
    def take_in_s(self) -> float | None:
        """Seconds until the take starts; None when none is due."""
        take = self._wanted.take
        if take is None or take is self._seen_to.take:
            return None
        return max(take.from_s - self._clock(), 0.0)

    def play(self, load: Callable[[], Recording], *, loop: bool = False) -> None:
        """Play a recording to the targets instead of live motion, until `stop_playing`."""
        playing = Playing(load, loop)
        self._want(lambda wanted: dataclasses.replace(wanted, playing=playing))

    def stop_playing(self) -> None:
        """Send live motion again."""
        self._want(lambda wanted: dataclasses.replace(wanted, playing=None))

    @property
    def playback(self) -> Playback:
        """The current playback, to pause and seek."""
        return self._playback

    def recover(self, partials: tuple[Path, ...]) -> None:
        """Finish takes that a crash left incomplete."""
        self._want(lambda wanted: wanted.with_partials(partials))

    def close(self) -> None:
        """Stop the pipeline and end the worker; `closed` becomes True when that is done."""
        self._want(lambda wanted: dataclasses.replace(wanted, closed=True))

    @property
    def closed(self) -> bool:
        """Whether the worker has ended."""
        return not self._worker.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Wait for the worker after close(). Return True when it has ended."""
        self._worker.join(timeout_s)
        return self.closed

    def snapshot(self) -> Snapshot:
        """Return the pipeline's snapshot plus this session's messages; an empty one without a pipeline."""
        pipeline, own, playing = self._pipeline, tuple(self._own_messages), self._playback.state()
        if pipeline is None:
            targets = () if playing is None else playing.targets
            return Snapshot(self._state, self._source, None, None, None, NO_STATS, own, targets, None)
        snapshot = pipeline.snapshot()
        if own:
            snapshot = dataclasses.replace(snapshot, messages=(*snapshot.messages, *own))
        return snapshot if playing is None else dataclasses.replace(snapshot, targets=playing.targets)

    def tell(self, level: str, text: str) -> None:
        """Show a message from a part of the window. Any thread."""
        self._say(level, text)

    def tell_defect(self, text: str) -> None:
        """Show a message on an uncaught error, which is logged already. Any thread."""
        self._say("error", text)

    def _want(self, change: Callable[[Wanted], Wanted]) -> None:
        with self._changed:
            self._wanted = change(self._wanted)
            self._changed.notify_all()

    def _say(self, level: str, text: str) -> None:
        """Add a message for the user; that of an error follows its traceback in the log."""
        if level != "error":
            log.info("%s", text)
        self._own_messages.append(Message(level, mask_secrets(text)))

    def _work(self) -> None:
        """The worker thread."""
        while (step := self._next_step()) is not None:
            self._guard(step)
        self._guard(self._playback.stop)
        self._guard(self._leave)

    def _next_step(self) -> Callable[[], None] | None:
        """Wait for something to do; None: the window is closed."""
        with self._changed:
            while not self._wanted.closed:
                step = self._difference(self._wanted)
                if step is not None:
                    return step
                counting = self._wanted.take is not self._seen_to.take
                self._changed.wait(_TICK_S if counting else None)
        return None

    def _difference(self, wanted: Wanted) -> Callable[[], None] | None:
        """Return the next step towards the request. A step counts as handled once begun: a failure is reported once."""
        seen_to, take = self._seen_to, wanted.take

        def begun(step: Callable[[], None], **fields: object) -> Callable[[], None]:
            self._seen_to = dataclasses.replace(seen_to, **fields)  # type: ignore[arg-type]  # fields of Wanted
            return step

        if wanted.config is not None and wanted.applied != seen_to.applied:
            config, restart = wanted.config, wanted.restarted > seen_to.applied
            return begun(lambda: self._apply(config, restart), applied=wanted.applied)
        if (playing := wanted.playing) is not seen_to.playing:
            return begun(lambda: self._play(playing), playing=playing)
        if take is not seen_to.take and self._takes.recording:
            return self._end_recording
        if take is not None and take is not seen_to.take and not self._takes.is_prepared(take):
            return lambda: self._takes.prepare(take)
        if take is not seen_to.take and (take is None or self._clock() >= take.from_s):
            return begun(lambda: self._takes.begin(take), take=take)
        if wanted.calibrated != seen_to.calibrated:
            calibrating = wanted.calibrating
            return begun(lambda: self._calibrate(calibrating), calibrated=wanted.calibrated)
        if wanted.partials != seen_to.partials:
            new = tuple(partial for partial in wanted.partials if partial not in seen_to.partials)
            return begun(lambda: self._recover(new), partials=wanted.partials)
        return None

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            log.error("a request of the window failed", exc_info=True)
            self._say("error", describe(error))

    def _apply(self, config: Config, restart: bool) -> None:
        self._config = config
        self._playback.follow(config.osc)
        config = self._playback.muted(config)
        pipeline = self._pipeline
        if pipeline is not None and not restart and pipeline.snapshot().state != "stopped":
            pipeline.reconfigure(config)
            return
        self._own_messages.clear()
        if self._takes.recording:
            self._guard(self._end_recording)
        self._leave()
        self._enter(config)

    def _enter(self, config: Config) -> None:
        self._state, self._source = "starting", mask_secrets(config.source)
        try:
            self._pipeline = self._factory(config).__enter__()
        except BaseException:
            self._state = "failed"
            raise
        self._state = "running"

    def _leave(self) -> None:
        """Close everything; until then `snapshot` keeps showing the pipeline, which may be writing a take."""
        self._state = "stopped"
        try:
            if self._pipeline is not None:
                self._pipeline.__exit__(None, None, None)
        finally:
            self._pipeline = None

    def _play(self, playing: Playing | None) -> None:
        try:
            if playing is None:
                self._playback.stop()
            else:
                self._playback.start(playing.load(), () if self._config is None else self._config.osc, playing.loop)
        finally:
            self._follow_playback()

    def _follow_playback(self) -> None:
        """Mute the live stream during playback: a receiver gets one stream."""
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

    def _calibrate(self, calibrating: bool) -> None:
        if calibrating:
            self._running().calibrate()
        elif self._pipeline is not None:
            self._pipeline.cancel_calibration()

    def _end_recording(self) -> None:
        if (path := self._takes.end()) is not None:
            self._say("info", f"Saved {path}")

    def _give_up(self, take: WantedTake) -> None:
        """Withdraw the request for this take, unless another one is requested by now."""
        with self._changed:
            if self._wanted.take is take:
                self._wanted = dataclasses.replace(self._wanted, take=None)
            if self._seen_to.take is take:
                self._seen_to = dataclasses.replace(self._seen_to, take=None)
