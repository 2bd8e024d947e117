"""Sizes of the detector side by side: which one a live run chooses, and a missing one told with the fix."""

from __future__ import annotations

import pytest

from engine.bench import sizes
from engine.bench.chain import Measured, Run
from engine.bench.sizes import live_size, measure_sizes
from engine.config import Config
from engine.errors import DetectorError
from engine.sources.open_source import DEMO_CLIP
from engine.types import NO_TIME
from tests.detector_weights import weights_for_tests


@pytest.mark.parametrize("size", ["full", ""])
def test_a_live_run_with_everything_on_chooses_the_size(monkeypatch, size):
    asked: list[tuple[Config, Run]] = []
    found = Measured(30, NO_TIME, {}, 0.2, 0.3, 300, "blazepose", size, "cpu")
    monkeypatch.setattr(sizes, "measure_apart", lambda config, run: (asked.append((config, run)), found)[1])
    assert live_size(Config(hands="off", face="off", detector_size="lite"), DEMO_CLIP, 30.0) == size
    ((config, run),) = asked
    assert (config.detector_size, config.hands, config.face) == ("auto", "auto", "auto")
    assert run.rate_hz == 30.0


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
