"""`vtm latency` before a simulated camera that sees the screen so many milliseconds late."""

from __future__ import annotations

import bisect
import dataclasses
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PySide6")

from app.cli import main
from app.commands import latency
from engine.config import Config
from engine.latency import FlashMeter
from engine.types import Frame
from tests.engine.pipeline_fakes import World

DELAY_S = 0.12
FRAME_S = 1 / 50


class ScreenCamera:
    """Sees the whole screen as it was DELAY_S ago."""

    name, image_size, fps, frames, live, dropped, status, ended = "screen", (64, 48), 50.0, 0, True, 0, None, False

    def __init__(self, meter: FlashMeter) -> None:
        self.meter, self.number = meter, 0

    def read(self) -> Frame:
        time.sleep(FRAME_S)
        now_s = time.monotonic()
        bright = bisect.bisect_right(self.meter._changes, now_s - DELAY_S) % 2
        self.number += 1
        return Frame(np.full((48, 64, 3), 40 + 100 * bright, np.uint8), self.number, now_s)

    def close(self) -> None:
        """Nothing is open."""


def test_the_delay_of_a_simulated_camera_is_found(application, monkeypatch: pytest.MonkeyPatch) -> None:
    assert application is not None
    world, meter = World(), FlashMeter()

    def open_source(_source: str, **_settings: Any) -> Any:
        return ScreenCamera(meter)

    monkeypatch.setattr(
        latency, "real_factories", lambda: dataclasses.replace(world.factories(), open_source=open_source)
    )
    packet_ms = latency.measure(Config(source="screen"), meter, flashes=9)
    report = meter.report(packet_ms)
    assert report.seen >= 6
    assert DELAY_S * 1000 - 5 <= report.glass_to_frame_ms.p50 <= DELAY_S * 1000 + 80  # late frames of a busy machine
    assert packet_ms is not None
    assert "glass to packet" in latency.report_lines(report)[-1]


def test_without_a_display_it_says_why(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(latency, "display_available", lambda: False)
    assert main(["latency"]) == 2
    assert "needs a screen to flash" in capsys.readouterr().err
