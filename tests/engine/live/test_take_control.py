"""The take in progress: what is said of it, and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.live.take_control import TakeControl
from engine.types import RecordingState
from tests.engine.pipeline_fakes import FakeRecorder, World


class _Said(list[str]):
    def say(self, _level: str, text: str) -> None:
        self.append(text)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def said() -> _Said:
    return _Said()


@pytest.fixture
def control(world: World, said: _Said) -> TakeControl:
    return TakeControl(world.factories(), lambda: 0.0, said.say)


def _shows(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    state = RecordingState("/takes/take.npz", 0.0, 0, 0, None)
    monkeypatch.setattr(FakeRecorder, "state", lambda _self: replace(state, **fields))  # type: ignore[arg-type]


def test_another_name_than_the_one_asked_for_is_said(
    control: TakeControl, said: _Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shows(monkeypatch, path="/takes/take-2.npz")
    control.start(Path("/takes/take.npz"), video=False, source="")
    assert said == ["/takes/take.npz exists and is kept: recording to take-2.npz"]
    monkeypatch.setattr(FakeRecorder, "close", lambda _self: Path("/takes/take-3.npz"))
    assert control.stop() == Path("/takes/take-3.npz")
    assert said[1] == "take-2.npz exists and was kept: the take is take-3.npz"


def test_a_take_that_ended_up_elsewhere_is_said(
    control: TakeControl, said: _Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shows(monkeypatch)
    control.start(Path("/takes/take.npz"), video=False, source="")
    monkeypatch.setattr(FakeRecorder, "close", lambda _self: Path("/safe/take.npz"))
    control.stop()
    assert said == ["the take could not be written to /takes: it is in /safe/take.npz"]


def test_a_pause_is_said_once_and_its_end_too(
    control: TakeControl, said: _Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.start(Path("/takes/take.npz"), video=False, source="")
    for paused in (False, True, True, False, False, True):
        _shows(monkeypatch, paused=paused)
        state = control.state()
        assert state is not None
        assert state.paused == paused
    assert said == [
        "no pictures: the take take.npz is paused until they come again",
        "pictures come again: the take take.npz continues",
        "no pictures: the take take.npz is paused until they come again",
    ]


def test_a_take_is_shown_until_its_file_is_written(control: TakeControl, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def slowly(recorder: FakeRecorder) -> Path:
        _shows(monkeypatch, saved=0.4)
        seen.append(control.state())
        return recorder.path

    monkeypatch.setattr(FakeRecorder, "close", slowly)
    control.start(Path("/takes/take.npz"), video=False, source="")
    control.stop()
    assert [state and state.saved for state in seen] == [0.4]
    assert control.state() is None
    assert control.stop() is None


def test_a_video_of_a_take_that_could_not_be_built_keeps_its_name(
    control: TakeControl, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_self: FakeRecorder) -> Path:
        raise OutputError("no room; the take is kept in take.npz.partial")

    monkeypatch.setattr(FakeRecorder, "close", no_room)
    control.start(Path("/takes/take.npz"), video=True, source="")
    with pytest.raises(OutputError, match="no room"):
        control.stop()
    assert world.videos[0].closed
    assert world.videos[0].take is None
    assert control.state() is None
