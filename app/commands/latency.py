"""`vtm latency`: the screen flashes, the camera sees it; measures glass to packet in milliseconds, with its spread."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

from app.arguments.engine_options import config_from
from app.commands.headless import check_writable
from app.terminal import say
from app.window.display import display_available
from engine.config import Config
from engine.errors import UsageError, VtmError
from engine.latency import FlashMeter, LatencyReport, flash_times
from engine.live.interfaces import Factories
from engine.motion.atomic import new_file
from engine.pipeline import Pipeline
from engine.real_factories import real_factories
from engine.sources.base import Source
from engine.types import Frame, Percentiles

_SETTLE_S = 3.0  # time for exposure and gain to settle
_POLL_S = 0.05


class SeenSource:
    """A source that also passes its frames to a listener."""

    def __init__(self, inner: Source, on_frame: Callable[[Frame], None]) -> None:
        self._inner, self._on_frame = inner, on_frame

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def read(self) -> Frame | None:
        """Return the next frame, after passing it to the listener."""
        frame = self._inner.read()
        if frame is not None:
            self._on_frame(frame)
        return frame


def run_latency(options: argparse.Namespace) -> int:
    """Measure and print the result. Raises VtmError: no screen, no camera, or it does not see the screen."""
    config = config_from(options, Config())
    if not display_available():
        raise UsageError("vtm latency needs a screen to flash: run it where there is a display")
    if options.json is not None:
        check_writable(options.json)
    meter = FlashMeter()
    packet_ms = measure(config, meter, options.flashes)
    report = meter.report(packet_ms)
    for line in report_lines(report):
        say(f"vtm: {line}")
    if options.json is not None:
        with new_file(options.json, overwrite=options.force) as new:
            new.file.write((json.dumps(report.to_json(), indent=1) + "\n").encode())
        say(f"vtm: wrote {new.path}")
    return 0


def measure(config: Config, meter: FlashMeter, flashes: int) -> Percentiles | None:
    """Flash the screen in front of the running pipeline; return the pipeline's own latency, None without a person."""
    with Pipeline(config, factories=heard(real_factories(), meter)) as pipeline:
        _wait_for_camera(pipeline)
        _flash(pipeline, meter, flashes)
        stats = pipeline.snapshot().stats
        return stats.latency_ms if stats.poses else None


def heard(parts: Factories, meter: FlashMeter) -> Factories:
    """Return the parts of a pipeline with the meter listening at the camera."""
    open_source = parts.open_source

    def open_heard(source: str, **settings: Any) -> Source:
        opened: Any = SeenSource(
            open_source(source, **settings), lambda frame: meter.frame(frame.bgr, frame.captured_at_s)
        )
        return opened  # type: ignore[no-any-return]

    return dataclasses.replace(parts, open_source=open_heard)


def report_lines(report: LatencyReport) -> list[str]:
    """For people."""
    glass, packet = report.glass_to_frame_ms, report.frame_to_packet_ms
    lines = [
        f"{report.seen} of {report.flashes} flashes seen",
        f"glass to frame  {glass.p50:.0f} ms (p95 {glass.p95:.0f}, spread {report.spread_ms:.0f}): screen and camera",
    ]
    if report.rough:
        lines.append("a rough figure: close other programs, darken the room, hold the camera still, and measure again")
    if packet is None:
        return [*lines, "frame to packet: no person in the picture, so no pose was sent; sit in front of the camera"]
    return [
        *lines,
        f"frame to packet {packet.p50:.0f} ms (p95 {packet.p95:.0f})",
        f"glass to packet {report.glass_to_packet_ms:.0f} ms",
    ]


def _wait_for_camera(pipeline: Pipeline) -> None:
    until_s = time.monotonic() + 30.0
    while pipeline.snapshot().frame is None:
        if pipeline.error is not None:
            raise pipeline.error
        if time.monotonic() > until_s:
            raise VtmError("no picture came in 30 s; check the camera with: vtm cameras")
        time.sleep(_POLL_S)


def _flash(pipeline: Pipeline, meter: FlashMeter, flashes: int) -> None:
    """Show a full-screen window that changes `flashes` times. Raises the error that ended the pipeline."""
    from app.window.flash import flash_until

    flash_until(
        lambda: meter.changes >= flashes or pipeline.error is not None,
        flash_times(round(time.time())),
        meter.shown,
        settle_s=_SETTLE_S,
        poll_s=_POLL_S,
    )
    if pipeline.error is not None:
        raise pipeline.error
