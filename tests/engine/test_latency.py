"""Latency by flashes: a simulated camera of known delay comes out right; one that sees nothing is refused."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.latency import FlashMeter, flash_times
from engine.types import Percentiles

FRAME_S = 1 / 30


def filmed(delay_s: float, *, contrast: float = 60.0, noise: float = 1.0, flashes: int = 40) -> FlashMeter:
    """A camera whose frames show the screen as it was delay_s before they are captured."""
    meter, rng, changes, at_s = FlashMeter(), np.random.default_rng(5), [], 1.0
    for _, pause_s in zip(range(flashes), flash_times(3), strict=False):
        at_s += pause_s
        changes.append(at_s)
    for number in range(int((at_s + 1.5) / FRAME_S)):
        now_s = number * FRAME_S
        bright = int(np.searchsorted(changes, now_s - delay_s)) % 2
        level = 80 + contrast * bright + rng.normal(0, noise)
        meter.frame(np.full((48, 64, 3), np.clip(level, 0, 255), np.uint8), now_s)
    for change_s in changes:
        meter.shown(change_s)
    return meter


@pytest.mark.parametrize("delay_s", [0.0, 0.045, 0.12, 0.3])
def test_a_known_delay_comes_out_with_half_a_frame_of_waiting(delay_s: float) -> None:
    report = filmed(delay_s).report()
    assert report.seen >= 36
    assert report.glass_to_frame_ms.p50 == pytest.approx(1000 * (delay_s + FRAME_S / 2), abs=8)
    assert report.spread_ms < 1000 * FRAME_S


def test_a_figure_is_rough_when_most_flashes_are_missed_or_they_differ_widely() -> None:
    assert not filmed(0.12).report().rough
    meter = filmed(0.12)
    for number in range(60):
        meter.shown(1000.0 + number)
    assert meter.report().rough
    uneven = filmed(0.05)
    late = filmed(0.4)
    uneven._changes += [at_s + 500.0 for at_s in late._changes]
    uneven._frames += [(at_s + 500.0, level) for at_s, level in late._frames]
    assert uneven.report().rough


def test_a_weak_glow_in_a_noisy_room_is_enough() -> None:
    report = filmed(0.08, contrast=8.0, noise=1.5).report()
    assert report.glass_to_frame_ms.p50 == pytest.approx(97, abs=12)


def test_a_camera_that_does_not_see_the_screen_is_one_line_that_says_what_to_do() -> None:
    with pytest.raises(InputError, match="point it at the screen") as caught:
        filmed(0.05, contrast=0.0).report()
    assert "\n" not in str(caught.value)


def test_glass_to_packet_adds_the_pipelines_own_clock() -> None:
    report = filmed(0.05).report(Percentiles(20.0, 30.0, 40.0))
    assert report.glass_to_packet_ms == pytest.approx(report.glass_to_frame_ms.p50 + 20.0)
    assert report.to_json()["frame_to_packet_ms"]["p50"] == 20.0
    assert filmed(0.05).report().to_json()["glass_to_packet_ms"] is None


def test_the_changes_have_no_rhythm_and_leave_time_to_be_seen() -> None:
    pauses = [pause_s for _, pause_s in zip(range(50), flash_times(0), strict=False)]
    assert min(pauses) > 0.6
    assert np.std(pauses) > 0.1
