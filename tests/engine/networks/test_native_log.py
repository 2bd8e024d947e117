"""Native chatter is held back, everything else comes through."""

from __future__ import annotations

import os
import threading
import time

import pytest

from engine.networks.native_log import without_native_chatter


def test_information_is_held_back_and_other_lines_come_out_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_chatter():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"ERROR: something that matters\n")
    assert capfd.readouterr().err == "ERROR: something that matters\n"


def test_stderr_works_again_after_a_failure_inside(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), without_native_chatter():  # noqa: PT012
        os.write(2, b"before the failure\n")
        raise ValueError
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before the failure\nafter\n"


def test_two_threads_at_once_leave_the_terminal_in_place(capfd: pytest.CaptureFixture[str]) -> None:
    both = threading.Barrier(2, timeout=5)

    def load(hold_s: float) -> None:
        both.wait()
        with without_native_chatter():
            time.sleep(hold_s)

    threads = [threading.Thread(target=load, args=(hold_s,)) for hold_s in (0.05, 0.15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here\n")
    assert "still here" in capfd.readouterr().err
