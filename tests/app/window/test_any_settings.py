"""Whatever the settings file holds, it is loaded and the window starts. VTM_FUZZ=1000 makes it the long run."""

from __future__ import annotations

import base64
import dataclasses
import json
import random

import pytest
from PySide6.QtWidgets import QMainWindow

from app.settings import Settings, load_settings, settings_path
from app.window.main_window import MainWindow
from app.window.session import Session
from app.window.widgets.opengl import OpenGL
from app.window.widgets.target_dialog import TargetDialog
from engine.config import Config
from engine.osc.own_port import check_own_port
from engine.osc.targets import parse_targets
from engine.sources.camera_list import CameraInfo
from tests.engine.mutations import CASES, MOST_BYTES, measured, mutate_bytes, mutate_json

NO_OPENGL = OpenGL("this test has none", software=False)
CAMERAS = (CameraInfo(0, "Front camera", "V4L2"),)


def good_file() -> bytes:
    config = Config(source="demo", osc=("vmc://127.0.0.1:39539", "osc://h:7000"), vmc_receive="39540", countdown_s=3)
    return json.dumps(dataclasses.asdict(Settings(config, "takes", ".npz", "", (500, 500)))).encode()


@pytest.fixture
def start(until, fake):
    """start(settings): the window opens, shows what it does, and closes."""

    def run(settings: Settings) -> None:
        session = Session(fake)
        window = MainWindow(session, settings, lambda: CAMERAS, NO_OPENGL)
        window.show()
        window.begin()
        until(lambda: window.last is not None and window.last.state == "running")
        for url in settings.config.osc:
            TargetDialog(window, url, ()).deleteLater()
        window.close()
        until(lambda: session.closed)
        window.deleteLater()

    return run


def test_the_window_starts_with_any_settings_file(start):
    started: set[Settings] = set()
    for seed in range(CASES):
        rng = random.Random(seed)
        settings_path().write_bytes(rng.choice((mutate_json, mutate_json, mutate_bytes))(good_file(), rng))
        loaded, taken = measured(load_settings)
        assert isinstance(loaded, tuple), f"seed {seed}: {loaded!r}"
        settings, problem = loaded
        assert taken < MOST_BYTES, f"seed {seed}"
        assert problem is None or problem.isprintable(), f"seed {seed}: {problem}"
        parse_targets(settings.config.osc)
        check_own_port(settings.config.osc, settings.config.vmc_receive)
        if settings not in started and len(started) < 20:
            started.add(settings)
            start(settings)
    assert len(started) > 3  # not always the defaults


def test_the_window_starts_with_any_geometry(start, application):
    whole = QMainWindow()
    whole.resize(700, 500)
    geometry = bytes(whole.saveGeometry().data())
    whole.deleteLater()
    for seed in range(6):
        rng = random.Random(seed)
        text = base64.b64encode(mutate_bytes(geometry, rng)).decode()
        start(Settings(Config(source="demo"), window_geometry=text))
    assert application.primaryScreen() is not None
