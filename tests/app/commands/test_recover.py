"""Takes that a crash left behind are finished, by `vtm recover` and at the next start, and nothing is written over."""

from __future__ import annotations

import pytest

from app.arguments.options import RunOptions
from app.cli import main
from app.commands.headless import HeadlessRun
from engine.config import Config
from engine.motion.npz import read_motion_npz
from engine.takes.partial_file import PartialFile


def test_a_take_is_finished_by_name(tmp_path, left_over, capsys):
    partial = left_over(tmp_path / "take.npz")
    assert main(["recover", str(partial)]) == 0
    assert capsys.readouterr().err == f"vtm: recovered {tmp_path / 'take.npz'}\n"
    assert len(read_motion_npz(tmp_path / "take.npz")) == 10
    assert not partial.exists()


def test_a_folder_stands_for_all_unfinished_takes_in_it(tmp_path, left_over, capsys):
    for name in ("a.npz", "b.bvh"):
        left_over(tmp_path / name)
    assert main(["recover", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.bvh"]
    assert capsys.readouterr().err.count("vtm: recovered ") == 2
    assert main(["recover", str(tmp_path)]) == 0
    assert "no unfinished take" in capsys.readouterr().err


@pytest.mark.parametrize("folder", [".", "", "/"])
def test_folders_without_a_name_are_folders_too(tmp_path, monkeypatch, capsys, folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("app.commands.recover._clean_up", lambda _folder: None)
    assert main(["recover", folder]) == 0
    assert "no unfinished take in this folder" in capsys.readouterr().err


def test_the_name_of_the_take_itself_will_do(tmp_path, left_over):
    left_over(tmp_path / "take.bvh")
    assert main(["recover", str(tmp_path / "take.bvh")]) == 0
    assert (tmp_path / "take.bvh").read_text().startswith("HIERARCHY")


def test_what_cannot_be_recovered_is_one_line_each_and_the_others_are_finished(tmp_path, left_over, capsys):
    (tmp_path / "junk.partial").write_text("junk")
    good = left_over(tmp_path / "take.npz")
    assert main(["recover", str(tmp_path / "junk.partial"), str(tmp_path / "none.partial"), str(good)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "not an unfinished take" in lines[0]
    assert "cannot read" in lines[1]
    assert "recovered" in lines[2]


def test_a_finished_take_is_refused_with_what_to_give(tmp_path, capsys):
    (tmp_path / "take.bvh").write_text("HIERARCHY")
    assert main(["recover", str(tmp_path / "take.bvh")]) == 2
    assert ".partial" in capsys.readouterr().err


@pytest.mark.usefixtures("application")
def test_a_recording_run_first_finishes_what_a_crash_left_beside_and_takes_another_name(
    tmp_path, left_over, fake, capsys
):
    partial = left_over(tmp_path / "take.npz")
    running = PartialFile(tmp_path / "other.npz")
    options = RunOptions(seconds=0.05, record=tmp_path / "take.npz")
    assert HeadlessRun(Config(source="demo"), options, fake).run() == 0
    running.close()
    assert not partial.exists()
    assert running.path.exists()
    assert len(read_motion_npz(tmp_path / "take-recovered-2.npz")) == 10
    lines = [line for line in capsys.readouterr().err.splitlines() if "recovered" in line]
    assert lines == [f"vtm: recovered {tmp_path / 'take-recovered-2.npz'}, a take that a crash left unfinished"]
