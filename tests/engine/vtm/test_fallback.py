"""A back end that fails in mid-performance: the next one goes on with the same window, and one line says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import ModelError
from engine.types import Window
from engine.vtm.base import Outputs, VtmRuntime
from engine.vtm.choose import load_runtime
from engine.vtm.fallback import FallbackRuntime
from models.camera import Intrinsics

CAMERA = Intrinsics.from_hfov((640, 480), 1.0)


class Fake:
    """Answers `good` windows with what a real back end says, then fails."""

    def __init__(self, name: str, real: VtmRuntime, good: int) -> None:
        self.name, self.config, self.real, self.good = name, real.config, real, good
        self.closed = False

    def infer(self, window: Window) -> Outputs:
        self.good -= 1
        if self.good < 0:
            raise RuntimeError(f"{self.name}: CUDA failure 2: out of memory\nat line 3")
        return self.real.infer(window)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def cpu(weights) -> VtmRuntime:
    return load_runtime("cpu", on_message=print, path=weights).running


def chain(*fakes: Fake, messages: list[str]) -> FallbackRuntime:
    """The first runs; the others stand by in order."""

    def others(name: str) -> Iterator[VtmRuntime]:
        names = [fake.name for fake in fakes]
        yield from fakes[names.index(name) + 1 :]

    return FallbackRuntime(fakes[0], others, messages.append)


def test_while_it_works_nothing_is_said(cpu, window):
    messages: list[str] = []
    runtime = chain(Fake("cuda", cpu, 5), Fake("cpu", cpu, 5), messages=messages)
    assert runtime.lift(window, CAMERA).frame_id == window.frame_id
    assert runtime.name == "cuda"
    assert not messages


def test_the_next_one_lifts_the_very_window_that_failed(cpu, window):
    messages: list[str] = []
    first, second = Fake("cuda", cpu, 1), Fake("cpu", cpu, 5)
    runtime = chain(first, second, messages=messages)
    runtime.lift(window, CAMERA)
    assert runtime.lift(window, CAMERA).frame_id == window.frame_id
    assert runtime.name == "cpu"
    assert first.closed
    assert not second.closed
    assert len(messages) == 1
    assert "cuda failed" in messages[0]
    assert "out of memory" in messages[0]
    assert "continues with cpu" in messages[0]
    assert "\n" not in messages[0]
    runtime.close()
    assert second.closed


def test_one_that_fails_at_its_first_run_is_passed_over(cpu, window):
    messages: list[str] = []
    broken = Fake("openvino", cpu, 0)
    runtime = chain(Fake("cuda", cpu, 0), broken, Fake("cpu", cpu, 1), messages=messages)
    runtime.lift(window, CAMERA)
    assert runtime.name == "cpu"
    assert broken.closed
    assert len(messages) == 2


def test_one_that_fails_at_closing_too_is_replaced_all_the_same(cpu, window, monkeypatch):
    lost = Fake("cuda", cpu, 0)
    monkeypatch.setattr(lost, "close", lambda: 1 / 0)
    runtime = chain(lost, Fake("cpu", cpu, 1), messages=[])
    assert runtime.lift(window, CAMERA).frame_id == window.frame_id
    assert runtime.name == "cpu"


def test_when_nobody_is_left_the_reason_is_told(cpu, window):
    runtime = chain(Fake("cpu", cpu, 0), messages=[])
    with pytest.raises(ModelError, match=r"cpu failed .*out of memory.* run vtm doctor"):
        runtime.lift(window, CAMERA)


def test_a_real_session_takes_over_from_one_that_died(weights, window):
    messages: list[str] = []
    runtime = load_runtime("cpu", on_message=messages.append, path=weights)
    runtime._running = Fake("cuda", runtime.running, 0)  # as if a GPU had been chosen
    assert runtime.lift(window, CAMERA).frame_id == window.frame_id
    assert runtime.name in ("openvino", "cpu")
    assert len(messages) == 1


def test_a_defect_of_ours_is_not_blamed_on_the_back_end(cpu, window, monkeypatch):
    def defect(*_: object) -> None:
        raise KeyError("LeftHand")

    monkeypatch.setattr("engine.vtm.fallback.decode", defect)
    messages: list[str] = []
    first, second = Fake("cuda", cpu, 5), Fake("cpu", cpu, 5)
    runtime = chain(first, second, messages=messages)
    with pytest.raises(KeyError, match="LeftHand"):
        runtime.lift(window, CAMERA)
    assert (runtime.name, first.closed, messages) == ("cuda", False, [])


def test_the_traceback_of_a_back_end_that_failed_is_logged(cpu, window, caplog):
    chain(Fake("cuda", cpu, 0), Fake("cpu", cpu, 1), messages=[]).lift(window, CAMERA)
    (record,) = caplog.records
    assert "cuda failed" in record.getMessage()
    assert record.exc_info is not None
