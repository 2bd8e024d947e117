"""An hour at 59.94 frames a second stays in step, in arithmetic: no file's own clock drifts by a frame."""

from __future__ import annotations

import dataclasses
import io
import re

import numpy as np
import pytest

from engine.motion import bvh
from engine.motion.fbx import TICKS_PER_S, key_times
from engine.motion.resample import even_motion
from engine.motion.take import MotionTake, median_rate, row_of_nothing, take_from_rows
from engine.types import F64

NTSC_HZ = 60_000 / 1001
FRAMES = round(3600 * NTSC_HZ)


def exact() -> F64:
    return np.arange(FRAMES) / NTSC_HZ


def rounded() -> F64:
    """As Matroska has them: whole milliseconds."""
    return np.round(exact(), 3)


def live() -> F64:
    """As a camera has them: each frame up to 4 ms late, one in fifty missing."""
    random = np.random.default_rng(1)
    times = exact() + random.uniform(0, 0.004, FRAMES)
    return times[(random.uniform(size=FRAMES) > 0.02) | (np.arange(FRAMES) == FRAMES - 1)]


def take_at(times_s: F64) -> MotionTake:
    """Somebody who stands still all the time; one frame in memory, shown at every time."""
    one = np.repeat(np.atleast_1d(row_of_nothing()), 1)
    one["tracked"], one["rotations_xyzw"], one["root_m"], one["rest_offsets_m"] = True, (0, 0, 0, 1), 1.0, 0.1
    take = take_from_rows(one, fps=median_rate(times_s))
    many = {
        field.name: np.broadcast_to(value, (len(times_s), *value.shape[1:]))
        for field in dataclasses.fields(take)
        if isinstance(value := getattr(take, field.name), np.ndarray) and value.shape[:1] == (1,)
    }
    return dataclasses.replace(take, **many | {"timestamps_s": times_s})


@pytest.mark.parametrize("times", [exact, rounded, live])
def test_a_bvh_of_an_hour_says_a_rate_that_ends_with_the_take(times, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bvh, "_frames", lambda *_: iter(()))
    file, times_s = io.BytesIO(), times()
    bvh.write_bvh(file, take_at(times_s))
    found = re.search(rb"Frames: (\d+)\nFrame Time: (\S+)", file.getvalue())
    assert found is not None
    frames, frame_s = int(found[1]), float(found[2])
    assert frame_s == pytest.approx(1 / NTSC_HZ, rel=2e-2 if times is live else 1e-6)
    assert abs((frames - 1) * frame_s - (times_s[-1] - times_s[0])) < frame_s / 2


@pytest.mark.parametrize("times", [exact, rounded, live])
def test_each_key_of_an_fbx_of_an_hour_is_at_its_time(times) -> None:
    times_s = times()
    motion = even_motion(take_at(times_s))
    keys_s = key_times(len(motion), motion.fps) / TICKS_PER_S
    assert abs(keys_s[-1] - (times_s[-1] - times_s[0])) < 0.5 / NTSC_HZ
    np.testing.assert_allclose(np.diff(keys_s), 1 / motion.fps, atol=1e-9)
    if len(motion) == FRAMES == len(times_s):
        np.testing.assert_allclose(keys_s, times_s - times_s[0], atol=1e-3)


def test_a_pause_is_held_at_the_median_rate() -> None:
    times_s = np.concatenate([np.arange(300), np.arange(420, 720)]) / 30.0
    motion = even_motion(take_at(times_s))
    assert motion.fps == pytest.approx(30.0)
    assert len(motion) == 720
