"""The measured clip: frames come when they are taken, or at a steady rate; other sizes are real videos."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.clip import ClipSource, clip_path, scaled_clip
from engine.bench.samples import Samples
from engine.errors import CameraError, UsageError
from engine.sources.file_source import open_file
from engine.sources.open_source import DEMO_CLIP


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def source(clock: Clock, rate_hz: float | None) -> ClipSource:
    return ClipSource(DEMO_CLIP, rate_hz, Samples(clock), clock.sleep)


def test_the_next_frame_comes_only_when_the_last_was_taken(clock, monkeypatch):
    monkeypatch.setattr("engine.bench.clip._PATIENCE_S", 0.001)
    clip = source(clock, None)
    first = clip.read()
    assert first is not None
    assert clip.read() is None
    clip.taken()
    clock.now_s += 5.0
    second = clip.read()
    assert second is not None
    assert second.frame_id == first.frame_id + 1
    assert second.captured_at_s == clock.now_s  # available now, not when it was decoded
    clip.close()
    assert clip.ended


def test_a_steady_clip_keeps_its_rate_and_counts_lateness_as_latency(clock):
    clip = source(clock, 50.0)
    stamps = [frame.captured_at_s for frame in (clip.read() for _ in range(4)) if frame is not None]
    assert stamps == pytest.approx([100.0, 100.02, 100.04, 100.06])
    clock.now_s += 0.1  # the reader was held up
    late = clip.read()
    assert late is not None
    assert late.captured_at_s == pytest.approx(100.08)
    clock.now_s += 5.0  # for so long that catching up would be a rush
    later = clip.read()
    assert later is not None
    assert later.captured_at_s == pytest.approx(clock.now_s)
    clip.close()


def test_a_clip_in_another_size_is_a_video_of_that_size(tmp_path):
    scaled = open_file(scaled_clip(DEMO_CLIP, 240, tmp_path), paced=False)
    assert scaled.image_size == (320, 240)
    assert scaled.read() is not None
    scaled.close()


def test_what_is_no_clip_is_told(tmp_path):
    assert clip_path("demo") == clip_path("") == DEMO_CLIP
    with pytest.raises(UsageError, match="there is no file 0"):
        clip_path("0")
    text = tmp_path / "text.mp4"
    text.write_text("hello")
    with pytest.raises(CameraError):
        scaled_clip(Path(text), 480, tmp_path)
