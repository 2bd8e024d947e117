"""Before a headless run proper: countdown, calibration, take, in this order, on the run's own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.arguments.options import RunOptions
from app.cli import main
from app.commands.headless import HeadlessRun
from engine.config import Config
from engine.types import NOT_CALIBRATED, Calibration

LOOK_S = 0.1


@pytest.fixture
def run(fake, monkeypatch):
    """run(on_look, countdown_s, **options) -> (exit code, pipeline). Each look at the pipeline takes 0.1 s."""

    def go(on_look: Callable[[Any, float], object] = lambda *_: None, countdown_s: int = 3, **options: Any):
        now, made = [100.0], []

        class Watched(fake):
            def __init__(self, config: Config) -> None:
                super().__init__(config)
                self.at_s: list[tuple[float, str]] = []

            def snapshot(self):
                now[0] += LOOK_S
                on_look(self, now[0] - 100.0)
                for call in self.calls[len(self.at_s) :]:
                    self.at_s.append((now[0] - 100.0, call.split()[0]))
                return super().snapshot()

        def factory(config: Config):
            made.append(Watched(config))
            return made[-1]

        headless = HeadlessRun(
            Config(source="clip", countdown_s=countdown_s), RunOptions(**options), factory=factory, clock=lambda: now[0]
        )
        monkeypatch.setattr(headless.stop, "wait", lambda _s: None)
        return headless.run(), made[0]

    return go


def at(pipeline: Any, call: str) -> float:
    return next(at_s for at_s, name in pipeline.at_s if name == call)


def test_a_take_begins_after_its_countdown_and_the_seconds_count_from_there(run, tmp_path, capsys):
    code, pipeline = run(record=tmp_path / "a.npz", seconds=5.0)
    assert code == 0
    assert at(pipeline, "record") == pytest.approx(3.2, abs=0.25)
    assert pipeline.at_s[-1][0] == pytest.approx(8.3, abs=0.4)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("vtm: ")]
    assert lines[:4] == ["vtm: 3  Recording: get into position", "vtm: 2", "vtm: 1", "vtm: recording"]


def test_without_a_countdown_the_take_begins_before_the_first_picture_as_ever(run, tmp_path, capsys):
    _, pipeline = run(countdown_s=0, record=tmp_path / "a.npz", seconds=1.0)
    assert pipeline.calls[:2] == ["enter", f"record {tmp_path / 'a.npz'}"]
    assert "vtm: recording" not in capsys.readouterr().err.splitlines()


def test_the_countdown_waits_for_the_first_picture(run, tmp_path):
    def slow(pipeline: Any, now_s: float) -> None:
        pipeline.state = "running" if now_s > 4.0 else "starting"

    _, pipeline = run(slow, record=tmp_path / "a.npz", seconds=1.0)
    assert at(pipeline, "record") == pytest.approx(7.2, abs=0.3)


def test_a_take_follows_the_calibration_at_once_when_that_is_done(run, tmp_path, capsys):
    def stage(pipeline: Any, now_s: float) -> None:
        if "calibrate" in pipeline.calls and now_s > 6.0 and pipeline.calibration.active:
            pipeline.calibration = Calibration("done", 0.0, done_at_s=0.0)

    _, pipeline = run(stage, calibrate=True, record=tmp_path / "a.npz", seconds=2.0)
    assert at(pipeline, "calibrate") < 0.5
    assert at(pipeline, "record") == pytest.approx(6.2, abs=0.35)
    assert not any(line == "vtm: 3  Recording: get into position" for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize("end", [Calibration("failed", 0.0, 1e9, "nobody was seen for 10 s"), NOT_CALIBRATED])
def test_a_calibration_that_fails_does_not_keep_the_take_from_being_recorded(run, tmp_path, end: Calibration):
    def nobody(pipeline: Any, now_s: float) -> None:
        if now_s > 6.0 and pipeline.calibration.active:
            pipeline.calibration = end

    code, pipeline = run(nobody, calibrate=True, record=tmp_path / "a.npz", seconds=2.0)
    assert code == 0
    assert at(pipeline, "record") > 6.0


def test_a_calibration_alone_needs_no_take(run):
    def stage(pipeline: Any, now_s: float) -> None:
        if now_s > 2.0 and pipeline.calibration.active:
            pipeline.calibration = Calibration("done", 0.0, done_at_s=0.0)

    code, pipeline = run(stage, countdown_s=0, calibrate=True, seconds=1.0)
    assert code == 0
    assert pipeline.calls == ["enter", "calibrate", "exit"]


def test_a_source_that_ends_before_the_countdown_leaves_no_take_and_says_so(run, tmp_path, capsys):
    def ends(pipeline: Any, now_s: float) -> None:
        if now_s > 1.5:
            pipeline.state = "ended"

    code, pipeline = run(ends, record=tmp_path / "a.npz")
    assert code == 0
    assert pipeline.calls == ["enter", "exit"]
    assert "was not recorded: the run ended during the countdown" in capsys.readouterr().err


def test_a_camera_that_never_starts_ends_a_run_of_some_seconds_all_the_same(run, tmp_path):
    _, pipeline = run(
        lambda pipeline, _: setattr(pipeline, "state", "starting"), record=tmp_path / "a.npz", seconds=2.0
    )
    assert pipeline.calls == ["enter", "exit"]
    assert pipeline.at_s[-1][0] < 40.0


@pytest.mark.parametrize("wrong", ["4", "-1", "soon", "2.5"])
def test_another_countdown_is_wrong_usage(wrong: str, capsys):
    assert main(["--headless", "--countdown", wrong]) == 2
    assert "--countdown" in capsys.readouterr().err
