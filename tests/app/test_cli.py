"""The command line: each wrong call gets one line, the documented exit code and no traceback."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.arguments.engine_options import config_from
from app.arguments.options import RunOptions
from app.arguments.parser import build_parser
from app.cli import main
from app.commands.headless import HeadlessRun, status_text
from app.log_file import log_path
from app.settings import DEFAULT_TARGET
from app.signals import STOPPING
from app.terminal import StatusLine
from app.window.display import display_available
from engine.config import Config
from engine.errors import UsageError
from engine.types import Message

ROOT = Path(__file__).parents[2]
WRONG_USAGE = [
    (["--osc", "avatar"], "vmc://127.0.0.1:39539"),
    (["--osc", "vmc://127.0.0.1:70000"], "1 to 65535"),
    (["--osc", "vmc://127.0.0.1:0"], "1 to 65535"),
    (["--osc", "ftp://127.0.0.1:1"], "vmc://"),
    (["--osc", "vmc://h:1", "--osc", "osc://h:1"], "own port"),
    (["--seconds", "-1"], "above 0"),
    (["--seconds", "nan"], "above 0"),
    (["--seconds", "soon"], "expected seconds"),
    (["--hfov", "500"], "10 to 170"),
    (["--height-m", "170"], "0.5 to 2.6"),
    (["--hfov", "60", "--intrinsics", "x.json"], "not allowed"),
    (["--detector", "yolo"], "blazepose"),
    (["--backend", "gpu"], "cuda"),
    (["--record", "take.c3d"], ".bvh"),
    (["dance"], "convert"),
    (["recover"], "FILE"),
    (["--vmc-receive", "70000"], "1 to 65535"),
    (["--vmc-receive", "here:port"], "HOST:PORT"),
    (["--headless", "--record-video", "--source", "demo"], "--record FILE"),
    (["convert", "in.mp4"], "OUT"),
    (["convert", "in.mp4", "out.doc"], ".bvh"),
    (["--osc-rate", "0"], "1 to 120"),
    (["--osc-rate", "240"], "1 to 120"),
    (["bench", "--backend", "gpu"], "cuda"),
    (["bench", "--seconds", "0"], "above 0"),
    (["bench", "--source", "missing.mp4"], "no file missing.mp4"),
    (["--headless", "--intrinsics", "missing.json", "--source", "demo"], "fx"),
    (["--headless", "--source", "demo", "--osc", "vmc://239.1.2.3:39539"], "broadcast=1"),
    (["--no-such-option"], "--help"),
]
RUN_TIME_FAILURE = [
    (["--headless", "--source", "missing.mp4"], "missing.mp4"),
    (["--headless", "--source", "empty.mp4"], "0 bytes"),
    (["--headless", "--source", "text.mp4"], "not a video"),
    (["--headless", "--source", "No such camera"], "No such camera"),
    (["--headless", "--source", "demo", "--record", "nowhere/take.bvh"], "nowhere"),
    (["--headless", "--source", "demo", "--stats", "nowhere/stats.json"], "nowhere"),
    (["--headless", "--source", "demo", "--stats", "."], "is a folder"),
    (["convert", "text.mp4", "out.npz"], "not a video"),
    (["convert", "text.mp4", "nowhere/out.npz"], "nowhere"),
]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working folder with bad files in it."""
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("arguments", "hint"), WRONG_USAGE, ids=lambda value: " ".join(value)[:60])
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, hint, capsys):
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("vtm: ")
    assert written.err.count("\n") == 1
    assert hint in written.err


