"""The three threads of a pipeline: capture -> Latest -> pose -> bounded queue -> solve -> outputs.

Each worker opens its own device, uses it and closes it in one thread; nobody else ever touches it. A worker follows the
settings in the shared state: when those of its device change, it closes the old one and opens the new one. A device
that fails is reported in the shared state, and the worker waits for other settings. A defect ends the thread: the
exception is kept as data and shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from engine.config import AUTO_ROTATION, Config
from engine.live.calibration import CalibrationControl
from engine.live.detailing import Detailing
from engine.live.frame_rate import FrameRate
from engine.live.interfaces import Clock, Factories, Runtime, SolverLike, WindowLike
from engine.live.measuring import Measuring
from engine.live.shared_state import SharedState, View
from engine.live.upright import UPSIDE_DOWN_DEG, UprightVote, turned_line
from engine.live.worker import POLL_S, Worker
from engine.pose2d.base import Detector
from engine.queues import BoundedQueue, Latest
from engine.sources.base import Source
from engine.sources.intrinsics import LiveIntrinsics, orientation_of
from engine.sources.orientation import Orientation
from engine.types import CapturedFrame, DetectedFrame, Detection, Frame, Keypoints2D, Pose
from models.camera import Intrinsics

Deliver: TypeAlias = Callable[[Pose | None, Detection, Frame], None]

QUEUE_FRAMES = 4
_BACKLOG = 2  # so many waiting detections and the older ones go into the window only
LIMBS = "limb refinement"
_FORGET_S = 1.0  # without a person, the window starts anew


class CaptureWorker(Worker):
    """Reads frames as they come; the newest waits for the pose worker."""

    name = "capture"

    def __init__(self, shared: SharedState, factories: Factories, clock: Clock, out: Latest[CapturedFrame]) -> None:
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._out = out
        self._number = 0  # of the source; a new one where its pictures are turned by themselves
        self._turn_deg = 0

    @staticmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        return config.source, config.mirror, config.rotate_deg, config.loop, config.pictures_fps

    def follow(self, old: Config, new: Config) -> None:
        """As every worker; a run that has ended goes on with another source."""
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
        """Hand over frames until the source ends or another is wanted; the last frame's number, -1 for none."""
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
                self._publish(frame)
        return last

    def _publish(self, frame: Frame) -> None:
        stats, dropped = self._shared.stats, self._out.dropped
        if self._turn_deg != self._shared.turn_deg:
            self._turn_deg = self._shared.turn_deg
            self._number += 1
        if self._turn_deg:  # half a turn: before or after mirroring is the same
            frame = replace(frame, bgr=Orientation(rotate_deg=self._turn_deg).applied(frame.bgr))
        self._out.put(CapturedFrame(self._number, frame))
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
        """Every frame, with as much detail as there is time for."""
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
            started_s = self._clock()
            detection = detector.detect(captured.frame)
            self._took(self._clock() - started_s)
            detected = DetectedFrame(captured.source_number, captured.frame, detection)
            self._put(detected)
            self._to_details.put(detected)
            detector.look_round(captured.frame)
            self._see_whether_upright(vote, detection)
            if (period_s := rate.add(captured.frame)) is not None and detector.size_steps:
                self._shared.shedding.frames_come(period_s)
                undecided = undecided and not self._decided(detector, captured.frame, period_s)

    def _see_whether_upright(self, vote: UprightVote, detection: Detection) -> None:
        """Turn the picture of a camera that hangs upside down, unless the settings say how it is turned."""
        if self._shared.config.rotate_deg != AUTO_ROTATION or self._shared.turn_deg:
            return
        turn_deg = vote.add(detection) if isinstance(detection, Keypoints2D) else None
        if turn_deg:
            self._inform(turned_line(turn_deg))
        if turn_deg == UPSIDE_DOWN_DEG:
            self._shared.turn_source(turn_deg)

    def _decided(self, detector: Detector, frame: Frame, period_s: float) -> bool:
        """Measure the sizes on the person in this frame and take the one that there is time for; False without one."""
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
        larger = f", the next larger one {costs_s[number - 1] * 1e3:.0f}" if number else ""
        self._inform(
            f"2D detector: {detector.size}, which takes {costs_s[number] * 1e3:.0f} ms a frame{larger}; "
            f"the camera gives {1 / period_s:.0f} frames a second"
        )
        return True

    def _took(self, seconds: float) -> None:
        self._shared.stats.stage_took("pose2d", seconds)
        self._shared.shedding.took("pose2d", seconds)

    def _put(self, detected: DetectedFrame) -> None:
        while not self._out.put(detected, POLL_S) and not self._stop.is_set():
            continue


