"""`vtm convert` with many files: each failure is a line, the rest goes on, and a second run does only what is left."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.arguments.values import STYLES
from app.cli import main
from app.commands import convert_pool
from app.commands.convert_plan import Job
from app.commands.convert_pool import Manner, convert_in_processes
from app.log_file import log_path
from engine.config import Config
from engine.motion import formats
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz

ROOT = Path(__file__).parents[3]


needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


@pytest.fixture
def takes(tmp_path, waving, monkeypatch) -> Path:
    """A folder with three takes and one broken file, in the working folder; takes need no network to convert."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in "abc":
        write_motion(folder / f"{name}.npz", waving(5))
    return folder


def lines(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_folder_is_converted_whole_and_a_bad_file_costs_only_itself(takes, capsys, jobs):
    (takes / "bad.npz").write_text("no archive")
    assert main(["convert", "takes", "out", "--format", "glb", "--jobs", jobs]) == 1
    told = lines(capsys)
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.glb", "b.glb", "c.glb"]
    assert [line for line in told if "bad.npz" in line and "not a keypoints .npz" in line]
    assert told[-1] == "vtm: 4 files: 3 converted, 0 skipped, 1 failed"
    assert all(line.startswith("vtm: ") for line in told)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_traceback_of_each_file_that_fails_is_in_the_log_once(takes, capsys, jobs):
    (takes / "bad.npz").write_text("no archive")
    assert main(["convert", "takes", "out", "--format", "glb", "--jobs", jobs]) == 1
    assert "Traceback" not in capsys.readouterr().err
    logged = log_path().read_text()
    assert logged.count("bad.npz could not be converted") == 1
    assert "keypoints_file.py" in logged


@pytest.mark.usefixtures("takes")
def test_a_second_run_does_only_what_is_left(capsys):
    assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
    before = Path("out/a.bvh").stat().st_mtime_ns
    Path("out/b.bvh").unlink()
    assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
    assert lines(capsys)[-1] == "vtm: 3 files: 1 converted, 2 skipped, 0 failed"
    assert Path("out/a.bvh").stat().st_mtime_ns == before
    os.utime("takes/a.npz", (time.time() + 10, time.time() + 10))
    assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
    assert lines(capsys)[-1].startswith("vtm: 3 files: 1 converted")
    assert main(["convert", "takes", "out", "--format", "bvh", "--force"]) == 0
    assert lines(capsys)[-1].startswith("vtm: 3 files: 3 converted")


@pytest.mark.usefixtures("takes")
def test_a_file_that_is_there_is_kept_and_the_next_free_name_taken_and_said(capsys):
    for name in ("a.bvh", "a-2.bvh", "a-3.bvh"):
        assert main(["convert", "takes/a.npz", "a.bvh", "--bvh-style", "mixamo"]) == 0
        told = lines(capsys)
        assert told[-1].startswith(f"vtm: {name}: 5 frames")
        assert (f"vtm: a.bvh exists and was kept: wrote {name} (--force replaces it)" in told) == (name != "a.bvh")
    assert "mixamorig:Hips" in Path("a.bvh").read_text()
    Path("a.bvh").write_text("mine")
    assert main(["convert", "takes/a.npz", "a.bvh", "--force"]) == 0
    assert Path("a.bvh").read_text().startswith("HIERARCHY")
    assert sorted(path.name for path in Path().glob("*.bvh")) == ["a-2.bvh", "a-3.bvh", "a.bvh"]


@pytest.mark.usefixtures("takes")
def test_a_target_older_than_its_source_is_kept_beside_the_new_one_which_is_not_made_twice(capsys):
    assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
    Path("out/a.bvh").write_text("mine")
    os.utime("out/a.bvh", (0, 0))
    for converted in (1, 0):
        assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
        assert lines(capsys)[-1].startswith(f"vtm: 3 files: {converted} converted")
    assert Path("out/a.bvh").read_text() == "mine"
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-2.bvh", "a.bvh", "b.bvh", "c.bvh"]
    write_motion(Path("takes/a-2.npz"), read_motion_npz(Path("takes/a.npz")))  # now a-2.bvh is another's name
    assert main(["convert", "takes", "out", "--format", "bvh"]) == 0
    assert lines(capsys)[-1].startswith("vtm: 4 files: 2 converted")
    assert Path("out/a.bvh").read_text() == "mine"


@pytest.mark.usefixtures("takes")
@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["takes", "out", "--jobs", "0"], "1 to 64"),
        (["takes", "out", "--jobs", "two"], "whole number"),
        (["takes", "out", "--format", "c3d"], ".fbx"),
        (["takes", "out", "--bvh-style", "maya"], "mixamo"),
        (["takes", "out", "--bvh-style", "mixamo"], ".bvh and .fbx"),
        (["takes", "out", "--format", "fbx", "--style", "lafan1"], "is for .bvh"),
        (["takes", "none.npz", "out"], "none.npz"),
    ],
)
def test_wrong_usage_is_one_line(arguments, hint, capsys):
    assert main(["convert", *arguments]) == 2
    (line,) = lines(capsys)
    assert hint in line


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
@pytest.mark.usefixtures("takes")
def test_a_folder_that_cannot_be_written_is_told_before_the_work(capsys):
    Path("out").mkdir(mode=0o500)
    assert main(["convert", "takes", "out"]) == 1
    assert "cannot write" in lines(capsys)[-1]


