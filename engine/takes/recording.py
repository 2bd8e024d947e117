"""What can be played: a take (.npz) as poses, an OSC log (.jsonl) byte for byte, a test pose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.file_kinds import TAKE_SUFFIX, not_a_recording
from engine.motion.npz import read_motion_npz
from engine.motion.osc_log import read_osc_log
from engine.motion.resample import gaps_of, gaps_text
from engine.motion.take_poses import poses_of
from engine.osc.demo_pose import t_pose, wave_pose
from engine.osc.receiver_check import DURATION_S, walking_test
from engine.types import Pose

RECEIVER_TEST = "Receiver test"
TEST_POSES: dict[str, Callable[[float, float], Pose]] = {
    "T-pose": t_pose,
    "Wave": wave_pose,
    RECEIVER_TEST: walking_test,
}
"""Test poses by name: (height_m, time_s) -> pose. Each repeats, after a second or after the whole test."""
_TEST_HZ = 30


@dataclass(frozen=True, slots=True)
class Recording:
    """Items with times from 0, never decreasing."""

    name: str  # of the file, or of the test pose
    times_s: Sequence[float]
    items: Sequence[Pose | bytes]
    scheme: str | None = None  # the only one an OSC log can be sent to; None: any
    warning: str | None = None  # parts of the file that could not be used, or are played differently


def load_recording(path: Path) -> Recording:
    """Read a take or a log. Raises UsageError (suffix), VtmError (file), one line each."""
    problem = not_a_recording(path)
    if problem is not None:
        raise UsageError(problem)
    if path.suffix.lower() == TAKE_SUFFIX:
        take = read_motion_npz(path)
        poses, gaps = tuple(poses_of(take)), gaps_of(take)
        warning = f"{path.name}: {gaps_text(gaps)}" if gaps else None
        return Recording(str(path), [pose.captured_at_s for pose in poses], poses, warning=warning)
    log = read_osc_log(path)
    return Recording(str(path), log.times_s, log.datagrams, log.scheme, log.warning)


def pose_recording(name: str, height_m: float) -> Recording:
    """A test pose, to be looped. Raises UsageError for a name not in TEST_POSES."""
    if name not in TEST_POSES:
        raise UsageError(f"there is no test pose {name!r}: use one of {', '.join(TEST_POSES)}")
    frames = round(_TEST_HZ * (DURATION_S if name == RECEIVER_TEST else 1.0))
    times = [number / _TEST_HZ for number in range(frames)]
    return Recording(name, times, [TEST_POSES[name](height_m, time_s) for time_s in times])
