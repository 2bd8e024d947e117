"""The row over the 3D view."""

from __future__ import annotations

import pytest

from app.window.widgets.view_bar import ViewBar


@pytest.fixture
def bar(application):
    assert application
    return ViewBar()


def test_a_button_is_a_look_and_the_lens_belongs_to_the_camera(bar):
    looks = []
    bar.looked.connect(looks.append)
    assert bar.look == "free"
    bar.buttons["camera"].click()
    assert not bar.lens.parentWidget().isHidden()
    bar.buttons["top"].click()
    assert bar.lens.parentWidget().isHidden()
    assert looks == ["camera", "top"]
    assert bar.look == "top"


def test_leaving_a_look_with_the_mouse_is_shown_and_not_sent_again(bar):
    looks = []
    bar.buttons["front"].click()
    bar.looked.connect(looks.append)
    bar.show_look("free")
    assert bar.look == "free"
    assert looks == []


def test_a_lens_is_sent_when_the_slider_rests(bar, until):
    lenses = []
    bar.lens_changed.connect(lenses.append)
    bar.show_lens(60.0, known=False)
    for degrees in (61, 65, 70):
        bar.lens.setValue(degrees)
    assert lenses == []
    assert not bar._settling.isActive() or "70" in bar._lens_name.text()
    until(lambda: lenses == [70.0])


def test_a_lens_from_a_file_is_not_to_be_changed(bar):
    bar.show_lens(50.0, known=True)
    assert not bar.lens.isEnabled()
    assert "intrinsics file" in bar.lens.toolTip()


def test_the_fit_is_smoothed_and_forgotten_with_the_person(bar):
    bar.show_fit(10.0)
    bar.show_fit(20.0)
    assert bar.fit.text() == "off by 10.8 px"
    bar.show_fit(None)
    assert bar.fit.text() == "off by –"
    bar.show_fit(20.0)
    assert bar.fit.text() == "off by 20.0 px"


def test_during_a_replay_a_quiet_line_takes_the_place_of_the_live_lens(bar):
    bar.show()
    bar.buttons["camera"].click()
    bar.show_replay("Replay: there is no picture")
    assert bar.replay.isVisible()
    assert not bar.lens.isVisible()
    assert not bar.fit.isVisible()
    bar.show_replay("")
    assert not bar.replay.isVisible()
    assert bar.lens.isVisible()
    assert bar.fit.isVisible()
    bar.close()
