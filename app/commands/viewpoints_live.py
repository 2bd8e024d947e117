"""`vtm viewpoints` in front of a camera: polls the live pipeline until two turns are done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Event

import numpy as np

from app.engine_access import PipelineFactory, real_pipeline
from app.signals import signals_set
from app.terminal import StatusLine
from app.troubles import new_messages
from engine.config import Config
from engine.errors import CameraError
from engine.types import Message, Snapshot
from engine.viewpoints.turn import TURN_DEG, TurnMeter, own_3d

_PULL_S = 0.012
"""Polling interval, shorter than a frame, so that none is missed."""
_OVER = ("ended", "failed", "stopped")


def measure_live(
    config: Config,
    seconds: float | None,
    factory: PipelineFactory = real_pipeline,
    clock: Callable[[], float] = time.monotonic,
) -> TurnMeter:
    """Watch a person turn until two turns are done, the time is up, or Ctrl-C. Main thread. Raises VtmError."""
    meter, stop = TurnMeter(), Event()
    status = StatusLine(sys.stderr, clock=clock)
    seen: tuple[Message, ...] = ()
    last = -1
    with signals_set(stop), factory(config) as pipeline:
        until_s = None if seconds is None else clock() + seconds
        while True:
            snapshot = pipeline.snapshot()
            for message in new_messages(seen, snapshot.messages):
                status.interrupt(f"vtm: {message.text}")
            seen = snapshot.messages
            if snapshot.pose is not None and snapshot.pose.frame_id != last:
                last = snapshot.pose.frame_id
                push(meter, snapshot)
                status.show(progress_text(meter))
            if meter.done or snapshot.state in _OVER or stop.is_set() or (until_s is not None and clock() > until_s):
                break
            stop.wait(_PULL_S)
    status.close()
    if snapshot.state == "failed":
        errors = [message.text for message in snapshot.messages if message.level == "error"]
        raise CameraError(errors[-1] if errors else "the pipeline stopped without a message; run again with --debug")
    return meter


def push(meter: TurnMeter, snapshot: Snapshot) -> None:
    """Add one pose of a snapshot."""
    pose = snapshot.pose
    if pose is None or not pose.tracked:
        return
    joints = pose.joints_cam_m.astype(np.float64)
    meter.push(
        pose.captured_at_s, joints, own_3d(snapshot.detection), pose.R_world_cam[1], float(pose.part_confidence.mean())
    )


def progress_text(meter: TurnMeter) -> str:
    """Return the progress of the turn as one line."""
    travelled = abs(meter.travelled_deg)
    turn = 1 if travelled < TURN_DEG else 2
    return f"turn {turn}: {travelled % TURN_DEG:.0f} of {TURN_DEG:.0f} degrees; hold the pose (Ctrl-C ends)"
