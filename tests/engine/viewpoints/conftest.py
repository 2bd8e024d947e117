"""A made-up performer seen by made-up cameras: tracks whose rotation, skew and errors are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.viewpoints.fit import F64, about_hips
from engine.viewpoints.track import Track
from models.parts import NUM_PARTS
from tests.engine.made_up_performer import OFFSETS_M, performance

TrackMaker = Callable[..., Track]


@pytest.fixture
def make_track() -> TrackMaker:
    """make_track(R, seconds=…, fps=…, skew_s=…, seed=…, noise_m=…, depth_m=…, detector_m=…) of one camera."""

    def make(
        R: F64,
        *,
        seconds: float = 12.0,
        fps: float = 30.0,
        skew_s: float = 0.0,
        seed: int = 0,
        noise_m: float = 0.0,
        depth_m: float = 0.0,
        detector_m: float = 0.05,
    ) -> Track:
        times_s = np.arange(int(seconds * fps)) / fps
        joints, turned = performance(times_s, seed)
        random = np.random.default_rng([seed, int(1e3 * abs(R[0, 0])), 7])
        seen = joints @ R.T
        seen = seen + about_hips(random.normal(0, 1, seen.shape) * [noise_m, noise_m, noise_m + depth_m])
        detector = seen + about_hips(random.normal(0, detector_m, seen.shape))
        confidence = np.full((len(times_s), NUM_PARTS), 0.8)
        root = np.tile([0.0, 0.0, 3.0], (len(times_s), 1))
        return Track(times_s + skew_s, seen, R @ turned, detector, confidence, root, OFFSETS_M)

    return make


@pytest.fixture
def yaw() -> Callable[[float], F64]:
    """A camera so many degrees round the performer."""
    return lambda degrees: np.asarray(Rotation.from_euler("y", degrees, degrees=True).as_matrix())
