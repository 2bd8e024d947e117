"""`vtm-window`: runs without a terminal, and shows its last line in a box when it fails."""

from __future__ import annotations

import sys

import pytest

from app import windowed
from app.cli import main


@pytest.fixture
def boxes(monkeypatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(windowed, "show", shown.append)
    return shown


def start(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["vtm-window", *arguments])
    return windowed.main()


def test_a_failure_is_shown_where_there_is_no_stderr(monkeypatch, boxes):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert start(monkeypatch, "nowhere.mp4") == 2
    assert boxes == ["there is no file nowhere.mp4; check the path"]


def test_a_failure_also_goes_to_the_stderr_that_there_is(monkeypatch, boxes, capsys):
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back at the end
    assert start(monkeypatch, "nowhere.mp4") == 2
    assert capsys.readouterr().err == f"vtm: {boxes[0]}\n"


def test_a_good_end_shows_nothing(monkeypatch, boxes):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert start(monkeypatch, "--version") == 0
    assert boxes == []


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["osc-map"], ["doctor", "--report", "-"], ["no.mp4"]])
def test_commands_survive_without_any_streams(monkeypatch, arguments):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(arguments) == (2 if arguments == ["no.mp4"] else 0)
