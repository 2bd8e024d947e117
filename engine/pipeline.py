"""Wiring of all parts; `with Pipeline(config) as pipeline:` runs them.

Start-up: settings and OSC targets are checked first (a UsageError or OutputError leaves nothing behind); then the
threads start, and each opens its own device in parallel. Shutdown: the threads are asked to stop and joined, camera
first; a running take is finished; the targets are closed last.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.config import Config
from engine.errors import OutputError, VtmError
from engine.live.calibration import CalibrationControl
from engine.live.cores import usable_cores, worker_threads
from engine.live.details_worker import DetailsWorker
from engine.live.interfaces import Clock, Factories, Hub
from engine.live.receive_control import ReceiveControl
from engine.live.shared_state import SharedState
from engine.live.solve_worker import SolveWorker
from engine.live.switching import switch_as_usual, switch_often
from engine.live.take_control import TakeControl
from engine.live.worker import Worker
from engine.live.workers import QUEUE_FRAMES, CaptureWorker, PoseWorker
from engine.masking import mask_secrets
from engine.osc.output_clock import check_rate
from engine.osc.output_rate import OutputRate
from engine.osc.own_port import check_own_port
from engine.queues import BoundedQueue, Latest
from engine.real_factories import real_factories
from engine.sources.intrinsics import check_intrinsics
from engine.types import CapturedFrame, DetectedFrame, Detection, Frame, PersonChoice, Pose, Snapshot

log = logging.getLogger(__name__)

JOIN_S = 5.0
"""Time limit for joining each thread; a device that hangs longer is abandoned, with a message."""
_OVER = ("ended", "failed", "stopped")


class Pipeline:
    """Camera to avatar. Any method may be called from any thread and, except start-up and `stop`, returns at once."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock = time.monotonic,
        factories: Factories | None = None,
        pipelines: int = 1,
    ) -> None:
        """pipelines: number of pipelines in this process that share its cores."""
        self._clock = clock
        self._factories = real_factories() if factories is None else factories
        self._shared = SharedState(config, clock)
        self._lock = threading.Lock()  # guards started and stopped
        self._take_control = TakeControl(self._factories, clock, self._shared.say)
        self._calibration = CalibrationControl(clock, self._shared.say)
        self._receive = ReceiveControl(self._factories, clock, self.calibrate, self._calibration.announce)
        self._hub: Hub | None = None
        self._output = OutputRate(self._send, clock, partial(self._shared.say, "error"))
        self._started = self._stopped = False
        latest: Latest[CapturedFrame] = Latest()
        to_details: Latest[DetectedFrame] = Latest()
        queue: BoundedQueue[DetectedFrame] = BoundedQueue(QUEUE_FRAMES)
        pose_threads, solve_threads = worker_threads(pipelines)
        parts = self._shared, self._factories, clock
        self._workers: tuple[Worker, ...] = (
            CaptureWorker(*parts, latest),
            PoseWorker(*parts, latest, queue, to_details, threads=pose_threads),
            SolveWorker(*parts, queue, self._deliver, self._output.put, self._calibration, threads=solve_threads),
            DetailsWorker(*parts, to_details, cores=max(1, usable_cores() // pipelines)),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open the targets and start the threads; does not wait for camera, detector and model (state "starting").

        Raises UsageError, OutputError; then nothing runs and nothing is held.
        """
        with self._lock:
            if self._started:
                return
            self._started = True
            switch_often()
        try:
            check_intrinsics(self._shared.config)
            check_own_port(self._shared.config.osc, self._shared.config.vmc_receive)
            self._hub = self._factories.make_hub(
                self._shared.config.osc,
                clock=self._clock,
                on_sent=partial(self._shared.stats.stage_took, "osc"),
                calibration=self._calibration.state,
            )
            self._output.follow(self._shared.config.osc_rate_hz)
            self._receive.follow(self._shared.config.vmc_receive, self._hub)
            self._tell_closed_port(strict=self._factories.strict_outputs)
            for worker in reversed(self._workers):
                worker.start()
        except BaseException:
            self.stop()
            raise

    def _tell_closed_port(self, *, strict: bool) -> None:
        if self._receive.error is not None and strict:
            raise OutputError(self._receive.error)
        if self._receive.error is not None:
            self._shared.say("warning", self._receive.error)

    def stop(self) -> None:
        """Stop everything: threads, take, targets. Idempotent, and safe after a failed start."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            if self._started:
                switch_as_usual()
        self._calibration.cancel()
        for worker in self._workers:
            worker.request_stop()
        for worker in self._workers:
            if not worker.join(JOIN_S):
                self._shared.say(
                    "warning", f"the {worker.name} thread does not stop: its device hangs and is abandoned"
                )
        try:
            self.stop_recording()
        except VtmError as error:
            log.error("the take could not be finished", exc_info=True)
            self._shared.say("error", str(error))
        self._receive.close()
        self._output.close()
        if self._hub is not None:
            self._hub.close()
        self._shared.stopped()

    def wait(self, timeout_s: float | None = None) -> str:
        """Wait for the end of the run or the timeout; return the state then: "ended", "failed", "stopped" or a running
        one."""
        self._shared.wait_until(lambda: self._shared.state in _OVER, timeout_s)
        return self._shared.state

    def wait_for_pose(self, timeout_s: float | None = None) -> bool:
        """Wait for the first pose; False on timeout or if the run ends first."""
        self._shared.wait_until(lambda: self._shared.view.pose is not None or self._shared.state in _OVER, timeout_s)
        return self._shared.view.pose is not None

    @property
    def error(self) -> Exception | None:
        """The error that stopped the pipeline, if any: a VtmError to show as it is, else a defect."""
        return next(iter(self._shared.failures.values()), None)

    def snapshot(self) -> Snapshot:
        """Return the state of the whole pipeline at this moment."""
        shared = self._shared
        view = shared.view
        calibration, at_s = self._calibration.state(), self._clock()
        details = shared.details.now
        return Snapshot(
            state=shared.state,
            source=shared.name_of("source") or mask_secrets(shared.config.source),
            frame=view.frame,
            detection=view.detection,
            pose=view.pose,
            stats=shared.stats.stats(
                detector=shared.name_of("detector"),
                detector_size=shared.name_of("detector size"),
                backend=shared.name_of("backend"),
                left_out=shared.shedding.names,
            ),
            messages=shared.messages,
            targets=() if self._hub is None else self._hub.states(),
            recording=self._take_control.state(),
            receiver=self._receive.state(),
            calibration=calibration,
            at_s=at_s,
            details=details.details,
            details_state=details.state,
            details_measured=shared.details.measured,
            measured=shared.measured,
        )

    def reconfigure(self, config: Config) -> None:
        """Apply new settings while running. Source, detector and back end are replaced by their own threads.

        Passing the same settings again retries what failed.
        Raises UsageError for an invalid setting, and then changes nothing.
        """
        check_intrinsics(config)
        check_own_port(config.osc, config.vmc_receive)
        if config.osc_rate_hz:
            check_rate(config.osc_rate_hz)
        with self._lock:
            running = self._started and not self._stopped
        if self._hub is not None:
            if config.vmc_receive:
                self._factories.listen_address(config.vmc_receive)  # before anything changes
            self._hub.set_targets(config.osc)
            self._receive.follow(config.vmc_receive, self._hub)
            self._tell_closed_port(strict=False)
        if running:
            self._output.follow(config.osc_rate_hz)
        old, self._shared.config = self._shared.config, config
        for worker in self._workers if running else ():
            worker.follow(old, config)

    def calibrate(self) -> None:
        """After the configured countdown, make the next person seen face the front and stand at the origin.

        `snapshot().calibration` shows the progress; a calibration already under way continues.
        """
        self._calibration.start(self._shared.config.countdown_s)

    def calibrate_hands(self) -> None:
        """Measure the range of the fingers: messages ask for open hands, then for fists, two seconds each."""
        self._shared.details.hands_asked = True

    def cancel_calibration(self) -> None:
        """Cancel a running calibration; the previous one stays in force."""
        self._calibration.cancel()

    def choose_person(self, choice: PersonChoice) -> None:
        """Follow another person in the picture from now on."""
        self._shared.choose_person(choice)

    def start_recording(self, path: Path, *, overwrite: bool = False) -> None:
        """Record every pose from now on, with video if the settings say so, as `path` or the next free name.

        overwrite  replace an existing file once the take is finished
        Raises UsageError, OutputError.
        """
        config = self._shared.config
        self._take_control.start(
            path, video=config.record_video, source=config.source, style=config.take_style, overwrite=overwrite
        )

    def stop_recording(self) -> Path | None:
        """Finish the take; return its file, or None if nothing was recorded. Waits for the disk. Raises OutputError."""
        return self._take_control.stop()

    def _deliver(self, pose: Pose | None, detection: Detection, frame: Frame) -> None:
        """Fan out a pose. Solve thread."""
        if pose is not None:
            self._output.put(pose)
        self._take_control.write(pose, detection, frame)

    def _send(self, pose: Pose) -> None:
        """Send a pose to the targets. Solve thread or output clock."""
        if self._hub is not None:
            self._hub.put(pose)
