"""Wrappers that time the parts of a pipeline and change nothing else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.bench.samples import Samples
from engine.live.interfaces import ChangeOfFeed, Hub, Runtime, SolverLike, WindowLike
from engine.pose2d.base import Detector
from engine.types import Detection, Frame, Keypoints2D, PersonChoice, Pose, RawMotion, TargetState, Window
from models.camera import Intrinsics
from models.vtm.config import VTMConfig

SENT = "sent"
"""Name of the latency: frame available -> packet sent."""
OSC_CPU = "osc cpu"
"""Name of the processor time that the sending thread uses per pose, wake-up included."""
_WAITING = 16  # poses between hand-over and packet; one in practice


@dataclass(slots=True)
class TimedDetector:
    """A detector that tells the source when it takes a frame."""

    inner: Detector
    samples: Samples
    taken: Callable[[], None]

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def size(self) -> str:
        return self.inner.size

    @property
    def size_steps(self) -> int:
        return self.inner.size_steps

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        return self.inner.size_costs_s(frame)

    @property
    def details(self) -> tuple[str, ...]:
        return self.inner.details

    def choose(self, choice: PersonChoice) -> None:
        self.inner.choose(choice)

    def leave_out(self, number: int) -> None:
        self.inner.leave_out(number)

    def detect(self, frame: Frame) -> Detection:
        self.taken()
        started_s = self.samples.clock()
        detection = self.inner.detect(frame)
        self.samples.add("pose2d", self.samples.clock() - started_s)
        return detection

    def look_round(self, frame: Frame) -> None:
        self.inner.look_round(frame)

    def reset(self) -> None:
        self.inner.reset()

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True)
class TimedWindow:
    """A window builder; pushing a frame and building the window are timed as one."""

    inner: WindowLike
    samples: Samples
    pushing_s: float = 0.0

    def push(self, keypoints: Keypoints2D) -> None:
        started_s = self.samples.clock()
        self.inner.push(keypoints)
        self.pushing_s = self.samples.clock() - started_s

    def window(self) -> Window | None:
        started_s = self.samples.clock()
        window = self.inner.window()
        self.samples.add("window", self.pushing_s + self.samples.clock() - started_s)
        return window

    def reset(self) -> None:
        self.inner.reset()


@dataclass(slots=True)
class TimedRuntime:
    """A VTM runtime; network and decoding are timed as one."""

    inner: Runtime
    samples: Samples

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def config(self) -> VTMConfig:
        return self.inner.config

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        started_s = self.samples.clock()
        raw = self.inner.lift(window, intrinsics)
        self.samples.add("vtm", self.samples.clock() - started_s)
        return raw

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True)
class TimedSolver:
    """A solver; `solve` is timed, all else is passed on."""

    inner: SolverLike
    samples: Samples

    def solve(self, raw: RawMotion, *, calibrate: bool = False) -> Pose | None:
        started_s = self.samples.clock()
        pose = self.inner.solve(raw, calibrate=calibrate)
        self.samples.add("solver", self.samples.clock() - started_s)
        return pose

    def lost(self, frame_id: int, captured_at_s: float) -> Pose | None:
        return self.inner.lost(frame_id, captured_at_s)

    def reset(self) -> None:
        self.inner.reset()

    def set_height(self, height_m: float) -> None:
        self.inner.set_height(height_m)

    def set_proportions(self, lengths: tuple[float, ...]) -> None:
        self.inner.set_proportions(lengths)

    def set_intrinsics(self, intrinsics: Intrinsics) -> None:
        self.inner.set_intrinsics(intrinsics)

    def set_body(self, body: str) -> None:
        self.inner.set_body(body)

    def set_smoothness(self, smoothness: float) -> None:
        self.inner.set_smoothness(smoothness)


class TimedHub:
    """An OSC hub that times sending, and the latency of each pose sent: frame available -> last packet out."""

    def __init__(self, samples: Samples, thread_time: Callable[[], float] = time.thread_time) -> None:
        self._samples = samples
        self._thread_time = thread_time
        self._worked_s: float | None = None  # processor time of the sending thread after the last pose
        self._put: deque[tuple[float, float]] = deque(maxlen=_WAITING)  # (time put, time captured)
        self.inner: Hub | None = None

    def sent(self, seconds: float) -> None:
        """Record that a pose was sent in `seconds`: the newest one present when sending began. Sending thread."""
        now_s = self._samples.clock()
        self._samples.add("osc", seconds)
        worked_s, self._worked_s = self._worked_s, self._thread_time()
        if worked_s is not None:
            self._samples.add(OSC_CPU, self._worked_s - worked_s)
        ready = [captured_s for put_s, captured_s in tuple(self._put) if put_s <= now_s - seconds]
        if ready:
            self._samples.add(SENT, now_s - ready[-1])

    def put(self, pose: Pose) -> None:
        self._put.append((self._samples.clock(), pose.captured_at_s))
        self._hub.put(pose)

    def states(self) -> tuple[TargetState, ...]:
        return self._hub.states()

    def set_targets(self, urls: tuple[str, ...]) -> None:
        self._hub.set_targets(urls)

    def change_feed(self, change: ChangeOfFeed) -> None:
        self._hub.change_feed(change)

    def close(self) -> None:
        self._hub.close()

    @property
    def _hub(self) -> Hub:
        assert self.inner is not None, "inner is set by who makes the hub"
        return self.inner
