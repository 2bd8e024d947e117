"""The solve thread: keypoints -> window -> VTM -> solver, hands and face added -> outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from engine.config import Config
from engine.live.calibration import CalibrationControl
from engine.live.detailing import Detailing
from engine.live.interfaces import Clock, Factories, Runtime, SolverLike, WindowLike
from engine.live.measuring import Measuring
from engine.live.shared_state import SharedState, View
from engine.live.silence import Silence
from engine.live.worker import POLL_S, Worker
from engine.queues import BoundedQueue
from engine.sources.intrinsics import LiveIntrinsics
from engine.types import DetectedFrame, Detection, Frame, Keypoints2D, Pose
from models.camera import Intrinsics

Deliver: TypeAlias = Callable[[Pose | None, Detection, Frame], None]
Send: TypeAlias = Callable[[Pose], None]

LIMBS = "limb refinement"
_BACKLOG = 2  # with this many waiting detections, older ones only enter the window
_FORGET_S = 1.0  # without a person for this long, the window restarts


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
        send: Send,
        calibration: CalibrationControl,
        threads: int,
    ) -> None:
        """deliver: gets every frame's pose, for targets and take; send: a pose without a frame, for targets only."""
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._in = inp
        self._deliver = deliver
        self._send = send
        self._silence = Silence()
        self._newest: DetectedFrame | None = None  # solved
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
        self._solver_s: float | None = None  # time for the body in this frame

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
                detected = self._in.get(self._silence.wait_s(self._shared.config.osc_rate_hz, POLL_S))
                if detected is not None:
                    self._handle(detected, runtime)
                else:
                    self._without_frame()
        finally:
            runtime.close()

    def _idle(self) -> None:
        """Without a runtime, still show picture and keypoints."""
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
        self._newest = detected
        self._silence.frame_came(frame.captured_at_s, self._clock(), live=detected.live)

    def _without_frame(self) -> None:
        """Send the pose of a lost performer while a live source is silent. Nothing is recorded or counted."""
        if self._shared.details.measuring:
            self._silence.excuse(self._clock())
        newest, at_s = self._newest, self._silence.lost_at_s(self._clock())
        if newest is None or at_s is None or self._solver is None:
            return
        if self._window is not None and at_s - self._seen_at_s > _FORGET_S:
            self._window.reset()
        source, frame = newest.source_number, newest.frame
        pose = self._details(self._solver.lost(frame.frame_id, at_s), source)
        if pose is not None:
            self._send(pose)
            self._shared.show(View(frame, newest.detection, pose), (source, frame.frame_id))

    def _with_details(self, pose: Pose | None, source: int) -> Pose | None:
        """Return the pose with hands and face; the solver's time includes both."""
        started_s = self._clock()
        detailed = self._details(pose, source)
        if self._solver_s is not None:
            self._shared.stats.stage_took("solver", self._solver_s + self._clock() - started_s)
            self._solver_s = None
        return detailed

    def _lift(
        self, seen: Keypoints2D, runtime: Runtime, solver: SolverLike, window: WindowLike, *, calibrate: bool
    ) -> Pose | None:
        """Run VTM and solver, timed."""
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
        self._solver_s = self._clock() - lifted_s
        return pose

    def _prepared(self, source: int, frame: Frame, runtime: Runtime) -> tuple[SolverLike, WindowLike]:
        """Return solver and window for this source and these settings."""
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
    """Return the solver's confidence in the person of this frame; 0 for none."""
    return pose.confidence if pose is not None and pose.tracked else 0.0
