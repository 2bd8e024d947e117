"""Live capture: `with Pipeline(config, on_pose=...) as pipeline:` runs the threads of the app without its window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from engine.config import Config
from engine.live.interfaces import ChangeOfFeed, Factories, Hub
from engine.pipeline import Pipeline as EnginePipeline
from engine.real_factories import real_factories
from engine.types import Pose, Snapshot, TargetState

OnPose = Callable[[Pose], None]


class Pipeline:
    """Camera, detector, network and solver in their own threads, including the OSC targets of the config.

    on_pose  is called for each pose, in the thread that made it: return soon, or copy the pose to your own queue. An
             exception ends that thread: `wait` then returns "failed", and `error` holds it.
    """

    def __init__(
        self, config: Config | None = None, *, on_pose: OnPose | None = None, factories: Factories | None = None
    ) -> None:
        parts = real_factories() if factories is None else factories
        if on_pose is not None:
            parts = _heard(parts, on_pose)
        self._config = config or Config()
        self._pipeline = EnginePipeline(self._config, factories=parts)

    def __enter__(self) -> Self:
        """Start. Raises UsageError, OutputError: then nothing runs."""
        self._pipeline.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipeline.stop()

    def snapshot(self) -> Snapshot:
        """Return the current state: newest frame, keypoints, pose, messages, figures. Any thread, returns at once."""
        return self._pipeline.snapshot()

    def calibrate(self) -> None:
        """Make the person face the front and stand at the origin from now on."""
        self._pipeline.calibrate()

    def reconfigure(self, **settings: Any) -> None:
        """Change fields of the config while running: reconfigure(height_m=1.8)."""
        self._config = dataclasses.replace(self._config, **settings)
        self._pipeline.reconfigure(self._config)

    def wait(self, timeout_s: float | None = None) -> str:
        """Wait until the source ends or something fails; return the state ("running" on timeout)."""
        return self._pipeline.wait(timeout_s)

    @property
    def error(self) -> Exception | None:
        """The error that ended a thread, or None."""
        return self._pipeline.error


class _HeardHub:
    """The hub of the OSC targets, with a listener in front."""

    def __init__(self, inner: Hub, on_pose: OnPose) -> None:
        self._inner, self._on_pose = inner, on_pose

    def put(self, pose: Pose) -> None:
        self._on_pose(pose)
        self._inner.put(pose)

    def states(self) -> tuple[TargetState, ...]:
        return self._inner.states()

    def set_targets(self, urls: tuple[str, ...]) -> None:
        self._inner.set_targets(urls)

    def change_feed(self, change: ChangeOfFeed) -> None:
        self._inner.change_feed(change)

    def close(self) -> None:
        self._inner.close()


def _heard(parts: Factories, on_pose: OnPose) -> Factories:
    make_hub = parts.make_hub

    def make(*args: Any, **settings: Any) -> Hub:
        return _HeardHub(make_hub(*args, **settings), on_pose)

    return dataclasses.replace(parts, make_hub=make)
