"""The log file: one for all instances, rotated, with every traceback; it disturbs nobody when it cannot be written."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.cli import main
from app.log_file import (
    SharedLogFile,
    defects_shown,
    log_folder,
    log_old_crashes,
    log_path,
    logging_set_up,
    native_crashes_kept,
)

ROOT = Path(__file__).parents[2]
log = logging.getLogger("engine.test")


def logged() -> str:
    return log_path().read_text(encoding="utf-8")


def test_the_first_lines_tell_the_call_the_machine_and_the_versions():
    assert main(["osc-map"]) == 0
    lines = logged().splitlines()
    assert "vtm osc-map" in lines[0]
    assert f"Python {sys.version.split()[0]}" in lines[1]
    assert "onnxruntime" in lines[2]
    assert lines[-1].endswith("exit code 0")


def test_asking_for_help_leaves_no_file(capsys):
    assert main(["--help"]) == 0
    assert "usage" in capsys.readouterr().out
    assert not log_folder().exists()


def test_a_line_of_ours_is_kept_and_chatter_of_others_is_not():
    with logging_set_up(debug=False):
        log.info("ours")
        log.debug("too much detail")
        logging.getLogger("somebody.else").info("chatter")
        logging.getLogger("somebody.else").warning("trouble")
    assert "ours" in logged()
    assert "trouble" in logged()
    assert "detail" not in logged()
    assert "chatter" not in logged()


def test_passwords_of_addresses_are_masked_in_lines_and_tracebacks():
    with logging_set_up(debug=False):
        try:
            raise ValueError("rtsp://admin:hunter2@cam/live is broken")
        except ValueError:
            log.exception("opening %s", "http://cam/video?token=hunter2")
    assert "rtsp://admin:***@cam/live is broken" in logged()
    assert "http://cam/video?token=***" in logged()
    assert "hunter2" not in logged()


def test_debug_shows_the_same_on_stderr(capsys):
    with logging_set_up(debug=True):
        log.debug("detail")
    assert "detail" in capsys.readouterr().err
    assert "detail" in logged()


def test_afterwards_logging_is_as_it_was():
    root, before = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level = list(root.handlers), logging.getLogger("engine").level
    with logging_set_up(debug=True):
        assert root.handlers != handlers
    assert root.handlers == handlers
    assert logging.getLogger("engine").level == level
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_what_a_thread_does_not_catch_is_logged_said_and_shown(capsys):
    def defect() -> None:
        raise KeyError("LeftHand")

    shown: list[str] = []
    with logging_set_up(debug=False), defects_shown(shown.append):
        thread = threading.Thread(target=defect, name="worker-7")
        thread.start()
        thread.join()
    said = capsys.readouterr().err
    assert said.startswith("vtm: unexpected KeyError: 'LeftHand'")
    assert said.count("\n") == 1
    assert shown == [said.removeprefix("vtm: ").rstrip()]
    assert "worker-7" in logged()
    assert "in defect" in logged()


def test_an_error_that_comes_again_and_again_is_told_once(capsys):
    def defect() -> None:
        raise KeyError("LeftHand")

    with logging_set_up(debug=False):
        for _ in range(3):
            thread = threading.Thread(target=defect)
            thread.start()
            thread.join()
    assert capsys.readouterr().err.count("KeyError") == 1
    assert logged().count("Traceback") == 1


def test_a_full_log_is_rotated_and_the_old_ones_are_few(monkeypatch):
    monkeypatch.setattr("app.log_file.MAX_BYTES", 2000)
    with logging_set_up(debug=False):
        for number in range(200):
            log.info("line %d", number)
    names = sorted(path.name for path in log_folder().iterdir())
    assert names == ["vtm.log", "vtm.log.1", "vtm.log.2", "vtm.log.3"]
    assert all(path.stat().st_size <= 2000 for path in log_folder().iterdir())
    assert "line 199" in logged()


def test_two_instances_share_the_file_when_one_of_them_rotates_it(tmp_path):
    path = tmp_path / "vtm.log"
    one, other = SharedLogFile(path), SharedLogFile(path)

    def write(handler: SharedLogFile, text: str) -> None:
        handler.handle(logging.LogRecord("engine", logging.INFO, "", 0, text, None, None))

    write(one, "first")
    write(other, "second")
    one.doRollover()
    write(one, "third")
    write(other, "fourth")
    one.close()
    other.close()
    assert path.with_name("vtm.log.1").read_text().split() == ["first", "second"]
    assert path.read_text().split() == ["third", "fourth"]


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VTM_LOG_DIR", str(tmp_path / "file" / "below"))
    assert main(["osc-map"]) == 0
    assert capsys.readouterr().err == ""


def test_a_crash_in_native_code_is_in_the_log_after_the_next_start():
    code = (
        "import faulthandler; from app.log_file import *\n"
        "with native_crashes_kept(log_folder()): faulthandler._sigsegv()"
    )
    crashed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert crashed.returncode != 0
    assert main(["osc-map"]) == 0
    assert "crashed in native code" in logged()
    assert "Segmentation fault" in logged() or "access violation" in logged()
    assert [path.name for path in log_folder().iterdir()] == ["vtm.log"]


def test_a_run_that_ends_well_leaves_no_crash_file(monkeypatch):
    monkeypatch.setattr("faulthandler.is_enabled", lambda: False)
    monkeypatch.setattr("faulthandler.enable", lambda _file: None)
    monkeypatch.setattr("faulthandler.disable", lambda: None)
    with native_crashes_kept(log_folder()):
        assert len(list(log_folder().glob("crash-*"))) == 1
    assert not list(log_folder().iterdir())


@pytest.mark.parametrize(("age_s", "kept"), [(60.0, True), (30 * 24 * 3600.0, False)])
def test_an_empty_crash_file_is_kept_for_a_run_that_may_still_go_on(tmp_path, age_s, kept):
    path = tmp_path / "crash-1.txt"
    path.touch()
    os.utime(path, (time.time() - age_s,) * 2)
    log_old_crashes(tmp_path)
    assert path.exists() == kept
