"""Only the calling thread gets the lower priority."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from engine.live import low_priority


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the priority of one thread is read on Linux only")
def test_the_calling_thread_alone_is_lowered():
    before = os.getpriority(os.PRIO_PROCESS, 0)
    seen: list[int] = []

    def work() -> None:
        assert low_priority.lower_priority()
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [min(before + low_priority._NICE, 19)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_system_that_refuses_costs_nothing(monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "setpriority", refused, raising=False)
    assert low_priority.lower_priority() is False
