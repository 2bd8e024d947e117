"""`vtm compare` offline: two recordings of one performance, every frame of both, in two threads.

The threads share the processor as two conversions do. Ctrl-C, or a failure of one, stops the other at its next frame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from scipy.spatial.transform import Rotation

from engine.config import Config
from engine.convert import Observed, observe
from engine.live.interfaces import Factories
from engine.viewpoints.comparison import Comparison, compare
from engine.viewpoints.fit import F64, about_hips
from engine.viewpoints.track import Track, detector_of, orientations
from models.skeleton import NUM_JOINTS

OnSide = Callable[[int, int, int], None]
"""Which recording (0, 1), frames done, total frames (0: unknown)."""


class _EndedError(Exception):
    """The other recording failed, or the user stopped."""


def track_from(seen: Observed) -> Track:
    """Return a camera's track from a whole recording. A take (.npz) has no detector 3D."""
    take = seen.take
    R = take.R_world_cam.astype(np.float64)
    unknown = np.asarray(~np.isfinite(take.rotations_xyzw).all((1, 2)))
    quaternions = np.where(unknown[:, None, None], [0.0, 0.0, 0.0, 1.0], take.rotations_xyzw.astype(np.float64))
    local = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix().reshape(-1, NUM_JOINTS, 3, 3)
    detector: list[F64] = [detector_of(detection) for detection in seen.detections or (None,) * len(take)]
    return Track(
        take.timestamps_s.astype(np.float64),
        about_hips(take.joints_world_m.astype(np.float64)) @ R,
        R.T @ orientations(local),
        np.stack(detector) if detector else np.zeros((0, NUM_JOINTS, 3)),
        np.where(unknown[:, None], 0.0, take.part_confidence.astype(np.float64)),
        (take.root_m.astype(np.float64) - take.t_world_cam) @ R,
        take.rest_offsets_m.astype(np.float64),
    )


def compare_recordings(
    sources: tuple[str, str],
    configs: tuple[Config, Config],
    *,
    names: tuple[str, str] = ("A", "B"),
    on_progress: OnSide | None = None,
    on_message: Callable[[int, str], None] | None = None,
    factories: Factories | None = None,
) -> Comparison:
    """Track both recordings and compare them.

    sources   videos, keypoints .npz or takes .npz
    configs   settings of each
    names     names of the two in error messages
    Raises the errors of `engine.convert.observe` and `engine.viewpoints.comparison.compare`.
    """
    ended = threading.Event()

    def side(number: int) -> Observed:
        def progress(done: int, frames: int) -> None:
            if ended.is_set():
                raise _EndedError
            if on_progress is not None:
                on_progress(number, done, frames)

        def say(text: str) -> None:
            if on_message is not None:
                on_message(number, text)

        try:
            return observe(
                sources[number], configs[number], on_progress=progress, on_message=say, factories=factories, processes=2
            )
        except BaseException:
            ended.set()
            raise

    with ThreadPoolExecutor(2, "compare") as pool:
        both = [pool.submit(side, number) for number in (0, 1)]
        try:
            seen = _results(both)
        except BaseException:
            ended.set()
            raise
    return compare(track_from(seen[0]), track_from(seen[1]), names)


def _results(both: list[Future[Observed]]) -> list[Observed]:
    """Return both results, or raise the error that came first: the other side was only stopped because of it."""
    errors = [error for future in both if (error := future.exception()) is not None]
    own = [error for error in errors if not isinstance(error, _EndedError)]
    if errors:
        raise (own or errors)[0]
    return [future.result() for future in both]
