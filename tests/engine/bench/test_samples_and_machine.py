"""Figures of a benchmark: warm-up left out, percentiles in ms; and the machine they belong to."""

from __future__ import annotations

import json
import mmap

import numpy as np
import pytest

from engine.bench import machine
from engine.bench.probes import OSC_CPU, TimedHub
from engine.bench.samples import Samples, as_json


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_only_what_lies_between_begin_and_end_counts():
    clock = Clock()
    samples = Samples(clock)
    samples.add("vtm", 9.0)
    samples.begin()
    for value in range(101):
        samples.add("vtm", value / 1e3)
    clock.now_s = 2.0
    samples.end()
    samples.add("vtm", 9.0)
    assert samples.count("vtm") == 101
    assert samples.per_second("vtm") == 50.5
    assert as_json(samples.percentiles_ms("vtm")) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}


def test_the_mean_weighs_every_value():
    samples = Samples(Clock())
    samples.begin()
    for value in (1.0, 1.0, 4.0):
        samples.add("osc", value)
    assert samples.mean_ms("osc") == pytest.approx(2000.0)
    assert samples.mean_ms("nothing") == 0.0


def test_processor_time_of_sending_is_counted_from_pose_to_pose():
    samples, worked = Samples(Clock()), iter([5.0, 5.1, 5.4])
    hub = TimedHub(samples, lambda: next(worked))
    samples.begin()
    for _ in range(3):
        hub.sent(0.0)
    assert samples.count(OSC_CPU) == 2
    assert samples.mean_ms(OSC_CPU) == pytest.approx(200.0)


def test_a_second_begin_starts_anew():
    samples = Samples(Clock())
    samples.begin()
    samples.add("a", 1.0)
    samples.begin()
    assert samples.names() == ()
    assert samples.percentiles_ms("a").p99 == 0.0
    assert samples.per_second("a") == 0.0


def test_the_environment_names_processor_cores_and_versions_and_is_json():
    found = json.loads(json.dumps(machine.environment()))
    assert found["cpu"]
    assert found["cores"] >= 1
    assert found["versions"]["numpy"] == np.__version__
    assert set(found) == {"cpu", "cores", "gpu", "system", "python", "versions", "load_average"}


def test_memory_grows_with_what_is_held():
    before_mb = machine.memory_mb()
    with mmap.mmap(-1, 50_000_000) as held:  # an array could be given memory that was freed before
        for _ in range(50):
            held.write(bytes(1_000_000))
        assert machine.memory_mb() - before_mb > 30


@pytest.mark.skipif(not machine._STATM.is_file(), reason="Linux tells the memory of now")
def test_memory_is_in_megabytes():
    assert 10 < machine.memory_mb() < 100_000
