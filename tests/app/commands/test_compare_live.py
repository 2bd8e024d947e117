"""`vtm compare` live, over fake pipelines: figures, the mean to OSC, an end by time, and one line for each failure."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from app.commands.compare_live import LiveCompare, rates_line, status_line
from app.commands.compare_options import CompareOptions
from app.commands.compare_sources import TwoSources
from app.engine_access import PipelineLike
from engine.config import Config
from engine.errors import CameraError, InputError, UsageError
from engine.types import Message, Snapshot
from engine.viewpoints.clock_skew import ClockSkew
from engine.viewpoints.comparison import Fit
from engine.viewpoints.live import LiveState
from engine.viewpoints.tally import Figures
from tests.app.conftest import FakePipeline

SOURCES = TwoSources("Front", "Side", files=False)
CONFIGS = Config(source="Front"), Config(source="Side")
Run = Callable[..., LiveCompare]


@pytest.fixture
def made() -> list[FakePipeline]:
    """Both pipelines of the run."""
    return []


@pytest.fixture
def run(fake: type[FakePipeline], made: list[FakePipeline]) -> Run:
    """run(CompareOptions(…), person=…) -> a comparison over two fakes on the same motion, fitted on a second."""

    def make(asked: CompareOptions, **fields: object) -> LiveCompare:
        def factory(config: Config) -> PipelineLike:
            pipeline = fake(config)
            if config.source == "Side":
                for name, value in fields.items():
                    setattr(pipeline, name, value)
            made.append(pipeline)
            return pipeline

        return LiveCompare(SOURCES, CONFIGS, asked, factory=factory, fit_s=1.0)

    return make


def test_two_cameras_are_compared_until_the_time_is_over(
    run: Run, made: list[FakePipeline], capsys: pytest.CaptureFixture[str]
) -> None:
    comparison = run(CompareOptions(seconds=4.0)).run()
    assert comparison.fit.angle_deg < 1.0  # the fakes stand in one place
    assert comparison.ours.mean_mm < 20.0
    assert all(pipeline.calls[-1] == "exit" for pipeline in made)
    assert "poses/s" in capsys.readouterr().err


def test_the_mean_of_both_goes_to_osc(run: Run, receiver_socket: socket.socket) -> None:
    port = receiver_socket.getsockname()[1]
    run(CompareOptions(seconds=4.0, osc_mean=(f"vmc://127.0.0.1:{port}",))).run()
    packets = b"".join(receiver_socket.recv(65536) for _ in range(5))
    assert b"/VMC/Ext/Bone/Pos" in packets


@pytest.fixture
def receiver_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(2.0)
        yield udp


def test_a_camera_that_fails_is_named(run: Run, made: list[FakePipeline]) -> None:
    broken = Message("error", "no such camera"), Message("info", "more")
    with pytest.raises(CameraError, match=r"B \(Side\): no such camera"):
        run(CompareOptions(), state="failed", messages=broken).run()
    assert all(pipeline.calls[-1] == "exit" for pipeline in made)


def test_nobody_in_b_is_said_by_name(run: Run) -> None:
    with pytest.raises(InputError, match=r"no person was seen in B \(Side\)"):
        run(CompareOptions(seconds=0.5), person=False).run()


def test_a_source_that_ends_ends_the_comparison(run: Run) -> None:
    with pytest.raises(InputError):  # before anything could be fitted
        run(CompareOptions(), state="ended").run()


def test_a_wrong_target_of_the_mean_leaves_nothing_running(run: Run, made: list[FakePipeline]) -> None:
    with pytest.raises(UsageError):
        run(CompareOptions(osc_mean=("vmc://127.0.0.1:70000",))).run()
    assert all(pipeline.calls[-1] == "exit" for pipeline in made)


def test_the_status_line_says_angle_distance_and_both_rates(at: Callable[..., Snapshot]) -> None:
    snapshots = [at(0), at(0)]
    assert "waiting until both" in status_line(snapshots, LiveState("waiting"))
    assert "7 s left" in status_line(snapshots, LiveState("fitting", left_s=7.0))
    fitted = LiveState(
        "fitted",
        fit=Fit(np.eye(3), None, ClockSkew(0.021, 0.8), 0.0, 10.0),
        now_mm=41.0,
        ours=Figures(10, 55.0, 90.0, {}),
        detector=Figures(10, 99.0, 120.0, {}),
    )
    line = status_line([dataclasses.replace(snapshot) for snapshot in snapshots], fitted)
    for words in ("angle 0 degrees", "apart 55 mm (p95 90), now 41", "detector's own 99", "clocks +21 ms", "30 and 30"):
        assert words in line


def test_few_cores_are_said_to_be_shared() -> None:
    assert rates_line((14.0, 13.5), 2) == "final rates: A 14.0, B 13.5 poses/s: two detectors share 2 cores"
    assert "share" not in rates_line((30.0, 30.0), 16)