@pytest.mark.parametrize(("arguments", "hint"), RUN_TIME_FAILURE, ids=lambda value: " ".join(value)[:60])
def test_a_failure_at_run_time_is_exit_code_1_with_the_cause_in_the_last_line(here, arguments, hint, capsys):
    assert main(arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    assert hint in lines[-1]
    assert all(line.startswith("vtm: ") for line in lines)
    assert len({line for line in lines if hint in line}) == len([line for line in lines if hint in line]) == 1
    assert not list(here.glob("*.bvh"))


def test_debug_shows_the_traceback(capsys):
    assert main(["--debug", "--headless", "--source", "missing.mp4"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_without_debug_the_traceback_is_in_the_log_file_only(capsys):
    assert main(["--headless", "--source", "missing.mp4"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert "Traceback" in log_path().read_text()


def test_a_defect_is_one_line_too(monkeypatch, capsys):
    def broken(**_: bool) -> int:
        raise ZeroDivisionError("oh\nno")

    monkeypatch.setattr("app.commands.fetch.run_fetch", broken)
    assert main(["fetch"]) == 1
    written = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: oh no" in written
    assert "vtm doctor --report" in written
    assert written.count("\n") == 1


def test_help_is_quick_and_imports_nothing_heavy():
    code = "import sys, app.cli; app.cli.parse([]); print([m for m in sys.modules if m in %r])"
    heavy = ["PySide6", "cv2", "onnxruntime", "numpy", "torch", "rich"]
    ran = subprocess.run([sys.executable, "-c", code % heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_python_dash_m_is_the_same_command():
    ran = subprocess.run(
        [sys.executable, "-m", "app", "--seconds", "0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("vtm: ")


def test_options_go_over_the_base_and_leave_the_rest():
    base = Config(source="C920", mirror=True, osc=(DEFAULT_TARGET,))
    options = build_parser().parse_args(["--no-mirror", "--hfov", "70", "--osc", "osc://h:1", "--osc", "vmc://h:2"])
    assert config_from(options, base) == Config(
        source="C920", mirror=False, hfov_deg=70.0, osc=("osc://h:1", "vmc://h:2")
    )
    assert config_from(build_parser().parse_args([]), base) == base


def test_without_a_display_it_says_so_and_runs_headless(monkeypatch, capsys):
    seen = {}

    class Run:
        def __init__(self, config: Config, options: RunOptions) -> None:
            seen.update(options=options, config=config)

        def run(self) -> int:
            return 0

    monkeypatch.setattr("app.cli.display_available", lambda: False)
    monkeypatch.setattr("app.commands.headless.HeadlessRun", Run)
    assert main(["--source", "demo"]) == 0
    assert seen["options"].seconds == 20
    assert seen["config"].osc == (DEFAULT_TARGET,)
    assert "no display" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be without a display")
def test_the_display_is_looked_for(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not display_available()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert display_available()


@pytest.fixture
def headless(fake, monkeypatch):
    """make(on_look, **options) -> a headless run over the fake pipeline, and `make.made`, the pipelines it made.

    Each time the run looks at its pipeline, 0.2 s pass on its clock and `on_look(pipeline, number of the look)` is
    called.
    """
    monkeypatch.setattr("app.commands.headless.POLL_S", 0.0)
    made, now = [], [100.0]

    def make(on_look: Callable[[Any, int], object] = lambda *_: None, **options: Any) -> HeadlessRun:
        class Watched(fake):
            looks = 0

            def snapshot(self):
                self.looks += 1
                now[0] += 0.2
                on_look(self, self.looks)
                return super().snapshot()

        def factory(config: Config):
            made.append(Watched(config))
            return made[-1]

        config = Config(source="demo", osc=(DEFAULT_TARGET,))
        return HeadlessRun(config, RunOptions(**options), factory=factory, clock=lambda: now[0])

    make.made = made
    return make


def test_a_headless_run_ends_by_time_and_writes_the_figures(headless, tmp_path, capsys):
    assert headless(seconds=1.1, record=tmp_path / "a.bvh", stats=tmp_path / "s.json").run() == 0
    assert headless.made[0].calls == ["enter", f"record {tmp_path / 'a.bvh'}", "stop_recording", "exit"]
    assert headless.made[0].looks == 6 + 1  # at 0.2, 0.4, … 1.2 s, and after the take was finished
    assert headless.made[0].config.loop
    stats = json.loads((tmp_path / "s.json").read_text())
    assert stats["osc"][0]["target"] == DEFAULT_TARGET
    assert {"p50", "p95", "p99"} == set(stats["latency_ms"])
    assert "30.0 fps" in capsys.readouterr().err


@pytest.fixture
def signals_heeded() -> Iterator[None]:
    """A test run under nohup was started with SIGHUP ignored; these tests are about a run that was not."""
    ignored = [number for number in STOPPING if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.usefixtures("signals_heeded")
@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_keeps_the_take_and_is_exit_code_0(headless, tmp_path, number):
    before = signal.getsignal(number)
    run = headless(lambda _, look: signal.raise_signal(number) if look == 3 else None, record=tmp_path / "a.bvh")
    assert run.run() == 0
    assert "stop_recording" in headless.made[0].calls
    assert signal.getsignal(number) is before


def test_a_pipeline_that_fails_is_said_after_the_take_was_kept(headless, tmp_path, capsys):
    def fail(pipeline: Any, look: int) -> None:
        if look == 3:
            pipeline.messages = (Message("error", "the camera was unplugged"),)
            pipeline.state = "failed"

    assert headless(fail, record=tmp_path / "a.bvh").run() == 1
    assert capsys.readouterr().err.splitlines()[-1] == "vtm: the camera was unplugged"
    assert headless.made[0].calls[-2:] == ["stop_recording", "exit"]


def test_the_name_that_the_take_got_is_told_and_force_is_passed_on(headless, tmp_path, capsys):
    def other_name(pipeline: Any, _look: int) -> None:
        pipeline.saves = tmp_path / "a-2.bvh"

    assert headless(other_name, seconds=0.5, record=tmp_path / "a.bvh", force=True).run() == 0
    assert f"record {tmp_path / 'a.bvh'} over" in headless.made[0].calls
    assert capsys.readouterr().err.splitlines()[-1] == f"vtm: recorded {tmp_path / 'a-2.bvh'}"


def test_a_long_take_that_is_written_shows_how_far_it_is(headless, tmp_path, capsys):
    """The take takes as long as it is looked at."""
    seen = threading.Event()

    def slowly(pipeline: Any, _look: int) -> None:
        def stop() -> Path:
            pipeline.saving = 0.43
            assert seen.wait(10)
            pipeline.saving = None
            return tmp_path / "a.bvh"

        pipeline.stop_recording = stop
        if pipeline.saving is not None:
            seen.set()

    run = headless(slowly, seconds=0.5, record=tmp_path / "a.bvh")
    run._status._every_s = 0.0
    assert run.run() == 0
    assert "saving a.bvh: 43%" in capsys.readouterr().err


def test_the_end_of_a_file_ends_the_run(headless):
    run = headless(lambda pipeline, look: setattr(pipeline, "state", "ended") if look == 3 else None)
    assert run.run() == 0
    assert headless.made[0].looks == 3


def test_trouble_is_said_once_and_a_picture_that_is_missing_is_no_latency(headless, capsys):
    def trouble(pipeline: Any, look: int) -> None:
        if look == 2:
            pipeline.frozen_at = 7
            pipeline.target_error = "nobody is listening on 127.0.0.1:39539: start the receiver or check its port"

    assert headless(trouble, seconds=8.0).run() == 0
    lines = capsys.readouterr().err.splitlines()
    assert sum("nobody is listening" in line for line in lines) == 1
    status = [line for line in lines if "packets/s" in line]
    assert "person yes" in status[0]
    assert "no picture for 5 s" in status[-1]
    assert "person" not in status[-1]
    assert "latency" not in status[-1]


def test_the_status_tells_rate_latency_person_and_packets(fake):
    text = status_text(fake(Config(osc=(DEFAULT_TARGET,))).snapshot())
    assert "30.0 fps" in text
    assert "latency" in text
    assert "person yes" in text
    assert "60 packets/s" in text
    assert "hands" not in text


def test_the_status_line_says_how_often_hands_and_face_are_looked_at(fake):
    snapshot = fake(Config()).snapshot()
    stats = dataclasses.replace(snapshot.stats, hands_per_s=7.4, face_per_s=15.2)
    assert "hands 7/s face 15/s" in status_text(dataclasses.replace(snapshot, stats=stats))


def test_a_status_line_is_rewritten_on_a_terminal_and_sparse_in_a_log(capsys):
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, log = Terminal(), io.StringIO()
    for stream in (terminal, log):
        status = StatusLine(stream, clock=lambda: 0.0)
        for text in ("one", "two"):
            status.show(text)
        status.interrupt("news")
        status.close()
    assert terminal.getvalue().count("\r") >= 2
    assert log.getvalue() == "one\nnews\n"
    assert capsys.readouterr().out == ""


def test_the_doctor_never_falls_ill(monkeypatch, capsys):
    import app.commands.doctor as doctor

    def sick():
        raise OSError("no bus")
        yield  # a generator, as the real parts are

    monkeypatch.setattr(doctor, "_PARTS", (doctor._machine, sick))
    assert doctor.run_doctor() == 1
    assert "no bus" in capsys.readouterr().out


@pytest.mark.slow
def test_the_real_chain_runs_headless_on_the_demo(tmp_path):
    from engine.pose2d.weights import weights_state

    if weights_state().state != "ready":
        pytest.skip("no detector weights: vtm fetch")
    arguments = ["--headless", "--source", "demo", "--seconds", "4", "--record", "t.npz", "--stats", "s.json"]
    ran = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "s.json").read_text())["poses"] > 0
    assert (tmp_path / "t.npz").stat().st_size > 1000


def test_the_formats_on_the_command_line_are_those_that_can_be_written():
    from app.arguments import values
    from engine.motion import formats

    assert set(values.MOTION_SUFFIXES) == set(formats.MOTION_SUFFIXES)


def test_receiving_and_video_are_off_unless_asked_for():
    parse = build_parser().parse_args
    plain = config_from(parse([]), Config())
    assert (plain.vmc_receive, plain.record_video, plain.take_style) == ("", False, "default")
    assert config_from(parse(["--style", "gmr"]), plain).take_style == "gmr"
    asked = config_from(parse(["--vmc-receive", "0.0.0.0:39540", "--record-video"]), Config())
    assert (asked.vmc_receive, asked.record_video) == ("0.0.0.0:39540", True)
    assert not config_from(parse(["--no-record-video"]), asked).record_video


def test_a_taken_receive_port_is_exit_code_1_and_one_line(capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert main(["--headless", "--source", "demo", "--vmc-receive", str(port)]) == 1
    written = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}" in written
    assert written.count("\n") == 1


@pytest.mark.parametrize(("text", "expected"), [("calm", 1.0), ("dance", 0.0), ("0.25", 0.25)])
def test_smoothness_is_a_preset_or_a_number(text: str, expected: float):
    options = build_parser().parse_args(["--smoothness", text])
    assert config_from(options, Config()).smoothness == expected


def test_a_smoothness_that_is_none_gets_the_line_that_helps():
    with pytest.raises(UsageError, match=r"got silky, expected dance, standard, calm or a number from 0 to 1"):
        build_parser().parse_args(["--smoothness", "silky"])
