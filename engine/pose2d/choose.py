"""Choose the 2D detector: RTMPose if a GPU really runs it, else BlazePose; one message gives the choice and reason."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Sequence

from engine.config import DETECTORS
from engine.errors import DetectorError, UsageError
from engine.networks.download import Progress
from engine.networks.litert import why_no_litert
from engine.networks.native_log import without_native_chatter
from engine.networks.weight_files import WeightFile, file_state
from engine.pose2d.base import Detector
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.rtmpose import RtmPose
from engine.pose2d.rtmpose_weights import ensure_rtm_weights
from engine.pose2d.weight_sources import ensure_weights
from engine.pose2d.weights import (
    BY_SIZE,
    PERSON,
    installed_weights,
    nearest_size,
    weights_state,
)

log = logging.getLogger(__name__)

_CUDA = "CUDAExecutionProvider"
_TINY_MODEL = base64.b64decode("CAgSADozCgwKAWESAWIiBFJlbHUSAWdaDwoBYRIKCggIARIECgIIAWIPCgFiEgoKCAgBEgQKAggBQgQKABAN")
"""A network of one Relu: enough to see which provider really runs it."""
_PROGRESS_STEP = 0.2

OnMessage = Callable[[str], None]


def make_detector(name: str, *, size: str = "auto", threads: int = 1, on_message: OnMessage) -> Detector:
    """Create the detector `name` (missing models are downloaded, with progress as messages).

    name        "auto", "rtmpose" or "blazepose"
    size        of BlazePose: "lite", "full" or "heavy"; "auto": all available ones, largest first, for `leave_out` to
                choose from; "largest": only that one
    threads     for networks that run on the CPU
    on_message  receives one line with the choice and the reason
    Raises UsageError (unknown name), DetectorError (weights missing and offline, tampered, not loadable).
    """
    if name not in DETECTORS:
        raise UsageError(f"unknown detector {name}; expected one of {', '.join(DETECTORS)}")
    if name == "rtmpose":
        return _rtmpose(threads, on_message)
    if name == "blazepose":
        return _blazepose(size, threads, on_message, "as chosen")
    no_gpu = why_no_cuda()
    no_litert = why_no_litert()
    if no_gpu is not None and no_litert is not None:
        on_message(no_litert)
        return _rtmpose(threads, on_message)
    if no_gpu is not None:
        return _blazepose(size, threads, on_message, f"RTMPose needs a GPU: {no_gpu}")
    try:
        detector = RtmPose(ensure_rtm_weights(progress_lines("RTMPose's networks", on_message)), cuda=True)
    except DetectorError as error:
        log.warning("RTMPose cannot be used", exc_info=True)
        return _blazepose(size, threads, on_message, f"RTMPose cannot be used: {error}")
    on_message("2D detector: RTMPose on CUDA (a GPU runs it)")
    return detector


def why_no_cuda() -> str | None:
    """Return None when ONNX Runtime really runs a network on CUDA, else the reason. A listed provider proves
    nothing."""
    from models.onnx_session import ort

    if _CUDA not in ort.get_available_providers():
        return "this ONNX Runtime has no CUDA"
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        with without_native_chatter():
            session = ort.InferenceSession(_TINY_MODEL, options, providers=[_CUDA, "CPUExecutionProvider"])
    except Exception as error:  # a provider that cannot start may raise anything
        log.warning("CUDA does not start", exc_info=True)
        return f"CUDA does not start ({type(error).__name__})"
    return None if session.get_providers()[0] == _CUDA else "CUDA is installed but does not start"


def progress_lines(what: str, on_message: OnMessage) -> Progress:
    """Return a progress callback that reports a line at each fifth."""
    said = -1

    def progress(done: int, total: int) -> None:
        nonlocal said
        step = int(done / total / _PROGRESS_STEP)
        if step > said:
            said = step
            on_message(f"downloading {what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    return progress


def _rtmpose(threads: int, on_message: OnMessage) -> Detector:
    no_gpu = why_no_cuda()
    paths = ensure_rtm_weights(progress_lines("RTMPose's networks", on_message))
    detector = RtmPose(paths, cuda=no_gpu is None, threads=threads)
    on_message("2D detector: RTMPose " + ("on CUDA" if no_gpu is None else f"on the CPU, slow ({no_gpu})"))
    return detector


def _blazepose(size: str, threads: int, on_message: OnMessage, reason: str) -> Detector:
    """Create BlazePose. Downloads only missing files: a modified file is an error that the user should see."""
    no_litert = why_no_litert()
    if no_litert is not None:
        raise DetectorError(no_litert)
    note = _fetched(size, on_message)
    sizes = _sizes_there(size)
    detector = BlazePose(*(installed_weights(found) for found in sizes), threads=threads)
    on_message(f"2D detector: BlazePose {' or '.join(sizes)} ({reason}{note})")
    return detector


def _fetched(size: str, on_message: OnMessage) -> str:
    """Download what is required: a size requested by name; everything on the first run.

    Returns a note on a size that is still missing, or "". Raises DetectorError when none is available.
    """
    chosen = size in BY_SIZE
    files = (PERSON, BY_SIZE[size]) if chosen else (PERSON, *BY_SIZE.values())
    lacking = [file for file in files if file_state(file) == "missing"]
    if not lacking:
        return ""
    if not chosen and weights_state().state != "missing":
        return f"; {_missing(lacking)} not here: vtm fetch"
    try:
        ensure_weights(progress_lines("BlazePose's networks", on_message), lacking)
    except DetectorError:
        if not weights_state().sizes or file_state(PERSON) != "ready":
            raise
        log.warning("a size of BlazePose is missing", exc_info=True)
        return f"; {_missing(lacking)} could not be downloaded: vtm fetch"
    return ""


def _missing(files: Sequence[WeightFile]) -> str:
    """Return the sizes among these files that are missing."""
    return " and ".join(name for name, file in BY_SIZE.items() if file in files and file_state(file) == "missing")


def _sizes_there(size: str) -> tuple[str, ...]:
    """Return the available sizes to use, largest first. Raises DetectorError for a modified file."""
    for name, file in BY_SIZE.items():
        if file_state(file) == "tampered" and size in (name, "auto", "largest"):
            installed_weights(name)  # raises the error
    there = weights_state().sizes
    if size == "auto":
        return there[::-1]
    return (nearest_size("heavy" if size == "largest" else size, there),)
