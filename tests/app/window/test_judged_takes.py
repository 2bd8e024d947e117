"""After a recording the verdict appears over the picture, goes by itself, and opens the whole report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6")

from PySide6.QtWidgets import QLabel, QWidget

from app.take_judge import TakeJudge
from app.window.judged_takes import JudgedTakes
from app.window.widgets.take_card import SHOWN_FOR_S, TakeCard


class Setup:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.room = QWidget()
        self.room.resize(640, 480)
        self.room.show()
        self.card = TakeCard(self.room, lambda: self.now_s)
        self.judge = TakeJudge()
        self.said: list[tuple[str, str]] = []
        self.control = JudgedTakes(self.card, self.judge, lambda level, text: self.said.append((level, text)))

    def words(self) -> str:
        return " | ".join(each.text() for each in self.card.findChildren(QLabel) if not each.isHidden())


@pytest.fixture
def setup(application) -> Iterator[Setup]:
    assert application is not None
    made = Setup()
    yield made
    made.room.close()


def test_a_bad_take_says_what_is_bad_where_and_what_helps(setup: Setup, waving, tmp_path: Path) -> None:
    take = waving(100)
    tracked = np.arange(100) < 60
    setup.judge(tmp_path / "take.bvh", dataclasses.replace(take, tracked=tracked))
    setup.control.pull(recording=False)
    assert setup.card.isVisible()
    assert "bad" in setup.card.title.text()
    assert "Nobody seen, first at" in setup.words()
    assert "40.0 %" in setup.words()
    assert setup.room.rect().contains(setup.card.geometry())


def test_the_next_take_replaces_the_rows_of_the_one_before(setup: Setup, waving, tmp_path: Path) -> None:
    for frames in (60, 100):
        setup.judge(tmp_path / "take.bvh", dataclasses.replace(waving(100), tracked=np.arange(100) < frames))
        setup.control.pull(recording=False)
    assert "Nobody seen" not in setup.words()


def test_it_goes_after_a_while_and_when_the_next_take_begins(setup: Setup, waving, tmp_path: Path) -> None:
    for recording, later_s in ((False, SHOWN_FOR_S + 1), (True, 1.0)):
        setup.judge(tmp_path / "take.bvh", waving(50))
        setup.control.pull(recording=False)
        assert setup.card.isVisible()
        setup.now_s += later_s
        setup.control.pull(recording=recording)
        assert not setup.card.isVisible()


def test_the_whole_report_is_written_beside_the_take_and_opened(
    setup: Setup, waving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "app.window.judged_takes.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile())
    )
    setup.judge(tmp_path / "take.bvh", waving(50))
    setup.control.pull(recording=False)
    setup.card.whole.click()
    assert opened == [str(tmp_path / "take.report.html")]
    assert (tmp_path / "take.report.json").exists()
    setup.judge(tmp_path / "gone" / "take.bvh", waving(50))
    setup.control.pull(recording=False)
    setup.card.whole.click()
    assert setup.said[0][0] == "warning"
    assert len(opened) == 1
