"""The part of a replayed take: marked on the timeline, exported, made to loop, judged."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6")

from app.window.take_editor import TakeEditor
from app.window.widgets.replay_bar import ReplayBar
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz
from engine.takes.player import WHOLE, Part, PlayerState


class FakePlayback:
    """Plays nothing; remembers what it was told."""

    def __init__(self, path: Path) -> None:
        self.path, self.part, self.position_s = path, WHOLE, 1.0

    def state(self) -> PlayerState:
        return PlayerState(str(self.path), self.position_s, 4.0, "playing", (), None, None, self.part)

    def set_part(self, part: Part) -> None:
        self.part = part


@pytest.fixture
def playback(waving, tmp_path: Path) -> FakePlayback:
    return FakePlayback(write_motion(tmp_path / "take.npz", waving(200)))


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def bar(application, playback: FakePlayback, said: list[tuple[str, str]]) -> ReplayBar:
    assert application is not None
    made = ReplayBar()
    made.editor = TakeEditor(made, made, playback, lambda level, text: said.append((level, text)))  # type: ignore[attr-defined,arg-type]
    made.show_state(playback.state())
    return made


def choose(bar: ReplayBar, words: str) -> None:
    [action] = [each for each in bar.part_button.menu().actions() if each.text() == words]
    action.trigger()


def test_ends_are_marked_where_the_take_stands(bar: ReplayBar, playback: FakePlayback) -> None:
    choose(bar, "Begin here")
    assert playback.part == Part(1.0, None)
    playback.position_s = 3.0
    bar.show_state(playback.state())
    choose(bar, "End here")
    assert playback.part == Part(1.0, 3.0)
    choose(bar, "Whole take")
    assert playback.part == WHOLE


def test_an_end_before_the_beginning_moves_the_beginning(bar: ReplayBar, playback: FakePlayback) -> None:
    playback.part, playback.position_s = Part(2.0, 3.0), 1.0
    bar.show_state(playback.state())
    choose(bar, "End here")
    assert playback.part == Part(0.0, 1.0)


def test_the_loop_is_switched_and_shown(bar: ReplayBar, playback: FakePlayback) -> None:
    choose(bar, "Repeat")
    assert playback.part.loop
    bar.show_state(playback.state())
    assert bar.loop_action.isChecked()


def test_the_part_is_exported_and_said(bar: ReplayBar, playback: FakePlayback, said, until, tmp_path: Path) -> None:
    bar.editor.export(playback.path, tmp_path / "part.npz", Part(1.0, 2.0), fill=True)  # type: ignore[attr-defined]
    assert not bar.part_button.isEnabled()
    until(lambda: bool(said))
    assert said[0][1].startswith("Exported part.npz; 0 frames")
    assert len(read_motion_npz(tmp_path / "part.npz")) == 51
    assert bar.part_button.isEnabled()


def test_a_loop_is_found_near_the_marks(bar: ReplayBar, playback: FakePlayback, until) -> None:
    playback.part = Part(0.2, 3.8)
    choose(bar, "Find a loop near the marks")
    until(lambda: playback.part.loop)
    assert 0.2 <= playback.part.start_s <= 1.2
    assert playback.part.end_s is not None
    assert 2.8 <= playback.part.end_s <= 3.8


def test_a_report_is_written_and_opened(bar: ReplayBar, playback: FakePlayback, said, until, monkeypatch) -> None:
    opened = []
    monkeypatch.setattr("app.window.take_editor.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    choose(bar, "Report on the take")
    until(lambda: bool(said))
    assert opened == [str(playback.path.with_suffix(".report.html"))]


def test_what_goes_wrong_is_one_line(bar: ReplayBar, playback: FakePlayback, said, until, tmp_path: Path) -> None:
    bar.editor.export(playback.path, tmp_path / "no" / "part.bvh", WHOLE, fill=False)  # type: ignore[attr-defined]
    until(lambda: bool(said))
    assert said[0][0] == "error"
    assert "\n" not in said[0][1]


def test_an_osc_log_has_no_part(bar: ReplayBar, playback: FakePlayback) -> None:
    playback.path = Path("log.jsonl")
    bar.show_state(playback.state())
    assert bar.part_button.isHidden()
