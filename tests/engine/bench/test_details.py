"""The rows of the bench with and without hands and face; what they show is on the screen."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from app.commands.bench import _details
from app.commands.bench_tables import left_out_lines
from engine.bench import details
from engine.bench.chain import Measured, Run
from engine.config import Config
from engine.details.weights import DetailsState
from engine.types import NO_TIME, Percentiles

MEASURED = Measured(29.9, Percentiles(18, 22, 25), {}, 0.1, 1.0, 300.0, "blazepose", "full", "cpu")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    configs: list[Config] = []

    def measure(config: Config, run: Run) -> Measured:
        assert run.rate_hz == 30.0
        configs.append(config)
        left_out = ("every second update of the hands",)
        return replace(
            MEASURED,
            memory_mb=420.0,
            hands_per_s=7.5,
            face_per_s=15.0,
            details_latency_ms=Percentiles(30, 60, 90),
            left_out=left_out,
        )

    monkeypatch.setattr(details, "measure_apart", measure)
    return configs


def test_the_row_without_is_the_one_measured_before_and_both_are_shown(
    asked: list[Config], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(details, "details_state", lambda: DetailsState(True, ("lite",), ""))
    rows = details.measure_details(Config(source="demo"), Path("clip.mkv"), 30.0, 1.0, lambda _text: None, off=MEASURED)
    assert [(config.hands, config.face) for config in asked] == [("auto", "auto")]
    assert [row["fps"] for row in rows] == [29.9, 29.9]
    assert rows[1]["details_latency_ms"]["p95"] == 60
    assert [row["memory_mb"] for row in rows] == [300, 420]
    assert rows[0]["details_latency_ms"] == details.as_json(NO_TIME)
    assert left_out_lines(rows, "details") == ["auto: left out to keep up: every second update of the hands"]
    console = Console(file=io.StringIO(), width=200)
    console.print(_details(rows))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for text in ("30 frames/s", "auto", "420", "15.0", "60.00", "22.00"):
        assert text in shown


@pytest.mark.usefixtures("asked")
def test_without_networks_there_are_no_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(details, "details_state", lambda: DetailsState(False, (), "vtm fetch"))
    assert details.measure_details(Config(), Path("clip.mkv"), 30.0, 1.0, lambda _text: None, off=MEASURED) == []
