"""`vtm report`: files beside the take, JSON on request, exit codes for batches."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz


@pytest.fixture
def take(waving, tmp_path: Path) -> Path:
    return write_motion(tmp_path / "take.npz", waving(40))


def lost(take: Path) -> Path:
    whole = read_motion_npz(take)
    tracked = whole.tracked.copy()
    tracked[5:] = False
    return write_motion(take.with_name("lost.npz"), dataclasses.replace(whole, tracked=tracked))


def test_a_page_and_json_are_written_beside_each_take(take: Path, capsys) -> None:
    main(["report", str(take)])
    assert take.with_name("take.report.html").exists()
    assert json.loads(take.with_name("take.report.json").read_text())["frames"] == 40
    assert "take.report.html" in capsys.readouterr().err


def test_a_red_light_is_exit_code_1_and_the_line_says_where(take: Path, capsys) -> None:
    assert main(["report", str(lost(take))]) == 1
    assert "red: nobody seen" in capsys.readouterr().err


def test_json_goes_to_stdout_and_no_file_is_written(take: Path, capsys) -> None:
    main(["report", str(take), str(take), "--against", str(take), "--json"])
    values = json.loads(capsys.readouterr().out)
    assert [value["compared"]["mean_mm"] for value in values] == [0, 0]
    assert not take.with_name("take.report.html").exists()


def test_two_takes_are_compared_measure_by_measure_and_joint_by_joint(take: Path, capsys) -> None:
    assert main(["report", str(take), str(lost(take))]) == 1
    out, err = capsys.readouterr()
    [row] = [line for line in out.splitlines() if line.startswith("nobody seen")]
    assert row.split()[2:] == ["0.0", "%", "green", "87.5", "%", "red"]
    assert "5 frames compared: 0 mm relative to the hips" in err


def test_two_takes_of_other_times_are_judged_all_the_same(take: Path, capsys) -> None:
    whole = read_motion_npz(take)
    later = np.arange(len(whole)) >= 20
    one = dataclasses.replace(whole, tracked=~later)
    other = dataclasses.replace(whole, tracked=later)
    paths = [write_motion(take.with_name(f"{name}.npz"), each) for name, each in (("a", one), ("b", other))]
    main(["report", *map(str, paths)])
    out, err = capsys.readouterr()
    assert "jitter at rest" in out
    assert "frames compared" not in err


def test_what_is_no_take_is_one_line(tmp_path: Path, capsys) -> None:
    (tmp_path / "no.npz").write_bytes(b"no")
    assert main(["report", str(tmp_path / "no.npz")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_convert_writes_the_report_and_its_exit_code(take: Path, tmp_path: Path) -> None:
    assert main(["convert", str(lost(take)), str(tmp_path / "out.bvh"), "--report"]) == 1
    assert (tmp_path / "out.bvh").exists()
    assert (tmp_path / "out.report.html").exists()
