"""Python's switch interval: short while a pipeline runs, the user's own before and after."""

from __future__ import annotations

import sys

import pytest

from engine.errors import UsageError
from engine.live.switching import INTERVAL_S, switch_as_usual, switch_often
from tests.engine.pipeline_fakes import World


def test_it_is_short_until_the_last_one_is_done():
    usual_s = sys.getswitchinterval()
    switch_often()
    switch_often()
    assert sys.getswitchinterval() == pytest.approx(INTERVAL_S)
    switch_as_usual()
    assert sys.getswitchinterval() == pytest.approx(INTERVAL_S)
    switch_as_usual()
    assert sys.getswitchinterval() == pytest.approx(usual_s)


def test_a_shorter_one_of_the_users_stays():
    usual_s = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-4)
        switch_often()
        assert sys.getswitchinterval() == pytest.approx(1e-4, abs=3e-6)
        switch_as_usual()
        assert sys.getswitchinterval() == pytest.approx(1e-4, abs=3e-6)
    finally:
        sys.setswitchinterval(usual_s)


def test_a_pipeline_holds_it_while_it_runs():
    usual_s = sys.getswitchinterval()
    pipeline = World().pipeline()
    assert sys.getswitchinterval() == pytest.approx(usual_s)
    with pipeline:
        assert sys.getswitchinterval() == pytest.approx(INTERVAL_S)
        pipeline.stop()
    assert sys.getswitchinterval() == pytest.approx(usual_s)


def test_a_start_that_fails_gives_it_back():
    usual_s = sys.getswitchinterval()
    world = World()
    world.broken["hub"] = UsageError("no such port")
    with pytest.raises(UsageError):
        world.pipeline().start()
    assert sys.getswitchinterval() == pytest.approx(usual_s)
