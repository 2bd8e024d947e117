"""The first two threads of a pipeline: capture -> Latest -> pose -> bounded queue -> solve (solve_worker.py).

Each worker opens, uses and closes its own device in one thread; no other thread touches it. A worker follows the
settings in the shared state: when those of its device change, it closes the old one and opens the new one. A failing
device is reported in the shared state, and the worker waits for other settings. A defect ends the thread: the exception
is stored and shown.
"""

from __future__ import annotations

from dataclasses import replace

from engine.config import AUTO_ROTATION, Config
from engine.live.frame_rate import FrameRate
from engine.live.interfaces import Clock, Factories
from engine.live.shared_state import SharedState
from engine.live.upright import UPSIDE_DOWN_DEG, UprightVote, fixed_line, turned_line
from engine.live.worker import POLL_S, Worker
from engine.pose2d.base import Detector
from engine.queues import BoundedQueue, Latest
from engine.sources.base import Source
from engine.sources.intrinsics import orientation_of
from engine.sources.orientation import Orientation
from engine.types import CapturedFrame, DetectedFrame, Detection, Frame, Keypoints2D

QUEUE_FRAMES = 4


class CaptureWorker(Worker):
    """Reads frames as they come; the newest waits for the pose worker."""

    name = "capture"

    def __init__(self, shared: SharedState, factories: Factories, clock: Clock, out: Latest[CapturedFrame]) -> None:
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._out = out
        self._number = 0  # of the source; changes when its pictures are rotated automatically
        self._turn_deg = 0

    @staticmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        return config.source, config.mirror, config.rotate_deg, config.loop, config.pictures_fps

    def follow(self, old: Config, new: Config) -> None:
        """Like every worker; a run that has ended continues with another source."""
        if self._wanted(old) != self._wanted(new):
            self._shared.go_on()
        super().follow(old, new)

    def _serve(self, wanted: tuple[object, ...]) -> None:
        config = self._shared.config
        source = self._factories.open_source(
            config.source,
            orientation=orientation_of(config),
            loop=config.loop,
            fps=config.pictures_fps,
            clock=self._clock,
            on_message=self._inform,
        )
        try:
            self._number += 1
            self._shared.source_opened(source.name)
            self._turn_deg = 0
            last = self._read_all(source, wanted)
            if source.ended:
                self._shared.source_over((self._number, last))
                while self._still(wanted):
                    self._idle()
        finally:
            source.close()

    def _read_all(self, source: Source, wanted: tuple[object, ...]) -> int:
        """Pass on frames until the source ends or changes; return the last frame's number, -1 for none."""
        last = -1
        unread, fault = source.dropped, False
        while self._still(wanted) and not source.ended:
            frame = source.read()
            status = source.status
            if status is not None and not fault:
                self._shared.say("warning", status)
                fault = True
            elif fault and status is None and frame is not None:
                self._shared.say("info", f"{source.name} is back")
                fault = False
            if frame is not None:
                self._shared.stats.frames_overtaken(source.dropped - unread)
                last, unread = frame.frame_id, source.dropped
                self._publish(frame, live=source.live)
        return last

    def _publish(self, frame: Frame, *, live: bool) -> None:
        stats, dropped = self._shared.stats, self._out.dropped
        if self._turn_deg != self._shared.turn_deg:
            self._turn_deg = self._shared.turn_deg
            self._number += 1
        if self._turn_deg:  # by 180 degrees: the same before or after mirroring
            frame = replace(frame, bgr=Orientation(rotate_deg=self._turn_deg).applied(frame.bgr))
        self._out.put(CapturedFrame(self._number, frame, live))
        stats.frame_captured()
        stats.frames_dropped(self._out.dropped - dropped)
        stats.stage_took("capture", self._clock() - frame.captured_at_s)


