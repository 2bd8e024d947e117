"""The table of what is seen: its Markdown, and what it says to wrong usage."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.seen_table import main, table


def test_a_row_per_clip_and_a_dash_for_what_is_not_known():
    text = table("clip", {"a": "A, mm", "b": "B"}, {"demo": {"a": 123.4, "b": None}, "desk": {"a": 0.5}})
    assert text.splitlines() == [
        "| clip | A, mm | B |",
        "| --- | --- | --- |",
        "| demo | 123 | – |",
        "| desk | 0.50 | – |",
    ]


def test_a_video_that_is_not_there_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), str(tmp_path / "none.mp4")])
    assert ended.value.code == 2
    assert "none.mp4" in capsys.readouterr().err


def test_a_file_that_is_no_video_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(b"no video")
    assert main([str(tmp_path), str(rubbish)]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
