"""Two cameras in the window: "+ camera", the figures, what is refused, and the way back without a thread left."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.settings import Settings
from app.window.widgets.comparison_figures import ComparisonFigures, columns, footer, headline
from engine.config import Config
from engine.sources.camera_list import CameraInfo
from engine.types import Message
from engine.viewpoints.clock_skew import ClockSkew
from engine.viewpoints.comparison import Fit
from engine.viewpoints.live import LiveState
from engine.viewpoints.tally import Figures

CAMERAS = (CameraInfo(0, "Front camera", "V4L2"), CameraInfo(2, "Side camera", "V4L2"))
FITTED = LiveState(
    "fitted",
    fit=Fit(np.eye(3), None, ClockSkew(-0.018, 0.8), 0.0, 10.0),
    now_mm=41.2,
    ours=Figures(300, 55.4, 102.0, {}),
    detector=Figures(300, 84.0, 111.5, {}),
    times_s=np.arange(3.0),
    ours_mm=np.array([50.0, 60.0, 55.0]),
    detector_mm=np.array([80.0, np.nan, 90.0]),
)


@pytest.fixture
def window(running, until):
    """A running window on the first of two cameras."""
    shown = running(Settings(Config(source="Front camera")), lambda: CAMERAS)
    yield shown
    shown.close()
    until(lambda: shown.two.closed)
    assert "compare" not in [thread.name for thread in threading.enumerate()]


def test_plus_camera_shows_both_pictures_and_the_figures(window, until, made):
    window.two.begin("Side camera")
    until(lambda: window.two.video._frame is not None and window.two._thread.state.state == "fitting")
    assert window.two.video.isVisible()
    assert window.two.pane.isVisible()
    assert not window.body.isVisible()
    assert (window.video.tag[0], window.two.video.tag[0]) == ("A", "B")
    assert {pipeline.config.source for pipeline in made[-2:]} == {"Front camera", "Side camera"}
    assert all(pipeline.config.osc == () for pipeline in made if pipeline.config.source == "Side camera")


def test_minus_camera_goes_back_and_leaves_nothing_running(window, until, made):
    window.two.begin("Side camera")
    until(lambda: len(made) == 3)
    second = next(pipeline for pipeline in made if pipeline.config.source == "Side camera")
    window.two.pane.less.click()
    assert not window.two.active
    assert window.body.isVisible()
    assert not window.two.pane.isVisible()
    until(lambda: "exit" in second.calls and window.two.closed)
    assert "compare" not in [thread.name for thread in threading.enumerate()]
    until(lambda: len(made) == 4)  # the first camera has the whole processor again
    assert made[-1].config.source == "Front camera"


def test_a_take_goes_on_while_a_second_camera_comes(window, until, made, tmp_path):
    window._session.start_recording(tmp_path / "take.bvh")
    until(lambda: window._session.snapshot().recording is not None)
    window.two.begin("Side camera")
    until(lambda: len(made) == 2)
    assert window._session.snapshot().recording is not None
    assert "exit" not in made[0].calls


@pytest.mark.parametrize(("second", "says"), [("Front camera", "one device"), ("0", "one device")])
def test_one_device_twice_is_refused_in_the_banner(window, second, says):
    window.two.begin(second)
    assert not window.two.active
    assert says in window._notices.own.text


def test_the_first_camera_has_to_be_named(window):
    window.change({"source": "demo"})
    window.two.begin("Side camera")
    assert not window.two.active
    assert "Choose a first camera" in window._notices.own.text


def test_the_first_camera_of_the_list_gets_its_name(window):
    window.change({"source": ""})
    window.two.begin("Side camera")
    assert window.two.active
    assert window.config.source == "Front camera"


def test_choosing_the_second_camera_as_the_first_goes_back_to_one(window, until, made):
    window.two.begin("Side camera")
    until(lambda: len(made) == 3)
    window.change({"source": "Side camera"})
    assert not window.two.active
    until(lambda: window.two.closed)


def test_the_menu_offers_the_other_cameras(window):
    window.side.source._fill_second()
    texts = [action.text() for action in window.side.source.second_menu.actions() if action.text()]
    assert texts == ["Side camera", "Video file…", "Network camera…", "Demo pair"]


def test_settings_of_the_performer_reach_the_second_camera(window, until, made):
    window.two.begin("Side camera")
    until(lambda: len(made) == 3)
    window.change({"height_m": 1.83})
    second = next(pipeline for pipeline in made if pipeline.config.source == "Side camera")
    until(lambda: second.config.height_m == 1.83)
    assert second.config.source == "Side camera"


def test_a_second_camera_that_fails_is_said_in_the_pane(window, until, made):
    window.two.begin("Side camera")
    until(lambda: len(made) == 3)
    second = next(pipeline for pipeline in made if pipeline.config.source == "Side camera")
    second.messages, second.state = (Message("error", "the camera was unplugged"),), "failed"
    until(lambda: window.two.pane.figures._problem == "the camera was unplugged")


def test_a_target_that_cannot_work_is_refused_and_the_rest_goes_on(window):
    window.two.begin("Side camera")
    window.two.send("mean", "vmc://127.0.0.1:70000")
    assert "1 to 65535" in window._notices.own.text
    window.two.send("mean", "vmc://127.0.0.1:39598")
    assert [state.target for state in window.two._thread.targets] == ["vmc://127.0.0.1:39598"]
    window.two.send("mean", "")
    assert window.two._thread.targets == ()


def test_the_figures_are_words_people_read():
    assert [column[0] for column in columns(FITTED)] == ["0°", "41", "55", "84"]
    assert headline(FITTED) == ""
    assert "B's clock -18 ms" in footer(FITTED)
    assert [column[0] for column in columns(LiveState("waiting"))] == ["–"] * 4
    assert "both cameras" in headline(LiveState("waiting")).lower()
    assert "7 s" in headline(LiveState("fitting", left_s=7.2))
    assert "do not show the same motion" in headline(
        LiveState("different", problem="these two do not show the same motion: their limbs' speeds agree by 0.2; give")
    )


@pytest.mark.usefixtures("application")
def test_the_figures_are_drawn_in_every_state():
    figures = ComparisonFigures()
    figures.resize(640, 260)
    drawn = []
    for state in (LiveState("waiting"), LiveState("fitting", left_s=3.0), FITTED):
        figures.show_state(state)
        drawn.append(figures.grab().toImage())
    assert drawn[0] != drawn[1]
    assert drawn[1] != drawn[2]
