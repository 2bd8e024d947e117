"""`vtm compare` live: two whole pipelines on one performer, until Ctrl-C, --seconds, or the end of both sources.

The processor is shared fairly: each detector and network gets half of the threads. Main thread: it takes the newest
pose of each and compares them.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

from app.commands.compare_options import CompareOptions
from app.commands.compare_sources import TwoSources
from app.engine_access import PipelineFactory, PipelineLike, half_pipeline
from app.signals import signals_set
from app.terminal import StatusLine, say
from app.troubles import Troubles, new_messages
from engine.config import Config
from engine.errors import CameraError
from engine.live.cores import usable_cores
from engine.osc.hub import OutputHub
from engine.types import Message, Snapshot
from engine.viewpoints.comparison import FIT_S, Comparison
from engine.viewpoints.live import CLIPS_APART_S, FARTHEST_SKEW_S, LiveComparison, LiveState

log = logging.getLogger(__name__)

POLL_S = 0.015
"""Polling interval, shorter than a camera's frame, so that none is missed."""
_SHOW_S = 0.25
_OVER = ("ended", "failed", "stopped")


class LiveCompare:
    """One live comparison. `stop` may be set from any thread to end it."""

    def __init__(
        self,
        sources: TwoSources,
        configs: tuple[Config, Config],
        asked: CompareOptions,
        *,
        factory: PipelineFactory = half_pipeline,
        clock: Callable[[], float] = time.monotonic,
        fit_s: float = FIT_S,
    ) -> None:
        self._names = sources.names
        looping = sources.files and asked.seconds is not None
        self._configs = tuple(dataclasses.replace(config, loop=looping) for config in configs)
        self._asked, self._factory, self._clock = asked, factory, clock
        farthest_s = CLIPS_APART_S if sources.files else FARTHEST_SKEW_S
        self._live = LiveComparison(sources.names, fit_s=fit_s, farthest_skew_s=farthest_s)
        self._status = StatusLine(sys.stderr, clock=clock, width=150)
        self._troubles = Troubles(clock), Troubles(clock)
        self._seen: list[tuple[Message, ...]] = [(), ()]
        self._frames: list[int | None] = [None, None]
        self._rates: tuple[float, ...] = (0.0, 0.0)
        self._problem = ""
        self.stop = Event()

    def run(self) -> Comparison:
        """Run on the main thread. Raises VtmError: a source failed, no person was seen, or the two show different
        motions."""
        with signals_set(self.stop), ExitStack() as stack:
            pipelines = [stack.enter_context(self._factory(config)) for config in self._configs]
            hub = OutputHub(self._asked.osc_mean) if self._asked.osc_mean else None
            if hub is not None:
                stack.callback(hub.close)
            self._watch(pipelines, hub)
        self._status.close()
        say(f"vtm: {rates_line(self._rates, usable_cores())}")
        return self._live.result()

    def _watch(self, pipelines: list[PipelineLike], hub: OutputHub | None) -> None:
        until_s, shown_s, sent = None, 0.0, None
        while not self.stop.is_set():
            snapshots = [pipeline.snapshot() for pipeline in pipelines]
            self._take(snapshots)
            self._rates = tuple(
                snapshot.stats.fps or rate for snapshot, rate in zip(snapshots, self._rates, strict=True)
            )
            state, now_s = self._live.update(), self._clock()
            if hub is not None and state.fused is not None and state.fused is not sent:
                sent = state.fused
                hub.put(sent)
            over = self._over(snapshots)  # a failure is reported once, at the end
            if now_s - shown_s >= _SHOW_S:
                shown_s = now_s
                self._show(snapshots, state)
            if until_s is None and self._asked.seconds and all(s.state != "starting" for s in snapshots):
                until_s = now_s + self._asked.seconds
            if over or (until_s is not None and now_s >= until_s):
                return
            self.stop.wait(POLL_S)

    def _take(self, snapshots: list[Snapshot]) -> None:
        for side, snapshot in enumerate(snapshots):
            pose, detection, frame = snapshot.pose, snapshot.detection, snapshot.frame
            if pose is None or detection is None or frame is None or frame.frame_id == self._frames[side]:
                continue
            self._frames[side] = frame.frame_id
            if pose.frame_id == detection.frame_id:
                self._live.add(side, pose, detection)

    def _over(self, snapshots: list[Snapshot]) -> bool:
        """Return whether both are over. Raises CameraError when one of them failed."""
        for name, snapshot in zip(self._names, snapshots, strict=True):
            if snapshot.state == "failed":
                errors = [message.text for message in snapshot.messages if message.level == "error"]
                raise CameraError(f"{name}: {errors[-1] if errors else 'it stopped without an error message'}")
        return any(snapshot.state in _OVER for snapshot in snapshots)

    def _show(self, snapshots: list[Snapshot], state: LiveState) -> None:
        for side, snapshot in enumerate(snapshots):
            for message in (*new_messages(self._seen[side], snapshot.messages), *self._troubles[side].news(snapshot)):
                self._status.interrupt(f"vtm: {self._names[side]}: {message.text}")
            self._seen[side] = snapshot.messages
        if (
            kind := "".join(c for c in state.problem if not c.isdigit())
        ) != self._problem:  # the same problem with other numbers is not repeated
            self._problem = kind
            if state.problem:
                self._status.interrupt(f"vtm: {state.problem}")
        self._status.show(status_line(snapshots, state))


def rates_line(rates: tuple[float, ...], cores: int) -> str:
    """Return a line with the pose rate of each."""
    shared = f": two detectors share {cores} cores" if cores < 4 else ""
    return f"final rates: A {rates[0]:.1f}, B {rates[1]:.1f} poses/s{shared}"


def status_line(snapshots: list[Snapshot], state: LiveState) -> str:
    """Return angle, difference and both rates in one line."""
    rates = " and ".join(f"{snapshot.stats.fps:.0f}" for snapshot in snapshots)
    if state.fit is None:
        words = {
            "waiting": "waiting until both cameras see the performer",
            "fitting": f"fitting: keep moving, {state.left_s:.0f} s left",
        }.get(state.state, "no fit yet, retrying")
        return f"{words}   {rates} poses/s"
    ours = "" if state.ours is None else f"apart {state.ours.mean_mm:.0f} mm (p95 {state.ours.p95_mm:.0f})"
    now = "" if state.now_mm is None else f", now {state.now_mm:.0f}"
    own = "" if state.detector is None else f"   detector's own {state.detector.mean_mm:.0f}"
    skew = "" if state.fit.skew is None else f"   clocks {state.fit.skew_s * 1e3:+.0f} ms"
    return f"angle {state.fit.angle_deg:.0f} degrees   {ours}{now}{own}{skew}   {rates} poses/s"
