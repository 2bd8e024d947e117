"""Compares the window's two sessions on a separate thread: newest poses in, newest state out. No Qt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.window.session import Session
from engine.errors import VtmError, describe
from engine.osc.hub import OutputHub
from engine.types import Snapshot, TargetState
from engine.viewpoints.comparison import Names
from engine.viewpoints.live import FARTHEST_SKEW_S, LiveComparison, LiveState

log = logging.getLogger(__name__)

POLL_S = 0.015
"""Polling interval, shorter than a camera's frame, so that none is missed."""
_JOIN_S = 2.0


class CompareThread:
    """Runs from `start` to `stop`; `state` may be read from any thread."""

    def __init__(
        self,
        sessions: tuple[Session, Session],
        names: Names,
        *,
        farthest_skew_s: float = FARTHEST_SKEW_S,
        make_hub: Callable[[tuple[str, ...]], OutputHub] = OutputHub,
    ) -> None:
        self._sessions, self._make_hub = sessions, make_hub
        self._live = LiveComparison(names, farthest_skew_s=farthest_skew_s, keep_s=0.0)
        self._frames: list[tuple[str, int] | None] = [None, None]
        self._stop, self._refit = threading.Event(), threading.Event()
        self._hub: OutputHub | None = None
        self._hub_lock = threading.Lock()
        self.state = LiveState("waiting")
        self.problem = ""
        self._thread = threading.Thread(target=self._work, name="compare", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> bool:
        """Stop the thread and close its targets; return False when it hangs. Idempotent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self.send_mean(())
        return not self._thread.is_alive()

    def refit(self) -> None:
        """Fit again, on the next seconds."""
        self._refit.set()

    def send_mean(self, urls: tuple[str, ...]) -> None:
        """Send the mean of both to these targets only. Raises UsageError, OutputError: nothing is sent then."""
        with self._hub_lock:
            before, self._hub = self._hub, None
            if before is not None:
                before.close()
            if urls:
                self._hub = self._make_hub(urls)

    @property
    def targets(self) -> tuple[TargetState, ...]:
        """Targets of the mean."""
        hub = self._hub
        return () if hub is None else hub.states()

    def _work(self) -> None:
        try:
            while not self._stop.wait(POLL_S):
                self._step()
        except Exception as error:
            log.error("the comparison failed", exc_info=True)
            self.problem = str(error) if isinstance(error, VtmError) else describe(error)

    def _step(self) -> None:
        if self._refit.is_set():
            self._refit.clear()
            self._live.refit()
        for side, session in enumerate(self._sessions):
            self._take(side, session.snapshot())
        state = self._live.update()
        with self._hub_lock:
            if self._hub is not None and state.fused is not None and state.fused is not self.state.fused:
                self._hub.put(state.fused)
        self.state = state

    def _take(self, side: int, snapshot: Snapshot) -> None:
        pose, detection, frame = snapshot.pose, snapshot.detection, snapshot.frame
        if pose is None or detection is None or frame is None:
            return
        key = snapshot.source, frame.frame_id
        if key != self._frames[side] and pose.frame_id == detection.frame_id:
            self._frames[side] = key
            self._live.add(side, pose, detection)
