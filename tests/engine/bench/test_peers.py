"""Another tracker beside ours: in turn, by a Python of its own, and why it is missing where it is."""

from __future__ import annotations

import io
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from app.commands.bench_tables import goals_table, peers_table
from engine.bench import mediapipe_tracker, peers
from engine.bench.chain import Measured
from engine.bench.goals import goals
from engine.errors import UsageError
from engine.types import NO_TIME

CLIP = Path("clip.mkv")
OURS = Measured(80.0, NO_TIME, {}, 0.1, 1.0, 300.0, "blazepose", "full", "cpu", cpu_ms=22.0)
SCRIPT = """
import json, sys
print(json.dumps({"fps": 60.0, "cpu_ms": 25.0, "found": 1.0, "version": "9.9",
                  "frame_ms": {"p50": 14.0, "p95": 20.0, "p99": 22.0}}))
"""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "tracker.py"
    path.write_text(SCRIPT)
    monkeypatch.setattr(peers, "_SCRIPT", path)
    return path


def measured(order: list[str] | None = None, python: str = sys.executable) -> dict[str, object]:
    said = [] if order is None else order

    def ours() -> Measured:
        said.append("ours")
        return OURS

    return peers.measure_mediapipe(python, "", CLIP, 1.0, ours, said.append)


@pytest.mark.usefixtures("script")
def test_ours_and_theirs_are_measured_in_turn_and_shown():
    order: list[str] = []
    peer = measured(order)
    lines = [f"against mediapipe, round {number} of 3" for number in (1, 2, 3)]
    assert order == [said for line in lines for said in (line, "ours")]
    assert (peer["works"], peer["fps"], peer["ours_fps"], peer["frame_ms"]) == (
        True,
        60.0,
        80.0,
        {"p50": 14.0, "p95": 20.0, "p99": 22.0},
    )
    assert peer["rounds"] == [[80.0, 60.0]] * 3
    console = Console(file=io.StringIO(), width=200)
    console.print(peers_table([peer]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for text in ("80.0 80.0 80.0", "60.0 60.0 60.0", "22.0", "25.0", "mediapipe"):
        assert text in shown


def test_without_a_python_nothing_is_measured_and_the_way_is_named():
    peer = measured(python="")
    assert peer["works"] is False
    assert "--against PYTHON" in str(peer["detail"])
    assert peers_table([peer]).row_count == 0


def test_a_python_that_is_not_there_is_wrong_usage():
    with pytest.raises(UsageError, match="no program /nowhere/python"):
        measured(python="/nowhere/python")


@pytest.mark.parametrize(
    ("text", "reason"), [("raise SystemExit('no network')", "no network"), ("print(1", "SyntaxError")]
)
def test_a_tracker_that_does_not_run_is_told_with_its_own_words(script: Path, text: str, reason: str):
    script.write_text(text)
    peer = measured()
    assert peer["works"] is False
    assert reason in str(peer["detail"])


def test_an_answer_that_is_no_json_is_told(script: Path):
    script.write_text("print('hello')")
    assert "does not run" in str(measured()["detail"])


def test_the_script_times_the_tracker_alone():
    pictures = itertools.repeat(np.zeros((4, 4, 3), np.uint8))
    found = mediapipe_tracker.measure(pictures, lambda _rgb: True, 0.02)
    assert found["found"] == 1.0
    assert 0 < found["frame_ms"]["p50"] <= found["frame_ms"]["p95"] <= found["frame_ms"]["p99"]
    assert found["fps"] > 0


def test_the_script_reads_a_clip_again_from_its_start_and_refuses_what_is_none(tmp_path: Path):
    cv2 = pytest.importorskip("cv2")
    writer = cv2.VideoWriter(str(tmp_path / "two.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (32, 32))
    for level in (0, 200):
        writer.write(np.full((32, 32, 3), (0, 0, level), np.uint8))
    writer.release()
    pictures = mediapipe_tracker.frames(str(tmp_path / "two.avi"))
    levels = [int(next(pictures)[16, 16, 0]) for _ in range(4)]
    assert [level > 100 for level in levels] == [False, True, False, True]
    with pytest.raises(SystemExit, match="no picture"):
        next(mediapipe_tracker.frames(str(tmp_path / "none.avi")))


def test_goals_are_held_against_the_sizes_that_were_measured():
    chain = {"size": "full", "fps": 74.9, "at_hz": 60.0, "latency_ms": {"p95": 29.9}}
    rows = goals([chain, chain | {"size": "heavy", "fps": 30.0}])
    assert [row["met"] for row in rows] == [False, True, True]
    assert goals([chain | {"size": "lite"}]) == []
    console = Console(file=io.StringIO(), width=200)
    console.print(goals_table(rows))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("reached") == 2
    assert shown.count("missed") == 1
