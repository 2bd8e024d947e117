"""Sizes of the detector side by side: which one a camera's rate allows, and a missing one told with the fix."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bench import sizes
from engine.bench.sizes import live_size, measure_sizes
from engine.errors import DetectorError
from engine.sources.open_source import DEMO_CLIP
from tests.detector_weights import weights_for_tests


def rows(lite: float | None, full: float | None, heavy: float | None) -> list[dict[str, Any]]:
    times = {"lite": lite, "full": full, "heavy": heavy}
    return [{"size": size, "works": ms is not None, "ms": {"p50": ms}} for size, ms in times.items()]


@pytest.mark.parametrize(
    ("times", "size"),
    [
        ((5, 8, 24), "heavy"),
        ((5, 8, 26), "full"),
        ((5, 26, 60), "lite"),
        ((40, 60, 200), "lite"),
        ((5, 8, None), "full"),
        ((None, 60, 200), "full"),
        ((None, None, None), ""),
    ],
)
def test_the_largest_size_that_keeps_the_rate_with_a_quarter_to_spare_runs_live(times, size):
    assert live_size(rows(*times), 30.0) == size


def test_each_size_that_is_there_has_its_times_and_the_others_the_fix(monkeypatch):
    there = weights_for_tests()

    def installed(size: str):
        if size == "full":
            return there
        raise DetectorError(f"no {size}; run `vtm fetch`")

    monkeypatch.setattr(sizes, "installed_weights", installed)
    found = measure_sizes(DEMO_CLIP, 0.2)
    assert [(row["size"], row["works"]) for row in found] == [("lite", False), ("full", True), ("heavy", False)]
    assert set(found[1]["ms"]) == {"p50", "p95", "p99"}
    assert found[1]["per_second"] > 0
    assert "vtm fetch" in found[0]["detail"]