def test_the_styles_on_the_command_line_are_those_there_are():
    assert set(STYLES) == {style for styles in formats.STYLES.values() for style in styles}


@pytest.fixture
def stuck(monkeypatch) -> None:
    """A job called "stuck" never ends: its process is not told of it and waits for ever."""
    give = convert_pool._give

    def withhold(pipe: object, job: Job | None) -> None:
        if job is None or job.source.stem != "stuck":
            give(pipe, job)

    monkeypatch.setattr(convert_pool, "_give", withhold)


@needs_signals
@pytest.mark.usefixtures("stuck")
def test_a_process_that_dies_costs_its_file_only(takes, tmp_path):
    jobs = [Job(takes / f"{name}.npz", tmp_path / f"{name}.bvh") for name in ("stuck", "a", "b")]
    reports = convert_in_processes(jobs, Config(), Manner(processes=2))
    results, errors = [], []
    for report in reports:
        if report.result is not None:
            results.append(report.job.target.name)
        if report.error is not None:
            errors.append(str(report.error))
        if len(results) == 2 and not errors:
            (waiting,) = multiprocessing.active_children()
            os.kill(waiting.pid or 0, signal.SIGKILL)
    assert sorted(results) == ["a.bvh", "b.bvh"]
    assert "died (exit code -9)" in errors[0]
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("stuck")
def test_leaving_early_ends_the_processes(takes, tmp_path):
    jobs = [Job(takes / f"{name}.npz", tmp_path / f"{name}.bvh") for name in ("stuck", "a")]
    reports = convert_in_processes(jobs, Config(), Manner(processes=2))
    assert next(reports).job.target.name == "a.bvh"
    reports.close()
    assert not multiprocessing.active_children()


@needs_signals
def test_ctrl_c_ends_a_batch_with_its_processes_in_one_line(takes, tmp_path):
    for number in range(500):
        (takes / f"{number}.npz").hardlink_to(takes / "a.npz")
    command = [sys.executable, "-m", "app", "convert", "takes", "out", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, "--format", "bvh"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        until_s = time.monotonic() + 30
        while not list((tmp_path / "out").glob("*.bvh")):
            assert time.monotonic() < until_s
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, written = process.communicate(timeout=20)
    assert process.returncode == 1
    assert written.splitlines()[-1] == "vtm: stopped"
    assert "Traceback" not in written


def test_a_take_keeps_its_motion_through_conversion(takes, tmp_path):
    from engine.motion.npz import read_motion_npz

    assert main(["convert", "takes/a.npz", "again.npz"]) == 0
    before, after = read_motion_npz(takes / "a.npz"), read_motion_npz(tmp_path / "again.npz")
    np.testing.assert_array_equal(before.rotations_xyzw, after.rotations_xyzw)
