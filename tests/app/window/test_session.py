"""The session runs the pipeline off the caller's thread and turns every failure into a message."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.window.session import Session
from engine.config import Config
from engine.errors import OutputError
from engine.takes.recording import pose_recording


def wait_for(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until_s, "the condition never came true"
        time.sleep(0.005)


@pytest.fixture
def made() -> list:
    """Every pipeline that was made."""
    return []


@pytest.fixture
def session(fake, made) -> Iterator[Session]:
    def factory(config: Config):
        made.append(fake(config))
        return made[-1]

    running = Session(factory)
    yield running
    running.close()
    assert running.join(5.0)


def test_apply_starts_the_pipeline_on_another_thread(session, made):
    session.apply(Config(source="demo"))
    wait_for(lambda: session.snapshot().state == "running")
    assert made[0].calls == ["enter"]


def test_a_change_reconfigures_the_running_pipeline(session, made):
    session.apply(Config(source="demo"))
    wait_for(lambda: session.snapshot().state == "running")
    session.apply(Config(source="demo", mirror=True))
    wait_for(lambda: "reconfigure" in made[0].calls)
    assert made[0].config.mirror
    assert len(made) == 1


def test_a_restart_makes_a_new_pipeline_and_ends_the_old(session, made):
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "running")
    session.apply(Config(), restart=True)
    wait_for(lambda: len(made) == 2)
    assert made[0].calls == ["enter", "exit"]


def test_calls_in_a_row_become_one(fake):
    gate, inside = threading.Event(), threading.Event()
    made, pipelines = [], []

    def slow(config: Config):
        inside.set()
        gate.wait(5)
        made.append(config)
        pipelines.append(fake(config))
        return pipelines[-1]

    session = Session(slow)
    session.apply(Config(height_m=1.5))
    assert inside.wait(5)
    for height_m in (1.6, 1.7, 1.8):
        session.apply(Config(height_m=height_m))
    gate.set()
    wait_for(lambda: session.snapshot().state == "running")
    wait_for(lambda: session._seen_to.applied == 4)
    session.close()
    assert session.join(5)
    assert made == [Config(height_m=1.5)]
    assert pipelines[0].config == Config(height_m=1.8)
    assert pipelines[0].calls == ["enter", "reconfigure", "exit"]


def test_a_start_that_fails_is_a_failed_state_with_the_reason(fake):
    def failing(config: Config):
        pipeline = fake(config)
        pipeline.fail_start = "no camera"
        return pipeline

    session = Session(failing)
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "failed")
    wait_for(lambda: [message.text for message in session.snapshot().messages] == ["no camera"])
    session.close()
    assert session.join(5)


def test_an_error_while_recording_is_a_message_and_the_session_goes_on(session, made, tmp_path, monkeypatch):
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "running")

    def full(_path: Path, **_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(made[0], "start_recording", full)
    session.start_recording(tmp_path / "a.bvh")
    wait_for(lambda: any("disk is full" in message.text for message in session.snapshot().messages))
    session.calibrate()
    wait_for(lambda: "calibrate" in made[0].calls)


def test_recording_makes_its_folder(session, made, tmp_path):
    session.apply(Config())
    session.start_recording(tmp_path / "new" / "a.bvh")
    wait_for(lambda: bool(made) and f"record {tmp_path / 'new' / 'a.bvh'}" in made[0].calls)
    assert (tmp_path / "new").is_dir()


def test_a_command_without_a_pipeline_is_one_message(session):
    session.calibrate()
    wait_for(lambda: any("Nothing is being captured" in message.text for message in session.snapshot().messages))


def test_close_ends_the_pipeline_and_the_thread(fake):
    made = []

    def factory(config: Config):
        made.append(fake(config))
        return made[-1]

    session = Session(factory)
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "running")
    session.close()
    assert session.join(5)
    assert made[0].calls == ["enter", "exit"]
    assert session.snapshot().state == "stopped"


def busy_session(fake, clock=time.monotonic):
    """A session whose worker is inside the factory until `gate` is set."""
    gate, inside, made = threading.Event(), threading.Event(), []

    def factory(config: Config):
        inside.set()
        gate.wait(5)
        made.append(fake(config))
        return made[-1]

    session = Session(factory, clock)
    session.apply(Config())
    assert inside.wait(5)
    return session, gate, made


def test_however_many_wishes_come_while_it_is_busy_none_is_lost_and_the_last_wins(fake, tmp_path):
    session, gate, made = busy_session(fake)
    for n in range(500):
        session.apply(Config(height_m=1.0 + n / 1000))
        session.calibrate()
        session.start_recording(tmp_path / f"{n}.bvh")
        session.stop_recording()
        session.cancel_calibration()
    session.calibrate()
    session.start_recording(tmp_path / "last.bvh")
    gate.set()
    wait_for(lambda: bool(made) and "calibrate" in made[0].calls)
    session.close()
    assert session.join(5)
    record = f"record {tmp_path / 'last.bvh'}"
    assert made[0].calls == ["enter", "reconfigure", record, "calibrate", "exit"]
    assert made[0].config.height_m == pytest.approx(1.499)
    assert session.snapshot().messages == ()


def test_a_take_called_off_before_it_began_is_never_begun(fake, tmp_path):
    session, gate, made = busy_session(fake)
    session.start_recording(tmp_path / "a.bvh")
    session.stop_recording()
    session.calibrate()
    gate.set()
    wait_for(lambda: bool(made) and "calibrate" in made[0].calls)
    session.close()
    assert session.join(5)
    assert made[0].calls == ["enter", "calibrate", "exit"]


def test_a_window_that_closes_before_the_start_starts_nothing(fake):
    session, gate, made = busy_session(fake)
    session.apply(Config(source="other"))
    session.close()
    gate.set()
    assert session.join(5)
    assert [pipeline.calls for pipeline in made] == [["enter", "exit"]]


class Clock:
    def __init__(self) -> None:
        self.now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def counting(fake):
    """A running session on a fake clock, its clock and its pipeline."""
    clock, made = Clock(), []

    def factory(config: Config):
        made.append(fake(config))
        return made[-1]

    session = Session(factory, clock)
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "running")
    yield session, clock, made[0]
    session.close()
    assert session.join(5)


def test_a_take_begins_when_its_countdown_is_over_and_not_before(counting, tmp_path):
    session, clock, pipeline = counting
    session.start_recording(tmp_path / "new" / "a.bvh", countdown_s=3.0)
    assert session.take_in_s == 3.0
    wait_for(lambda: (tmp_path / "new").is_dir())
    clock.now_s += 2.9
    assert session.take_in_s == pytest.approx(0.1)
    session.calibrate()
    wait_for(lambda: "calibrate" in pipeline.calls)
    assert pipeline.calls == ["enter", "calibrate"]
    clock.now_s += 0.2
    wait_for(lambda: pipeline.calls[-1] == f"record {tmp_path / 'new' / 'a.bvh'}")
    assert session.take_in_s is None
    session.stop_recording()
    wait_for(lambda: pipeline.calls[-1] == "stop_recording")


def test_a_countdown_can_be_called_off_and_begun_again(counting, tmp_path):
    session, clock, pipeline = counting
    session.start_recording(tmp_path / "a.bvh", countdown_s=5.0)
    session.stop_recording()
    assert session.take_in_s is None
    clock.now_s += 6.0
    session.calibrate()
    wait_for(lambda: "calibrate" in pipeline.calls)
    assert pipeline.calls == ["enter", "calibrate"]
    session.start_recording(tmp_path / "b.bvh", countdown_s=5.0)
    assert session.take_in_s == 5.0
    clock.now_s += 5.0
    wait_for(lambda: pipeline.calls[-1] == f"record {tmp_path / 'b.bvh'}")


def test_a_take_that_cannot_be_written_is_said_before_its_countdown_is_over(counting, tmp_path):
    session, _, pipeline = counting
    (tmp_path / "file").touch()
    session.start_recording(tmp_path / "file" / "a.bvh", countdown_s=10.0)
    wait_for(lambda: any("cannot be created" in message.text for message in session.snapshot().messages))
    wait_for(lambda: session.take_in_s is None)
    assert pipeline.calls == ["enter"]


def test_a_new_start_keeps_the_running_take_and_says_where(session, made, tmp_path):
    session.apply(Config())
    session.start_recording(tmp_path / "a.bvh")
    wait_for(lambda: bool(made) and made[0].calls[-1].startswith("record"))
    made[0].saves = tmp_path / "a.bvh"
    session.apply(Config(), restart=True)
    wait_for(lambda: len(made) == 2 and session.snapshot().state == "running")
    assert made[0].calls[-2:] == ["stop_recording", "exit"]
    assert [message.text for message in session.snapshot().messages] == [f"Saved {tmp_path / 'a.bvh'}"]
    assert made[1].calls == ["enter"]


def test_the_same_settings_again_are_passed_on_to_try_what_failed(session, made):
    session.apply(Config())
    wait_for(lambda: session.snapshot().state == "running")
    session.apply(Config())
    wait_for(lambda: made[0].calls == ["enter", "reconfigure"])


def test_closing_while_something_is_played_ends_both(fake):
    session = Session(fake)
    session.apply(Config(source="demo", osc=("vmc://127.0.0.1:9",)))
    session.play(lambda: pose_recording("T-pose", 1.7), loop=True)
    wait_for(lambda: session.playback.state() is not None)
    session.close()
    assert session.join(5.0)
    assert session.playback.state() is None


def test_a_test_pose_needs_no_camera(fake):
    def no_camera(config: Config):
        pipeline = fake(config)
        pipeline.fail_start = "no camera"
        return pipeline

    session = Session(no_camera)
    session.apply(Config(osc=("vmc://127.0.0.1:9",)))
    session.play(lambda: pose_recording("Wave", 1.7), loop=True)
    wait_for(lambda: (state := session.playback.state()) is not None and state.targets[0].errors > 0)
    assert session.snapshot().targets[0].target == "vmc://127.0.0.1:9"
    session.close()
    assert session.join(5.0)


def test_a_recording_that_goes_nowhere_is_a_message_and_the_live_motion_goes_on(session, made):
    session.apply(Config(source="demo", osc=("vmc://127.0.0.1:9",)))
    session.play(lambda: pose_recording("Dance", 1.7))
    wait_for(lambda: any("Dance" in message.text for message in session.snapshot().messages))
    assert made[0].config.osc == ("vmc://127.0.0.1:9",)
    assert session.playback.state() is None


def test_the_password_of_an_address_is_shown_nowhere_while_it_starts():
    address = "rtsp://admin:hunter2@cam/live"
    entered, go_on = threading.Event(), threading.Event()

    def factory(config: Config):
        entered.set()
        assert go_on.wait(5.0)
        raise OutputError(f"{config.source} does not answer")

    session = Session(factory)
    session.apply(Config(source=address))
    assert entered.wait(5.0)
    starting = session.snapshot()
    go_on.set()
    wait_for(lambda: session.snapshot().state == "failed")
    failed = session.snapshot()
    session.close()
    assert session.join(5.0)
    assert starting.source == failed.source == "rtsp://admin:***@cam/live"
    assert "hunter2" not in repr((starting, failed))
