"""The Viewpoints mode in the window: its panel takes the settings' place, its pages their source, F11 the rest away."""

from __future__ import annotations

import pytest

from app.settings import Settings
from engine.config import Config
from engine.viewpoints.rendered import read_views


@pytest.fixture
def window(running):
    """A running window."""
    return running(Settings(Config(source="demo", hfov_deg=66.0)))


def test_the_panel_takes_the_settings_place_and_gives_it_back(window):
    mode = window.viewpoints
    assert mode.panel.isHidden()
    window.header.viewpoints.click()
    assert window.side.isHidden()
    assert mode.panel.isVisible()
    assert mode.control.shown == "turn"
    mode.panel.closed.emit()
    assert window.side.isVisible()
    assert mode.panel.isHidden()
    assert mode.control.shown == ""
    assert not window.header.viewpoints.isChecked()


def test_a_rendered_clip_is_applied_and_not_kept(window, until, made):
    window.header.viewpoints.click()
    window.viewpoints.panel.choose("rendered")
    clip = str(read_views().video(0))
    until(lambda: made[0].config.source == clip)
    assert window.config.source == "demo"
    window.header.viewpoints.click()
    until(lambda: made[0].config.source == "demo")
    assert made[0].config.hfov_deg == 66.0


def test_another_source_ends_the_mode(window, until, made, tmp_path):
    other = tmp_path / "own.mp4"
    other.write_bytes(b"never opened by the fake")
    window.header.viewpoints.click()
    window.viewpoints.panel.choose("rendered")
    window.change({"source": str(other)})
    assert window.viewpoints.control.shown == ""
    until(lambda: made[0].config.source == str(other))


def test_another_setting_brings_the_own_source_back(window, until, made):
    window.header.viewpoints.click()
    window.viewpoints.panel.choose("rendered")
    window.change({"mirror": True})
    assert window.viewpoints.control.shown == ""
    until(lambda: made[0].config.source == "demo" and made[0].config.mirror)


def test_full_screen_hides_all_but_the_pictures_and_brings_back_what_was_there(window):
    screens = window.viewpoints.full_screen
    screens.next()
    assert window.header.isHidden()
    assert window.side.isHidden()
    assert window.video.isVisible()
    screens.next()
    assert not window.video.isVisible()
    assert window.body.isVisible()
    screens.next()
    assert window.header.isVisible()
    assert window.side.isVisible()
    assert window.viewpoints.panel.isHidden()


def test_the_lens_slider_is_the_setting_and_tells_how_the_figure_fits(window, until, made):
    bar = window.body.bar
    bar.setEnabled(True)  # off where there is no 3D view
    bar.buttons["camera"].click()
    until(lambda: bar.lens.value() == 66)
    until(lambda: bar.fit.text().endswith("px"))
    bar.lens.setValue(80)
    until(lambda: made[0].config.hfov_deg == 80.0)
    assert window.config.hfov_deg == 80.0
