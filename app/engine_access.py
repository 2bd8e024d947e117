"""Interface between app/ and engine/: what a pipeline offers, and the only place that creates the real one.

Window and headless run accept any factory of this shape; tests pass a fake that replays a known motion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from app.take_judge import TakeJudge
from engine.config import Config
from engine.types import PersonChoice, Snapshot


class PipelineLike(Protocol):
    """The part of engine.pipeline.Pipeline that app/ uses. Entering it starts the threads and may take seconds."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def snapshot(self) -> Snapshot: ...
    def reconfigure(self, config: Config) -> None: ...
    def calibrate(self) -> None: ...
    def calibrate_hands(self) -> None: ...
    def cancel_calibration(self) -> None: ...
    def choose_person(self, choice: PersonChoice) -> None: ...
    def start_recording(self, path: Path, *, overwrite: bool = False) -> None: ...
    def stop_recording(self) -> Path | None: ...


PipelineFactory = Callable[[Config], PipelineLike]


def real_pipeline(config: Config) -> PipelineLike:
    """Create the engine's pipeline, strict: a target that cannot be opened ends the run. Imports late, for `vtm
    --help`."""
    from engine.pipeline import Pipeline

    return Pipeline(config)


def half_pipeline(config: Config) -> PipelineLike:
    """Create one of two strict pipelines that share the processor."""
    from engine.pipeline import Pipeline

    return Pipeline(config, pipelines=2)


class WindowPipelines:
    """Creates the window's pipelines: a single one uses the whole processor, each of two half of it."""

    def __init__(self, make: PipelineFactory | None = None) -> None:
        """make: replaces the real pipelines."""
        self._make = make
        self.judge = TakeJudge()
        self.two = False
        self.made = 0

    def __call__(self, config: Config) -> PipelineLike:
        """Create a pipeline that shows a target that cannot be opened with its error, and keeps running."""
        self.made += 1
        if self._make is not None:
            return self._make(config)
        from engine.pipeline import Pipeline
        from engine.real_factories import real_factories
        from engine.takes.recorder import Recorder

        factories = replace(
            real_factories(strict_outputs=False), make_recorder=partial(Recorder, on_written=self.judge)
        )
        return Pipeline(config, factories=factories, pipelines=2 if self.two else 1)
