"""The chain measured in a process of its own: its figures come back, and so does what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.apart import measure_apart
from engine.bench.chain import Run
from engine.bench.machine import memory_mb
from engine.config import Config
from engine.errors import CameraError
from engine.pose2d.weights import weights_state
from engine.sources.open_source import DEMO_CLIP
from engine.vtm.weights import WEIGHTS

CONFIG = Config(source="demo", detector="blazepose", detector_size="full", backend="auto", hands="off", face="off")


@pytest.mark.slow
@pytest.mark.skipif(weights_state().state != "ready", reason="BlazePose is not here: vtm fetch")
@pytest.mark.skipif(not WEIGHTS.exists(), reason="VTM's weights are not here")
def test_its_memory_is_its_own():
    ballast = bytearray(b"x") * 1_000_000_000
    found = measure_apart(CONFIG, Run(DEMO_CLIP, 30.0, 0.5, warm_up_s=0.2))
    assert found.fps > 0
    assert found.cpu_ms > 0
    assert 50 < found.memory_mb < memory_mb() - 300
    assert len(ballast) == 1_000_000_000


def test_what_went_wrong_there_is_raised_here(tmp_path: Path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"no video at all")
    with pytest.raises(CameraError, match="clip"):
        measure_apart(CONFIG, Run(clip, 30.0, 0.5))
