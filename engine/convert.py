"""`vtm convert`: a video or keypoints .npz to a take of motion. Every frame, in order; none is dropped.

Two passes. The first lifts every frame with VTM. Then the person's proportions, the camera tilt and the floor are
estimated from the whole take, and every frame is smoothed with its past and future neighbours. The second pass solves
all frames in that one world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from engine.clip import Clip, opened_clip
from engine.clip_details import ClipDetails
from engine.config import Config
from engine.errors import CameraError, OutputError, UsageError
from engine.file_kinds import TAKE_SUFFIX, is_take, not_convertible
from engine.first_window import FirstWindow
from engine.keypoints_file import KeypointsFile, read_keypoints
from engine.live.cores import worker_threads
from engine.live.interfaces import Factories, Runtime, WindowLike
from engine.motion.edit import Edit, edited
from engine.motion.formats import TRUE_TIMES, check_motion_path, write_motion
from engine.motion.npz import read_motion_npz
from engine.motion.resample import gaps_of, gaps_text
from engine.motion.take import ROW, MotionTake, median_rate, row_of, take_from_rows
from engine.real_factories import real_factories
from engine.solver import Solver
from engine.sources.intrinsics import check_intrinsics, intrinsics_for
from engine.types import Detection, Keypoints2D, RawMotion
from models.camera import Intrinsics

OnProgress = Callable[[int, int], None]
"""Frames done, total frames (0: unknown). Raising in it aborts the conversion; nothing is written then."""
_FORGET_S = 1.0  # without a person for this long, the window restarts
_SAME_RATE = 0.02


@dataclass(frozen=True, slots=True)
class _Lifted:
    """One frame after the first pass."""

    detection: Detection
    raw: RawMotion | None  # None: nobody, or not enough of the person seen yet
    intrinsics: Intrinsics


def convert(
    source: str | Path,
    target: str | Path,
    config: Config,
    *,
    on_progress: OnProgress | None = None,
    on_message: Callable[[str], None] | None = None,
    factories: Factories | None = None,
    style: str = "default",
    processes: int = 1,
    overwrite: bool = False,
    on_written: Callable[[Path], None] | None = None,
    edit: Edit | None = None,
) -> MotionTake:
    """Convert a video, "demo", a keypoints .npz or a take (.npz) to the motion file `target`; its suffix sets the
    format.

    An existing file is kept and the next free name used.

    processes   number of conversions that run at the same time and share the processor
    edit        cuts and gap filling applied before writing
    overwrite   replace an existing file
    on_written  receives the actual name of the file
    on_message  one line each: the detector and back end used, problems such as a truncated video
    returns     the take as written; frames without a person hold NaN and `tracked` False
    Raises UsageError, InputError, CameraError, DetectorError, ModelError, OutputError.
    """
    target = Path(target)
    check_motion_path(target)
    if not target.resolve().parent.is_dir():
        raise OutputError(f"cannot write {target}: there is no folder {target.resolve().parent}; create it first")
    say = on_message or (lambda _text: None)
    seen = observe(source, config, on_progress=on_progress, on_message=say, factories=factories, processes=processes)
    if seen.detections and not seen.take.tracked.any():
        say(f"there is no person in any of the {len(seen.take)} frames of {source}")
    take = seen.take if edit is None else edited(seen.take, edit, say)
    return _written(take, target, style, overwrite, say, on_written)


@dataclass(frozen=True, slots=True)
class Observed:
    """A whole source: its motion, and the detections of its frames (none for a take)."""

    take: MotionTake
    detections: tuple[Detection, ...] = ()


def observe(
    source: str | Path | KeypointsFile,
    config: Config,
    *,
    on_progress: OnProgress | None = None,
    on_message: Callable[[str], None] | None = None,
    factories: Factories | None = None,
    processes: int = 1,
) -> Observed:
    """Turn a video, "demo", keypoints (a .npz, or read already) or a take (.npz) into motion, without writing a file.

    Every frame is used. The arguments are those of `convert`.
    Raises UsageError, InputError, CameraError, DetectorError, ModelError.
    """
    say = on_message or (lambda _text: None)
    keypoints = source if isinstance(source, KeypointsFile) else None
    if not isinstance(source, KeypointsFile):
        if is_take(Path(source)):
            return Observed(read_motion_npz(Path(source)))
        problem = not_convertible(Path(source)) if Path(source).exists() else None
        if problem is not None:
            raise UsageError(problem)
        keypoints = read_keypoints(Path(source)) if Path(source).suffix.lower() == TAKE_SUFFIX else None
    check_intrinsics(config)
    factories = real_factories(paced=False) if factories is None else factories
    runtime = factories.load_runtime(config.backend, threads=worker_threads(processes)[1], on_message=say)
    try:
        details = ClipDetails(config, factories, say) if keypoints is None else None
        threads = worker_threads(processes)[0]
        with opened_clip(str(source), keypoints, config, factories, say, threads, details) as clip:
            lifted = _lift(clip, clip.config, factories, runtime, on_progress)
    finally:
        runtime.close()
    return Observed(_solve(lifted, config, clip.fps, details), tuple(one.detection for one in lifted))


def _written(
    take: MotionTake,
    target: Path,
    style: str,
    overwrite: bool,
    say: Callable[[str], None],
    on_written: Callable[[Path], None] | None,
) -> MotionTake:
    """Write the take, and report what the user may not expect about the file."""
    path = write_motion(target, take, style=style, overwrite=overwrite)
    if path != target:
        say(f"{target} exists and was kept: wrote {path.name} (--force replaces it)")
    gaps = () if path.suffix.lower() in TRUE_TIMES else gaps_of(take)
    if gaps:
        say(f"{path.name}: {gaps_text(gaps)}")
    if on_written is not None:
        on_written(path)
    return take


def _lift(
    clip: Clip, config: Config, factories: Factories, runtime: Runtime, on_progress: OnProgress | None
) -> list[_Lifted]:
    """First pass: every frame through window and network. The picture size may change during a video."""
    lifted: list[_Lifted] = []
    intrinsics: Intrinsics | None = None
    window: WindowLike | None = None
    first: FirstWindow | None = None
    size: tuple[int, int] | None = None
    seen_at_s = 0.0
    for detection in clip.detections:
        if intrinsics is None or window is None or first is None or detection.image_size != size:
            size = detection.image_size
            of_file = None if config.intrinsics_file else clip.intrinsics
            intrinsics = of_file or intrinsics_for(config, size)
            window = factories.make_window(runtime.config, intrinsics)
            if first is not None:
                _put(lifted, first.restart())
            first = FirstWindow(partial(factories.make_window, runtime.config, intrinsics), runtime, intrinsics)
        raw: RawMotion | None = None
        if isinstance(detection, Keypoints2D):
            seen_at_s = detection.captured_at_s
            window.push(detection)
            view = window.window()
            raw = None if view is None else runtime.lift(view, intrinsics)
        elif detection.captured_at_s - seen_at_s > _FORGET_S:
            window.reset()
            _put(lifted, first.restart())
        lifted.append(_Lifted(_without_features(detection), raw, intrinsics))
        if isinstance(detection, Keypoints2D):
            _put(lifted, first.add(len(lifted) - 1, detection, raw))
        if on_progress is not None:
            on_progress(len(lifted), max(clip.frames, len(lifted)) if clip.frames else 0)
    if first is None:
        raise CameraError("the video contains no frames")
    _put(lifted, first.restart())
    return lifted


def _put(lifted: list[_Lifted], changed: Iterator[tuple[int, RawMotion]]) -> None:
    for number, raw in changed:
        lifted[number] = replace(lifted[number], raw=raw)


def _without_features(detection: Detection) -> Detection:
    """Drop the feature map, which the second pass does not need: it is 32 KiB, and a video has many frames."""
    return replace(detection, features=None) if isinstance(detection, Keypoints2D) else detection


def _solve(lifted: list[_Lifted], config: Config, claimed_fps: float, details: ClipDetails | None) -> MotionTake:
    """Second pass: estimate the world from the whole take, then solve it."""
    fps = _rate_of([each.detection.captured_at_s for each in lifted], claimed_fps)
    solver = Solver(lifted[0].intrinsics, config.height_m, rate_hz=fps)
    solver.set_proportions(config.proportions)
    solver.set_body(config.body)
    solver.set_smoothness(config.smoothness)
    solver.fit([each.raw for each in lifted if each.raw is not None])
    with_details = (lambda pose: pose) if details is None else details.solver()
    rows = np.zeros(len(lifted), ROW)
    for number, each in enumerate(lifted):
        at = each.detection.frame_id, each.detection.captured_at_s
        solver.set_intrinsics(each.intrinsics)
        pose = solver.lost(*at) if each.raw is None else solver.solve(each.raw)
        rows[number] = row_of(with_details(pose), each.detection)[0]
    return replace(take_from_rows(rows, fps=fps), intrinsics=lifted[0].intrinsics.matrix)


def _rate_of(times_s: list[float], claimed_fps: float) -> float:
    """Return the claimed frame rate if the timestamps agree with it, else their median rate."""
    median_fps = median_rate(np.array(times_s))
    return claimed_fps if len(times_s) < 3 or abs(median_fps / claimed_fps - 1.0) < _SAME_RATE else median_fps