class SolveWorker(Worker):
    """Keypoints -> window -> VTM -> solver -> outputs."""

    name = "solve"

    def __init__(
        self,
        shared: SharedState,
        factories: Factories,
        clock: Clock,
        inp: BoundedQueue[DetectedFrame],
        deliver: Deliver,
        calibration: CalibrationControl,
        threads: int,
    ) -> None:
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._in = inp
        self._deliver = deliver
        self._threads = threads
        self._calibration = calibration
        self._solver: SolverLike | None = None
        self._window: WindowLike | None = None
        self._details = Detailing(shared.details, factories, shared.say, clock)
        self._measuring = Measuring(shared, factories.make_hold() if factories.make_hold is not None else None)
        self._intrinsics_of = LiveIntrinsics(clock, shared.say)
        self._intrinsics: Intrinsics | None = None
        self._source: int | None = None
        self._seen_at_s = 0.0

    @staticmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        return (config.backend,)

    def _serve(self, wanted: tuple[object, ...]) -> None:
        runtime = self._factories.load_runtime(
            self._shared.config.backend, threads=self._threads, on_message=self._inform
        )
        try:
            self._shared.set_name("backend", runtime.name)
            self._shared.shedding.offer("vtm", (LIMBS,))
            self._window = None
            while self._still(wanted):
                detected = self._in.get(POLL_S)
                if detected is not None:
                    self._handle(detected, runtime)
        finally:
            runtime.close()

    def _idle(self) -> None:
        """Without a runtime the picture and the keypoints are still shown."""
        detected = self._in.get(POLL_S)
        if detected is not None:
            self._shared.show(
                View(detected.frame, detected.detection), (detected.source_number, detected.frame.frame_id)
            )

    def _handle(self, detected: DetectedFrame, runtime: Runtime) -> None:
        source, frame, detection = detected.source_number, detected.frame, detected.detection
        solver, window = self._prepared(source, frame, runtime)
        if isinstance(detection, Keypoints2D):
            self._seen_at_s = detection.captured_at_s
            window.push(detection)
            if len(self._in) >= _BACKLOG:
                self._shared.stats.frames_dropped()
                return
            state = self._calibration.state().state
            calibrate = self._calibration.due(detection.captured_at_s) and not self._measuring.waits
            pose = self._lift(detection, runtime, solver, window, calibrate=calibrate)
            self._measuring.look(state, detection, pose)
            self._calibration.solved(detection.captured_at_s, _sure_of(pose), calibrated=calibrate)
            if calibrate and _sure_of(pose) > 0:
                self._details.calibrate(detection.captured_at_s)
                self._measuring.calibrated(solver, self._clock())
        else:
            pose = solver.lost(detection.frame_id, detection.captured_at_s)
            self._calibration.solved(detection.captured_at_s, 0.0, calibrated=False)
            if detection.captured_at_s - self._seen_at_s > _FORGET_S:
                window.reset()
        pose = self._with_details(pose, source)
        self._deliver(pose, detection, frame)
        if pose is not None:
            latency_s = self._clock() - frame.captured_at_s
            self._shared.stats.pose_sent(latency_s)
            if pose.tracked:
                self._shared.stats.parts_seen(pose.part_confidence, pose.detail_confidence)
            self._shared.shedding.pose_sent(latency_s)
        self._shared.show(View(frame, detection, pose), (source, frame.frame_id))

    def _with_details(self, pose: Pose | None, source: int) -> Pose | None:
        """The pose with hands and face, timed while they are looked at."""
        started_s = self._clock()
        detailed = self._details(pose, source)
        if detailed is not pose:
            self._shared.stats.stage_took("detail solver", self._clock() - started_s)
        return detailed

    def _lift(
        self, seen: Keypoints2D, runtime: Runtime, solver: SolverLike, window: WindowLike, *, calibrate: bool
    ) -> Pose | None:
        """VTM and solver, timed."""
        assert self._intrinsics is not None
        started_s = self._clock()
        view = window.window()
        if view is None:
            return solver.lost(seen.frame_id, seen.captured_at_s)
        if self._shared.shedding.left_out("vtm"):
            view = replace(view, refined=False)
        raw = runtime.lift(view, self._intrinsics)
        if runtime.name != self._shared.name_of("backend"):  # it failed and another took over
            self._shared.set_name("backend", runtime.name)
        lifted_s = self._clock()
        pose = solver.solve(raw, calibrate=calibrate)
        self._shared.stats.stage_took("vtm", lifted_s - started_s)
        self._shared.shedding.took("vtm", self._clock() - started_s)
        self._shared.stats.stage_took("solver", self._clock() - lifted_s)
        return pose

    def _prepared(self, source: int, frame: Frame, runtime: Runtime) -> tuple[SolverLike, WindowLike]:
        """Solver and window for this source and these settings."""
        config = self._shared.config
        intrinsics = self._intrinsics_of(self._shared.oriented_config, frame.image_size)
        if self._solver is None:
            self._solver = self._factories.make_solver(intrinsics, config.height_m)
        if source != self._source:
            self._solver.reset()
            self._details.reset()
        if source != self._source or intrinsics != self._intrinsics:
            self._calibration.new_world()
        if source != self._source or intrinsics != self._intrinsics or self._window is None:
            self._window = self._factories.make_window(runtime.config, intrinsics)
        self._source, self._intrinsics = source, intrinsics
        self._solver.set_intrinsics(intrinsics)
        self._solver.set_height(config.height_m)
        self._measuring.follow(self._solver, config.proportions)
        self._details.follow(config)
        self._solver.set_body(config.body)
        self._solver.set_smoothness(config.smoothness)
        return self._solver, self._window


def _sure_of(pose: Pose | None) -> float:
    """How sure the solver is of the person in this frame; 0 for nobody."""
    return pose.confidence if pose is not None and pose.tracked else 0.0
