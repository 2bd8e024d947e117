"""The fastest back end is measured once, remembered for this machine and these weights, and taken from then on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.errors import ModelError
from engine.vtm import choose, fastest
from engine.vtm.choose import load_runtime, open_backend
from engine.vtm.fastest import any_window, machine_of, memory_path, remember, remembered, window_ms
from engine.vtm.weights import load_weights

ON_TWO = ("cuda", "cpu")


class Named:
    """The CPU's session under another name."""

    def __init__(self, real, name: str) -> None:
        self.real, self.name, self.config = real, name, real.config

    def infer(self, window):
        return self.real.infer(window)

    def close(self) -> None:
        self.real.close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def measured(monkeypatch):
    """CUDA and the CPU work; the times in the list are what a measurement finds. Returns what was measured."""
    times, asked = {"cuda": 5.0, "cpu": 2.0}, []

    def open_named(weights, name, threads):
        return Named(open_backend(weights, "cpu", threads), name)

    def tell(runtime) -> float:
        asked.append(runtime.name)
        if times[runtime.name] < 0:
            raise RuntimeError("out of memory\nat line 3")
        return times[runtime.name]

    monkeypatch.setattr(choose, "open_backend", open_named)
    monkeypatch.setattr(choose, "missing", lambda name: None if name in ON_TWO else "not here")
    monkeypatch.setattr(choose, "window_ms", tell)
    monkeypatch.setattr(choose, "choice_line", lambda name, found: f"{name} of {sorted(found)}")
    return times, asked


def test_the_faster_one_is_taken_and_the_next_start_measures_nothing(weights, measured):
    _, asked = measured
    messages: list[str] = []
    assert load_runtime("auto", on_message=messages.append, path=weights).name == "cpu"
    assert sorted(asked) == sorted(ON_TWO)
    assert load_runtime("auto", on_message=messages.append, path=weights).name == "cpu"
    assert len(asked) == 2
    assert messages == ["cpu of ['cpu', 'cuda']"] * 2


@pytest.mark.usefixtures("measured")
def test_the_slower_one_takes_over_when_the_faster_one_fails(weights, window):
    runtime = load_runtime("auto", on_message=print, path=weights)
    runtime.running.infer = lambda _window: 1 / 0
    runtime._infer(window)
    assert runtime.name == "cuda"


def test_a_back_end_that_fails_is_told_and_measured_again_the_next_time(weights, measured):
    times, asked = measured
    times["cuda"] = -1.0
    messages: list[str] = []
    assert load_runtime("auto", on_message=messages.append, path=weights).name == "cpu"
    assert messages[0] == "back end cuda failed (out of memory); run vtm doctor"
    assert not memory_path().exists()
    times["cuda"] = 1.0
    assert load_runtime("auto", on_message=print, path=weights).name == "cuda"
    assert len(asked) == 4


def test_where_only_one_works_nothing_is_measured(weights, measured, monkeypatch):
    monkeypatch.setattr(choose, "missing", lambda name: None if name == "cpu" else "not here")
    assert load_runtime("auto", on_message=print, path=weights).name == "cpu"
    assert not measured[1]


@pytest.mark.usefixtures("measured")
def test_where_none_runs_there_is_one_line(weights, monkeypatch):
    def broken(_weights, name, _threads):
        raise ModelError(f"back end {name} is broken")

    monkeypatch.setattr(choose, "open_backend", broken)
    with pytest.raises(ModelError, match=r"back end .* is broken"):
        load_runtime("auto", on_message=print, path=weights)


def test_times_hold_for_the_machine_the_weights_and_the_back_ends_they_were_measured_with(weights):
    loaded = load_weights(weights)
    machine = machine_of(loaded, ON_TWO, 1)
    remember(machine, {"cuda": 3.0, "cpu": 2.0})
    assert remembered(machine, ON_TWO) == {"cuda": 3.0, "cpu": 2.0}
    others = (
        machine_of(replace(loaded, sha256="0" * 64), ON_TWO, 1),
        machine_of(loaded, ("openvino", "cpu"), 1),
        machine_of(loaded, ON_TWO, 2),
    )
    assert all(not remembered(other, ON_TWO) for other in others)
    remember(others[0], {"cuda": 1.0, "cpu": 2.0})
    assert remembered(machine, ON_TWO) == {"cuda": 3.0, "cpu": 2.0}


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"version": 2, "measured": {}}', '{"version": 1, "measured": {"M": {"cpu": "x"}}}', '{"version": 1}'],
)
def test_a_damaged_memory_is_measured_anew_and_written_again(content):
    memory_path().parent.mkdir(parents=True)
    memory_path().write_text(content)
    assert remembered("M", ON_TWO) == {}
    remember("M", {"cuda": 3.0, "cpu": 2.0})
    assert remembered("M", ON_TWO)["cuda"] == 3.0
    assert json.loads(memory_path().read_text())["version"] == 1


def test_a_cache_that_cannot_be_written_stops_nothing(monkeypatch, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "file"))
    remember("M", {"cpu": 2.0, "cuda": 1.0})
    assert "not be cached" in caplog.text


def test_the_time_of_a_window_is_the_median_after_the_warm_up_and_slow_ones_are_cut_short(weights):
    runtime = open_backend(load_weights(weights), "cpu", 1)
    now, runs = [0.0], []

    def clock() -> float:
        return now[0]

    class Clocked(Named):
        def infer(self, window):
            runs.append(1)
            now[0] += self.cost_s if len(runs) > fastest.WARM_UP else 0.01
            return self.real.infer(window)

    one = Clocked(runtime, "cpu")
    one.cost_s = 0.004
    assert window_ms(one, clock) == pytest.approx(4.0)
    assert len(runs) == fastest.WARM_UP + fastest.WINDOWS
    runs.clear()
    one.cost_s = 1.5
    assert window_ms(one, clock) == pytest.approx(1500.0)
    assert len(runs) == fastest.WARM_UP + 2


def test_the_window_that_is_timed_is_one_the_network_takes(weights, config):
    assert open_backend(load_weights(weights), "cpu", 1).infer(any_window(config))[0].shape == (1, 22, 6)
