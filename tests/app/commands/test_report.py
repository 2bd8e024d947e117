"""`vtm doctor --report`: one text with all that helps to find a fault, and nothing that is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.commands import doctor
from app.commands.report import LOG_LINES, report_text
from app.log_file import log_path
from app.settings import Settings, save_settings, settings_path
from engine.config import Config


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Without the back ends, which are tried for seconds; in a folder of the test."""
    parts = tuple(part for part in doctor._PARTS if part is not doctor._backends)
    monkeypatch.setattr(doctor, "_PARTS", parts)
    monkeypatch.chdir(tmp_path)


def test_the_report_holds_versions_settings_and_the_end_of_the_log(capsys):
    save_settings(Settings(config=Config(source="C920", height_m=1.83)))
    assert main(["--headless", "--source", "missing.mp4"]) == 1
    assert main(["doctor", "--report", "report.txt"]) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("vtm: report written to report.txt")
    text = Path("report.txt").read_text(encoding="utf-8")
    assert "onnxruntime: " in text
    assert '"height_m": 1.83' in text
    assert "there is no file missing.mp4" in text
    assert "Traceback" in text


def test_without_a_name_it_goes_to_a_new_file_and_with_a_dash_to_stdout(capsys):
    assert main(["doctor", "--report"]) == 0
    (path,) = Path().glob("vtm-report-*.txt")
    assert str(path) in capsys.readouterr().err
    assert main(["doctor", "--report", "-"]) == 0
    assert capsys.readouterr().out.startswith("== VTM Live")


def test_a_report_that_cannot_be_written_is_one_line(capsys):
    assert main(["doctor", "--report", "nowhere/report.txt"]) == 1
    said = capsys.readouterr().err
    assert "nowhere/report.txt" in said.replace("\\", "/")
    assert said.count("\n") == 1


def test_the_home_folder_keeps_its_name_to_itself(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("VTM_LOG_DIR", str(tmp_path / "logs"))
    (tmp_path / "logs").mkdir()
    log_path().write_text(f"cannot open {tmp_path}/clip.mp4\n")
    text = report_text([])
    assert "cannot open ~/clip.mp4" in text
    assert str(tmp_path) not in text


def test_the_passwords_of_addresses_are_masked():
    save_settings(Settings(config=Config(source="rtsp://admin:hunter2@cam/live?token=hunter2")))
    text = report_text([])
    assert '"source": "rtsp://admin:***@cam/live?token=***",' in text
    assert "hunter2" not in text
    assert "hunter2" in settings_path().read_text(encoding="utf-8")


def test_only_the_end_of_a_long_log_is_in_it_and_of_a_fresh_one_the_file_before():
    log_path().parent.mkdir(parents=True)
    log_path().write_text("\n".join(f"line {n}." for n in range(1000)))
    text = report_text([])
    assert "line 999." in text
    assert "line 500." not in text
    log_path().rename(log_path().with_name("vtm.log.1"))
    log_path().write_text("fresh")
    text = report_text([])
    assert f"line {1000 - LOG_LINES + 1}." in text
    assert f"line {1000 - LOG_LINES}." not in text
    assert "fresh" in text


def test_what_runs_now_is_in_it(fake):
    text = report_text([], fake(Config(osc=("vmc://127.0.0.1:1",))).snapshot())
    assert "vmc://127.0.0.1:1: " in text
    assert "poses/s" in text


def test_settings_that_are_broken_are_shown_as_they_are():
    settings_path().write_text("{nonsense")
    assert "{nonsense" in report_text([])
