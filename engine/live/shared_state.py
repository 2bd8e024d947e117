"""State shared by the pipeline's threads and the screen: settings, state, messages, newest view, statistics.

Every method may be called from any thread and returns at once (except `wait_until`).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.config import AUTO_ROTATION, Config
from engine.errors import describe
from engine.live.details_share import DetailsShare
from engine.live.load_shedding import LoadShedding
from engine.live.statistics import StatsCollector
from engine.masking import mask_secrets
from engine.types import Detection, Frame, Measured, Message, PersonChoice, Pose

FrameKey: TypeAlias = tuple[int, int]
"""Number of the source, number of the frame in it: increases with every frame."""
_MESSAGES = 20
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """One moment: the pose belongs to the detection, the detection to the frame."""

    frame: Frame | None = None
    detection: Detection | None = None
    pose: Pose | None = None


class SharedState:
    """Shared by the three workers and the pipeline; thread-safe."""

    def __init__(self, config: Config, clock: Callable[[], float]) -> None:
        self.stats = StatsCollector(clock)
        self.shedding = LoadShedding(clock, self.say)
        self.details = DetailsShare()
        self._changed = threading.Condition()  # guards all below
        self._config = config
        self._messages: deque[Message] = deque(maxlen=_MESSAGES)
        self._failures: dict[str, Exception] = {}  # by worker
        self._view = View()
        self._choice: PersonChoice | None = None
        self._names = {"source": "", "detector": "", "detector size": "", "backend": ""}
        self._shown: FrameKey = (0, -1)
        self._last: FrameKey | None = None  # last frame of a finished source
        self._ended = self._stopped = False
        self._turn_deg = 0
        self.measured: Measured | None = None
        """Arms and legs as measured during calibration; written by the solve thread."""

    @property
    def config(self) -> Config:
        """Settings to follow; frozen, replaced as a whole."""
        return self._config

    @config.setter
    def config(self, config: Config) -> None:
        with self._changed:
            self._config = config
            self._changed.notify_all()

    @property
    def turn_deg(self) -> int:
        """Automatic rotation of this source's pictures: 0 or 180 degrees."""
        return self._turn_deg

    def turn_source(self, turn_deg: int) -> None:
        """Rotate the pictures of this source from now on, if the rotation is automatic."""
        self._turn_deg = turn_deg if self._config.rotate_deg == AUTO_ROTATION else 0

    @property
    def oriented_config(self) -> Config:
        """Return the settings with the automatic rotation filled in."""
        config = self._config
        return replace(config, rotate_deg=self._turn_deg) if config.rotate_deg == AUTO_ROTATION else config

    def choose_person(self, choice: PersonChoice) -> None:
        """Ask the pose thread to follow another person; the newest choice wins."""
        self._choice = choice

    def take_choice(self) -> PersonChoice | None:
        """Return a pending choice, once. Pose thread."""
        choice, self._choice = self._choice, None
        return choice

    @property
    def view(self) -> View:
        """The newest frame with its results."""
        return self._view

    @property
    def messages(self) -> tuple[Message, ...]:
        """Messages, newest last."""
        with self._changed:
            return tuple(self._messages)

    @property
    def failures(self) -> dict[str, Exception]:
        """Errors of stopped workers."""
        with self._changed:
            return dict(self._failures)

    @property
    def state(self) -> str:
        """State as in engine.types.Snapshot."""
        with self._changed:
            if self._failures:
                return "failed"
            if self._stopped:
                return "stopped"
            if self._ended:
                return "ended"
            return "starting" if self._view.frame is None else "running"

    def name_of(self, part: str) -> str:
        """Return the name of the "source", "detector", "detector size" or "backend" in use; "" if unknown."""
        return self._names[part]

    def set_name(self, part: str, name: str) -> None:
        """Set the name of a part that was opened."""
        with self._changed:
            self._names[part] = name

    def say(self, level: str, text: str) -> None:
        """Add one line for the user and the log; an immediate repetition is skipped."""
        message = Message(level, " ".join(text.split()))
        if self._append(message):
            log.log(_LEVELS[level], "%s", message.text)

    def _append(self, message: Message) -> bool:
        """Append a message unless it repeats the last one (then False). Passwords in addresses are masked."""
        message = Message(message.level, mask_secrets(message.text))
        with self._changed:
            new = not self._messages or self._messages[-1] != message
            if new:
                self._messages.append(message)
            return new

    def show(self, view: View, key: FrameKey) -> None:
        """Publish a frame that went through all stages."""
        with self._changed:
            self._view, self._shown = view, key
            if self._last is not None and key >= self._last:
                self._end()
            self._changed.notify_all()

    def source_opened(self, name: str) -> None:
        """Announce that frames of a new source follow."""
        with self._changed:
            self._names["source"] = name
            self._turn_deg = 0
            self.go_on()

    def go_on(self) -> None:
        """Mark the run as not ended: more frames will come."""
        with self._changed:
            self._last, self._ended = None, False
            self.stats.resume()

    def source_over(self, last: FrameKey) -> None:
        """Mark the last frame; the run ends when it went through all stages."""
        with self._changed:
            self._last = last
            if self._shown >= last:
                self._end()

    def _end(self) -> None:
        self._ended = True
        self.stats.end()
        self._changed.notify_all()

    def failed(self, worker: str, error: Exception) -> None:
        """Record that a worker failed: reported in one line, logged with its traceback."""
        log.error("the %s thread failed", worker, exc_info=error)
        self._append(Message("error", describe(error)))
        with self._changed:
            self._failures[worker] = error
            self._changed.notify_all()

    def recovered(self, worker: str) -> None:
        """Record that a worker retries."""
        with self._changed:
            self._failures.pop(worker, None)

    def stopped(self) -> None:
        """Record that all workers have stopped."""
        self.stats.end()
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait_until(self, reached: Callable[[], bool], timeout_s: float | None) -> bool:
        """Wait for a change after which `reached` is true; False on timeout."""
        with self._changed:
            return self._changed.wait_for(reached, timeout_s)
