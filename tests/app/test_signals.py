"""Ctrl-C, `kill` and a closed terminal end a run well; asked for again, it ends at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from app.signals import DOUBLE_TAP_S, STOPPING, signals_set

ROOT = Path(__file__).parents[2]
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


@pytest.mark.timeout(20)
def test_ctrl_c_waits_for_no_lock_that_the_main_thread_holds():
    lock = threading.Lock()

    class Guarded(threading.Event):
        """As an Event is for an instant while somebody looks at it: whoever sets it needs the lock."""

        def set(self) -> None:
            with lock:
                super().set()

    stop = Guarded()
    with signals_set(stop):
        with lock:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)  # pressed twice
            assert not stop.is_set()
        assert stop.wait(5)
    assert not any(thread.name == "signals" for thread in threading.enumerate())


def test_without_a_signal_nothing_is_set():
    stop = threading.Event()
    with signals_set(stop):
        pass
    assert not stop.is_set()


def test_a_second_signal_ends_by_force_and_says_what_may_be_lost(capsys):
    now = [100.0]
    stop, forced = threading.Event(), threading.Event()
    codes: list[int] = []

    def force(code: int) -> None:
        codes.append(code)
        forced.set()

    with signals_set(stop, at_risk="the take may lack its end", clock=lambda: now[0], force=force):
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(5)
        now[0] += DOUBLE_TAP_S / 2
        signal.raise_signal(signal.SIGINT)
        now[0] += DOUBLE_TAP_S
        signal.raise_signal(signal.SIGTERM)
        assert forced.wait(5)
    assert codes == [1]
    assert capsys.readouterr().err == "vtm: exit forced: the take may lack its end\n"


def test_a_key_pressed_twice_is_one_signal():
    stop = threading.Event()
    codes: list[int] = []
    with signals_set(stop, clock=lambda: 100.0, force=codes.append):
        for _ in range(5):
            signal.raise_signal(signal.SIGINT)
        assert stop.wait(5)
    assert codes == []


def test_an_orderly_end_that_takes_long_says_how_to_force_it(monkeypatch):
    monkeypatch.setattr("app.signals.SLOW_S", 0.01)
    said: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr("app.signals.say", said.put)
    with signals_set(threading.Event()):
        signal.raise_signal(signal.SIGINT)
        assert "Ctrl-C again" in said.get(timeout=5)


def test_afterwards_signals_do_what_they_did():
    before = [signal.getsignal(number) for number in STOPPING]
    with signals_set(threading.Event()):
        assert [signal.getsignal(number) for number in STOPPING] != before
    assert [signal.getsignal(number) for number in STOPPING] == before
    assert signal.set_wakeup_fd(-1) == -1


@needs_posix
def test_under_nohup_a_closed_terminal_is_no_reason_to_end():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = threading.Event()
        with signals_set(stop):
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
            assert stop.wait(5)
    finally:
        signal.signal(signal.SIGHUP, before)


@needs_posix
def test_a_second_ctrl_c_ends_a_process_whose_main_thread_hangs_in_native_code():
    code = (
        "import ctypes, threading, app.signals as signals\n"
        "signals.DOUBLE_TAP_S = 0.0\n"
        "stop = threading.Event()\n"
        "threading.Thread(target=lambda: stop.wait() and print('asked', flush=True), daemon=True).start()\n"
        "with signals.signals_set(stop):\n"
        "    print('ready', flush=True)\n"
        "    for _ in range(1000): ctypes.CDLL(None).sleep(100)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline() == b"ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.stdout.readline() == b"asked\n"
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 1
    assert b"exit forced" in said


@needs_posix
def test_a_terminal_that_closes_ends_the_run_well(tmp_path):
    """The real thing: the run gets SIGHUP, and its stderr leads nowhere from then on."""
    code = (
        "import fcntl, sys, termios, threading; from pathlib import Path; from app.signals import signals_set\n"
        "from app.terminal import StatusLine, say\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "stop = threading.Event()\n"
        "with signals_set(stop):\n"
        "    say('ready')\n"
        "    status = StatusLine(sys.stderr)\n"
        "    stop.wait()\n"
        "    status.show('late'); status.interrupt('later'); status.close(); say('last')\n"
        f"Path({str(tmp_path / 'done')!r}).touch()\n"
    )
    terminal, theirs = os.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    assert b"ready" in os.read(terminal, 100)
    os.close(terminal)
    assert running.wait(20) == 0
    assert (tmp_path / "done").exists()
