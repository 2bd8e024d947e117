"""The real parts of the live pipeline: every factory that `engine.live.interfaces.Factories` names."""

from __future__ import annotations

from functools import partial

from engine.errors import ModelError
from engine.live.interfaces import Factories, OnMessage
from engine.pose2d.base import Detector


def real_factories(*, paced: bool = True, strict_outputs: bool = True) -> Factories:
    """Return the real parts.

    paced           a file plays at its own pace; False: as fast as it is read, with the file's own time
    strict_outputs  a target that cannot be opened at the start raises OutputError; False: it is tried again
    """
    from engine.details.choose import make_details
    from engine.osc.hub import OutputHub
    from engine.osc.receive_port import VmcReceiver, listen_address
    from engine.solver import Solver
    from engine.solver.detailed import make_detail_solver
    from engine.solver.measuring import HoldMeasure
    from engine.sources.open_source import open_source
    from engine.takes.recorder import Recorder as DiskRecorder
    from engine.takes.video import VideoRecorder
    from engine.vtm.choose import load_runtime
    from engine.window import WindowBuilder

    return Factories(
        open_source=partial(open_source, paced=paced),
        make_detector=_make_seeing_detector,
        load_runtime=load_runtime,
        make_window=WindowBuilder,
        make_solver=partial(Solver, waits_for_facing=True, relaxes=True),
        make_hub=partial(OutputHub, strict=strict_outputs),
        make_recorder=DiskRecorder,
        make_video=VideoRecorder,
        make_receiver=VmcReceiver,
        listen_address=listen_address,
        make_details=make_details,
        make_detail_solver=make_detail_solver,
        make_hold=HoldMeasure,
        strict_outputs=strict_outputs,
    )


def _make_seeing_detector(name: str, *, size: str, threads: int, on_message: OnMessage) -> Detector:
    """Make a detector with what feeds the weights' visual branch: its own landmarks, or a backbone after it."""
    from engine.pose2d.choose import make_detector
    from engine.vtm.weights import load_weights

    detector = make_detector(name, size=size, threads=threads, on_message=on_message)
    try:
        backbone = load_weights().backbone
    except ModelError:  # the solve thread says so; picture and keypoints are shown all the same
        backbone = None
    if backbone is None:
        return detector
    from engine.visual.detector import with_backbone

    return with_backbone(detector, backbone, threads)
