"""A take is judged when it is finished, whatever its format; a report that fails costs the report alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import take_judge
from app.take_judge import TakeJudge


def test_the_newest_take_is_given_once(waving, tmp_path: Path) -> None:
    judge = TakeJudge()
    assert judge.newest() is None
    judge(tmp_path / "first.bvh", waving(30))
    judge(tmp_path / "second.bvh", waving(60))
    judged = judge.newest()
    assert judged is not None
    assert (judged.path.name, judged.report.frames) == ("second.bvh", 60)
    assert judge.newest() is None


def test_a_take_that_cannot_be_judged_is_logged_and_harmless(
    waving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_take: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(take_judge, "report_of", broken)
    judge = TakeJudge()
    judge(tmp_path / "take.bvh", waving(30))
    assert judge.newest() is None
    assert "take.bvh cannot be judged" in caplog.text
