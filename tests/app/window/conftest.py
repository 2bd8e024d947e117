"""A window over fake pipelines, without 3D view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.engine_access import WindowPipelines
from app.settings import Settings
from app.window.camera_lookup import CameraLister
from app.window.main_window import MainWindow
from app.window.session import Session
from app.window.widgets.opengl import OpenGL
from engine.config import Config

NO_OPENGL = OpenGL("this test has none", software=False)
OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def made() -> list[Any]:
    """Every pipeline the window made."""
    return []


@pytest.fixture
def opened(until: Any, fake: Any, made: list[Any]) -> Iterator[OpenWindow]:
    """opened(settings, cameras): a window that begins; it is closed after the test, and nothing of it goes on."""
    windows: list[MainWindow] = []

    def factory(config: Config) -> Any:
        made.append(fake(config))
        return made[-1]

    def open_one(settings: Settings, cameras: CameraLister = tuple, **more: Any) -> MainWindow:
        pipelines = WindowPipelines(more.get("factory", factory))
        shown = MainWindow(Session(pipelines), settings, cameras, NO_OPENGL, pipelines)
        windows.append(shown)
        shown.show()
        shown.begin()
        return shown

    yield open_one
    for shown in windows:
        shown.close()
        until(lambda shown=shown: shown._session.closed and shown.two.closed)


@pytest.fixture
def running(opened: OpenWindow, until: Any) -> OpenWindow:
    """running(settings, cameras): a window that shows its first picture and knows its cameras."""

    def open_one(settings: Settings, cameras: CameraLister = tuple) -> MainWindow:
        shown = opened(settings, cameras)
        until(lambda: shown.last is not None and shown.last.state == "running" and shown.last.frame is not None)
        until(lambda: shown.side.source.cameras == cameras())
        return shown

    return open_one
