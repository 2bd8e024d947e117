"""The interface between app/ and engine/: what a pipeline can do, and the one place that makes the real one.

The window and the headless run take any factory of this shape; the tests give them a fake that replays a known motion.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from engine.config import Config
from engine.types import PersonChoice, Snapshot


class PipelineLike(Protocol):
    """What app/ uses of engine.pipeline.Pipeline. Entering it starts the threads and may take seconds."""

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
    """The engine's pipeline, strict: a target that cannot be opened ends the run. Imported late, for `vtm --help`."""
    from engine.pipeline import Pipeline

    return Pipeline(config)


def half_pipeline(config: Config) -> PipelineLike:
    """One of two strict pipelines that share the processor."""
    from engine.pipeline import Pipeline

    return Pipeline(config, pipelines=2)


def forgiving_pipeline(config: Config) -> PipelineLike:
    """For the window: a target that cannot be opened is shown with its reason, and the rest goes on."""
    from engine.pipeline import Pipeline
    from engine.real_factories import real_factories

    return Pipeline(config, factories=real_factories(strict_outputs=False))


class WindowPipelines:
    """Makes the window's pipelines: one has the whole processor, of two each has half."""

    def __init__(self, make: PipelineFactory | None = None) -> None:
        """`make` replaces the real ones."""
        self._make = make
        self.two = False
        self.made = 0

    def __call__(self, config: Config) -> PipelineLike:
        """A pipeline that shows a target that cannot be opened with its reason, and goes on."""
        self.made += 1
        if self._make is not None:
            return self._make(config)
        if not self.two:
            return forgiving_pipeline(config)
        from engine.pipeline import Pipeline
        from engine.real_factories import real_factories

        return Pipeline(config, factories=real_factories(strict_outputs=False), pipelines=2)