class PoseWorker(Worker):
    """Finds the person in the newest frame."""

    name = "pose"

    def __init__(
        self,
        shared: SharedState,
        factories: Factories,
        clock: Clock,
        inp: Latest[CapturedFrame],
        out: BoundedQueue[DetectedFrame],
        to_details: Latest[DetectedFrame],
        threads: int,
    ) -> None:
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._in = inp
        self._out = out
        self._to_details = to_details
        self._threads = threads

    @staticmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        return config.detector, config.detector_size

    def _serve(self, wanted: tuple[object, ...]) -> None:
        config = self._shared.config
        detector = self._factories.make_detector(
            config.detector, size=config.detector_size, threads=self._threads, on_message=self._inform
        )
        try:
            self._shared.set_name("detector", detector.name)
            self._shared.set_name("detector size", detector.size)
            self._shared.shedding.offer("pose2d", detector.details, detector.size_steps)
            self._detect_all(detector, wanted)
        finally:
            detector.close()

    def _detect_all(self, detector: Detector, wanted: tuple[object, ...]) -> None:
        """Process every frame, with as much detail as time allows."""
        source, rate, undecided = None, FrameRate(), detector.size_steps > 0
        vote = UprightVote()
        left_out = 0
        while self._still(wanted):
            captured = self._in.get(POLL_S)
            if captured is None:
                continue
            if captured.source_number != source:
                source = captured.source_number
                detector.reset()
                rate.reset()
                vote.reset()
            if left_out != (wanted_out := self._shared.shedding.left_out("pose2d")):
                left_out = wanted_out
                detector.leave_out(left_out)
                self._shared.set_name("detector size", detector.size)
            if (choice := self._shared.take_choice()) is not None:
                detector.choose(choice)
            detection = self._detected(detector, captured.frame)
            detected = DetectedFrame(captured.source_number, captured.frame, detection, captured.live)
            self._put(detected)
            self._to_details.put(detected)
            detector.look_round(captured.frame)
            self._see_whether_upright(vote, detection)
            if (period_s := rate.add(captured.frame)) is not None and detector.size_steps:
                self._shared.shedding.frames_come(period_s)
                undecided = undecided and not self._decided(detector, captured.frame, period_s)

    def _detected(self, detector: Detector, frame: Frame) -> Detection:
        """Find the person, while the details thread keeps off the processor."""
        details = self._shared.details
        started_s, details.body_at_work = self._clock(), True
        try:
            return detector.detect(frame)
        finally:
            details.body_at_work = False
            self._took(self._clock() - started_s)

    def _see_whether_upright(self, vote: UprightVote, detection: Detection) -> None:
        """Rotate the picture of a camera mounted upside down, unless the settings fix the rotation."""
        if self._shared.turn_deg:
            return
        fixed = self._shared.config.rotate_deg != AUTO_ROTATION
        turn_deg = vote.add(detection) if isinstance(detection, Keypoints2D) else None
        if turn_deg:
            self._inform(fixed_line(turn_deg) if fixed else turned_line(turn_deg))
        if turn_deg == UPSIDE_DOWN_DEG and not fixed:
            self._shared.turn_source(turn_deg)

    def _decided(self, detector: Detector, frame: Frame, period_s: float) -> bool:
        """Time the network sizes on the person in this frame and choose one; False without a person."""
        self._shared.details.measuring = True
        try:
            costs_s = detector.size_costs_s(frame)
        finally:
            self._shared.details.measuring = False
        if not costs_s:
            return False
        number = self._shared.shedding.choose_size("pose2d", costs_s)
        detector.leave_out(number)
        self._shared.set_name("detector size", detector.size)
        larger = f"; the next larger one {costs_s[number - 1] * 1e3:.0f}" if number else ""
        self._inform(
            f"2D detector: {detector.size}, which takes {costs_s[number] * 1e3:.0f} ms per frame{larger}; "
            f"the camera gives {1 / period_s:.0f} frames/s"
        )
        return True

    def _took(self, seconds: float) -> None:
        self._shared.stats.stage_took("pose2d", seconds)
        self._shared.shedding.took("pose2d", seconds)

    def _put(self, detected: DetectedFrame) -> None:
        while not self._out.put(detected, POLL_S) and not self._stop.is_set():
            continue
