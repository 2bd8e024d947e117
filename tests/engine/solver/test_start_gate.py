"""No avatar turns round at the start: the first poses wait until the facing is settled, but not for ever."""

from __future__ import annotations

import math

import pytest

from engine.solver.settings import STANDARD
from engine.solver.start_gate import StartGate

LONGEST_S, STABLE_FRAMES = STANDARD.start.longest_s, STANDARD.start.frames


def passed(facings_deg: list[float], rate_hz: float = 30.0) -> list[bool]:
    gate = StartGate()
    return [gate.opens(math.radians(facing), frame / rate_hz) for frame, facing in enumerate(facings_deg)]


def test_a_settled_facing_opens_after_a_few_frames_and_stays_open():
    assert passed([170.0, 175.0, -178.0, 176.0, 172.0, 0.0]) == [False] * (STABLE_FRAMES - 1) + [True, True]


def test_a_turn_round_in_the_first_frames_is_not_shown():
    shown = passed([0, 0, 180, 180, 180, 180, 180])
    assert shown.index(True) == 2 + STABLE_FRAMES - 1


@pytest.mark.parametrize("rate_hz", [10.0, 30.0, 60.0])
def test_somebody_who_spins_is_shown_after_a_while(rate_hz: float):
    facings = [40.0 * frame * 30 / rate_hz for frame in range(100)]
    first = passed(facings, rate_hz).index(True) / rate_hz
    assert LONGEST_S <= first <= LONGEST_S + 1 / rate_hz + 1e-9


def test_another_source_waits_again():
    gate = StartGate()
    for frame in range(STABLE_FRAMES):
        opened = gate.opens(0.0, frame / 30)
    assert opened
    gate.reset()
    assert not gate.opens(0.0, 5.0)
