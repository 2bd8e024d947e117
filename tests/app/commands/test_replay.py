"""`vtm replay` sends a take again, says what went out, and ends by itself or by Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.cli import main
from app.commands.replay import run_replay
from engine.motion.formats import write_motion

ROOT = Path(__file__).parents[3]


@pytest.fixture
def udp():
    """A receiver."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.2)
        yield receiver


def url_of(udp: socket.socket, scheme: str = "vmc") -> str:
    return f"{scheme}://127.0.0.1:{udp.getsockname()[1]}"


def received(udp: socket.socket) -> int:
    count = 0
    while True:
        try:
            udp.recv(4096)
        except TimeoutError:
            return count
        count += 1


@pytest.mark.parametrize("suffix", [".npz", ".jsonl"])
def test_every_frame_is_sent_again(tmp_path, waving, udp, capsys, suffix):
    path = tmp_path / f"take{suffix}"
    write_motion(path, waving(20))
    assert main(["replay", str(path), "--osc", url_of(udp)]) == 0
    assert received(udp) == 2 * (20 + 3)  # two bundles a pose; the last one three times more
    assert f"{url_of(udp)}: 46 packets, 0 errors" in capsys.readouterr().err


def test_a_loop_goes_on_until_it_is_stopped(tmp_path, waving, udp):
    write_motion(tmp_path / "take.npz", waving(5))
    stop = threading.Event()
    udp.settimeout(20)

    def stop_after_three_rounds() -> None:
        for _ in range(3 * 2 * 5 + 1):
            udp.recv(4096)
        stop.set()

    listener = threading.Thread(target=stop_after_three_rounds)
    listener.start()
    assert run_replay(tmp_path / "take.npz", (url_of(udp),), loop=True, stop=stop) == 0
    listener.join()


def test_ctrl_c_ends_it_like_its_end(tmp_path, waving, udp):
    write_motion(tmp_path / "take.npz", waving(5))
    command = [sys.executable, "-m", "app", "replay", str(tmp_path / "take.npz"), "--osc", url_of(udp), "--loop"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            udp.settimeout(20)
            udp.recv(4096)
            process.send_signal(signal.SIGINT)
            _, written = process.communicate(timeout=20)
        finally:
            process.kill()  # it loops for ever if it has not heard
    assert process.returncode == 0
    assert "packets" in written
    assert "Traceback" not in written


def test_a_log_cut_in_the_middle_is_told_and_the_rest_played(tmp_path, waving, udp, capsys):
    path = tmp_path / "take.jsonl"
    write_motion(path, waving(5))
    path.write_bytes(path.read_bytes()[:-40])
    assert main(["replay", str(path), "--osc", url_of(udp)]) == 0
    assert "skipped 1" in capsys.readouterr().err
    assert received(udp) > 2 * 4


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["take.npz"], 2, "--osc"),
        (["take.npz", "--osc", "avatar"], 2, "vmc://"),
        (["take.bvh", "--osc", "vmc://127.0.0.1:39539"], 2, "take (.npz)"),
        (["none.npz", "--osc", "vmc://127.0.0.1:39539"], 1, "none.npz"),
        (["take.npz", "--osc", "vmc://no.such.host.invalid:1"], 1, "does not resolve"),
    ],
)
@pytest.mark.usefixtures("no_name_server")
def test_what_cannot_be_replayed_is_one_line(tmp_path, waving, monkeypatch, capsys, arguments, code, hint):
    write_motion(tmp_path / "take.npz", waving(3))
    monkeypatch.chdir(tmp_path)
    assert main(["replay", *arguments]) == code
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert hint in written
