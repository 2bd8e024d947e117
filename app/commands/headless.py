"""`vtm --headless`: the pipeline without a window, a live status line, and a clean end by time, end of file or Ctrl-C.

A signal (see app.signals) ends the run as --seconds does: the take is finished and kept, the statistics are written,
exit code 0.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event

from app.arguments.options import RunOptions
from app.commands.preparation import Preparation
from app.commands.recover import recover_beside
from app.commands.terminal_cues import TerminalCues
from app.cues import cue_of
from app.engine_access import PipelineFactory, PipelineLike, real_pipeline
from app.signals import signals_set
from app.stats_file import write_stats
from app.terminal import StatusLine, say
from app.troubles import Troubles, new_messages
from engine.config import Config
from engine.errors import OutputError
from engine.file_kinds import RECORDED_VIDEO_SUFFIX
from engine.types import Message, Snapshot

log = logging.getLogger(__name__)

POLL_S = 0.2
_STARTING_S = 30.0  # --seconds counts from the end of the countdown; a camera that never starts also ends the run
_OVER = ("ended", "failed", "stopped")


def status_text(snapshot: Snapshot, silence_s: float | None = None) -> str:
    """Return fps, latency, person and packets/s in one line. `silence_s`: seconds without a picture, instead of
    figures."""
    stats = snapshot.stats
    if silence_s is not None:
        text = f"{stats.seconds:5.1f} s  no picture for {silence_s:.0f} s"
    else:
        person = "yes" if snapshot.pose is not None and snapshot.pose.tracked else "no"
        latency = stats.latency_ms
        took = f"{latency.p50:5.1f} ms (p95 {latency.p95:.1f})" if stats.fps else "none"
        text = f"{stats.seconds:5.1f} s  {stats.fps:5.1f} fps  latency {took}  person {person}"
    packets = sum(target.packets_per_s for target in snapshot.targets)
    text += f"  {packets:.0f} packets/s  dropped {stats.frames_dropped}"
    if stats.hands_per_s or stats.face_per_s:
        text += f"  hands {stats.hands_per_s:.0f}/s face {stats.face_per_s:.0f}/s"
    if stats.left_out:
        text += "  less detail"
    if snapshot.recording is not None:
        text += f"  recording {snapshot.recording.seconds:.1f} s"
    return text


class HeadlessRun:
    """One headless run. `stop` may be set from any thread to end it."""

    def __init__(
        self,
        config: Config,
        options: RunOptions,
        factory: PipelineFactory = real_pipeline,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        looping = options.seconds is not None and config.source in ("", "demo")
        self._config = dataclasses.replace(config, loop=True) if looping else config
        self._seconds = options.seconds
        self._record = options.record
        self._recorded: Path | None = None
        self._force = options.force
        self._calibrate = options.calibrate
        self._stats = options.stats
        self._factory = factory
        self._clock = clock
        self._seen: tuple[Message, ...] = ()
        self._troubles = Troubles(clock)
        self._status = StatusLine(sys.stderr, clock=clock)
        self._cues = TerminalCues(self._status)
        self._take_began = False
        self.stop = Event()

    def run(self) -> int:
        """Run on the main thread. Return 0, or 1 when the pipeline failed, with a message (what was recorded is
        kept)."""
        for path in (self._record, self._stats):
            if path is not None:
                check_writable(path)
        if self._record is not None:
            recover_beside(self._record)
        with signals_set(self.stop, at_risk=take_at_risk(self._record)):
            with self._factory(self._config) as pipeline:
                snapshot = self._watch(pipeline)
                if self._take_began:
                    self._recorded = self._stop_recording(pipeline)
                    snapshot = pipeline.snapshot()
                    self._show(snapshot)  # messages about the finished take
            return self._finish(snapshot)

    def _stop_recording(self, pipeline: PipelineLike) -> Path | None:
        """Finish and return the take's file, showing the progress. Raises OutputError."""
        with ThreadPoolExecutor(1, "save-take") as pool:
            saving = pool.submit(pipeline.stop_recording)
            while not wait([saving], POLL_S).done:
                recording = pipeline.snapshot().recording
                if recording is not None and recording.saved is not None:
                    self._status.show(f"saving {Path(recording.path).name}: {recording.saved:.0%}")
            return saving.result()

    def _watch(self, pipeline: PipelineLike) -> Snapshot:
        """Calibrate, record and show the status until the end; return the last snapshot."""
        before = self._preparation(pipeline)
        until_s = self._end_s(0.0 if before.over else _STARTING_S + self._config.countdown_s)
        while True:
            snapshot = pipeline.snapshot()
            preparing = not before.over
            cue = before.step(snapshot) if preparing else cue_of(snapshot, None)
            if preparing and before.over:
                until_s = self._end_s(0.0)
            self._cues.show(cue)
            self._show(snapshot)
            left_s = until_s - self._clock()
            if snapshot.state in _OVER or self.stop.is_set() or left_s <= 0:
                return snapshot
            self.stop.wait(min(before.wait_s(POLL_S), left_s))

    def _preparation(self, pipeline: PipelineLike) -> Preparation:
        def start_take(path: Path) -> None:
            pipeline.start_recording(path, overwrite=self._force)
            self._take_began = True

        return Preparation(
            pipeline,
            calibrate=self._calibrate,
            start_take=None if self._record is None else partial(start_take, self._record),
            countdown_s=self._config.countdown_s,
            clock=self._clock,
        )

    def _end_s(self, extra_s: float) -> float:
        """Return the end of the run, counted from now."""
        return math.inf if self._seconds is None else self._clock() + self._seconds + extra_s

    def _show(self, snapshot: Snapshot) -> None:
        for message in new_messages(self._seen, snapshot.messages):
            if snapshot.state != "failed" or message.level != "error":  # the failure itself is reported at the end
                self._status.interrupt(f"vtm: {message.text}")
        self._seen = snapshot.messages
        for message in self._troubles.news(snapshot):
            self._status.interrupt(f"vtm: {message.text}")
        if snapshot.state == "running":
            self._status.show(status_text(snapshot, self._troubles.silence_s()))

    def _finish(self, snapshot: Snapshot) -> int:
        """Write the statistics, print the last lines, return the exit code."""
        self._status.close()
        if self._stats is not None:
            write_stats(self._stats, snapshot)
        if snapshot.state == "failed":
            errors = [message.text for message in snapshot.messages if message.level == "error"]
            say(f"vtm: {errors[-1] if errors else 'the pipeline stopped without a message; run again with --debug'}")
            return 1
        stats, latency = snapshot.stats, snapshot.stats.latency_ms
        _conclude(
            f"{stats.poses} poses in {stats.seconds:.1f} s, {stats.fps:.1f} fps, {stats.frames_dropped} dropped, "
            f"latency p50 {latency.p50:.1f} ms, p95 {latency.p95:.1f} ms, "
            f"{f'{stats.detector} {stats.detector_size}'.strip()}, {stats.backend}"
        )
        if self._record is not None and not self._take_began:
            _conclude(f"{self._record} was not recorded: the run ended during the countdown")
        elif self._recorded is not None:
            video = self._recorded.with_suffix(RECORDED_VIDEO_SUFFIX)
            beside = f" and {video}" if self._config.record_video and video.exists() else ""
            _conclude(f"recorded {self._recorded}{beside}")
        return 0


def _conclude(line: str) -> None:
    log.info("%s", line)
    say(f"vtm: {line}")


def take_at_risk(record: Path | None) -> str:
    """Return a line on what a forced exit costs a run that records."""
    if record is None:
        return ""
    return f"the last moments of the take may be missing; finish it with: vtm recover {record.resolve().parent}"


def check_writable(path: Path) -> None:
    """Check before the run that the file can be written. Raises OutputError."""
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder, expected a file name")
    folder = path.resolve().parent
    probe = folder / f".{path.name}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"cannot write {path} ({error.strerror}): give a file in a folder that exists and is writable"
        ) from error
