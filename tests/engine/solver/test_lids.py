"""Lids at rest are learnt: narrow eyes are not half shut, and a blink is still a blink."""

from __future__ import annotations

import numpy as np
import pytest

from engine.solver.face import closedness, gaze
from engine.solver.lids import LEAST_LOOKS, OpenLids
from tests.engine.solver.test_face import mesh

NARROW = (0.024, 0.026)


def test_narrow_eyes_count_as_open_after_a_few_looks_and_their_gaze_is_seen() -> None:
    lids = OpenLids()
    view = mesh(lids=NARROW, look=(0.2, 0.0))
    assert closedness(view).min() > 0.5
    assert gaze(view) is None
    learnt = [lids.push(view) for _ in range(LEAST_LOOKS)]
    assert learnt[:-1] == [None] * (LEAST_LOOKS - 1)
    assert closedness(view, learnt[-1]).max() < 0.05
    looks = gaze(view, learnt[-1])
    assert looks is not None
    assert looks[0] == pytest.approx(0.2, abs=0.02)


def test_blinks_between_do_not_make_shut_eyes_open() -> None:
    lids = OpenLids()
    for look in range(200):
        rest = lids.push(mesh(lids=(0.008, 0.008) if look % 5 == 0 else NARROW))
    assert rest is not None
    assert closedness(mesh(lids=(0.008, 0.008)), rest).min() > 0.95
    assert closedness(mesh(lids=NARROW), rest).max() < 0.1


def test_eyes_that_stay_shut_never_count_as_open() -> None:
    lids = OpenLids()
    for _ in range(300):
        rest = lids.push(mesh(lids=(0.008, 0.008)))
    assert closedness(mesh(lids=(0.008, 0.008)), rest).min() > 0.9


def test_each_eye_is_learnt_by_itself_and_a_broken_view_changes_nothing() -> None:
    lids = OpenLids()
    for _ in range(20):
        lids.push(mesh(lids=(0.02, 0.06)))
    rest = lids.push((mesh() * np.float32(np.nan)).astype(np.float32))
    assert rest is not None
    assert rest.lid_gap == pytest.approx([0.02, 0.06], abs=0.002)
