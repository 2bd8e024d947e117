"""The window at every size that it may have: no text cut, none over another, every section reachable, big words big."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.settings import Settings
from app.window.main_window import MainWindow
from app.window.widgets.performer_bar import CAPITALS, Words
from app.window.widgets.target_dialog import TargetDialog
from app.window.widgets.timing_strip import LatencyChart, StageBars, TimingStrip
from engine.config import Config
from engine.osc.receivers import PRESETS
from engine.types import Percentiles, RecordingState
from tests.app.window.texts import cut, outside, overlapping, with_text

SIZES = ((1040, 640), (1280, 720), (1440, 860), (1920, 1080), (2560, 1440))
LONG = Percentiles(1472.5, 2931.0, 9999.9)
STAGES = ("capture", "pose2d", "visual", "vtm", "solver", "details", "osc")


@pytest.fixture
def window(running, until):
    """A running window whose figures are as long as they get."""
    shown = running(Settings(Config(source="demo", osc=("vmc://127.0.0.1:39539",))))
    until(lambda: shown.last.pose is not None)
    shown._timer.stop()
    yield shown
    shown._timer.start(20)


def _busy(window: MainWindow) -> None:
    """Figures and words of a slow computer."""
    snapshot = window.last
    stats = dataclasses.replace(
        snapshot.stats,
        frames_captured=123456,
        frames_dropped=98765,
        latency_ms=LONG,
        stages=dict.fromkeys(STAGES, LONG),
        left_out=("heatmap refinement",),
    )
    source = "A very long name of a clip that was recorded on a holiday.mp4"
    confidence = snapshot.pose.part_confidence.copy()
    confidence[1:] = 0.0
    pose = dataclasses.replace(snapshot.pose, part_confidence=confidence)
    why = "Nobody is listening on studio-computer.local:39539: start the receiver, or check its port and the firewall"
    state = dataclasses.replace(snapshot.targets[0], packets_per_s=0.0, error=why)
    recording = RecordingState(
        "/tmp/a take with a long name of its own.npz",
        3671.0,
        123456,
        1 << 30,
        "no room on the disk: the take goes on in memory, free some space",
    )
    busy = dataclasses.replace(snapshot, stats=stats, source=source, pose=pose, targets=(state,), recording=recording)
    window.strip.show_stats(stats, 30.0)
    window.header.show_snapshot(busy)
    window.side.show_snapshot(busy)


def _sized(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    for _ in range(3):  # layouts settle in turns
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        QApplication.processEvents()
    assert (window.width(), window.height()) == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", ["operator", "performer", "viewpoints"])
def test_no_text_is_cut_or_over_another_and_all_can_be_reached(window, size, screen) -> None:
    window.header.performer.setChecked(screen == "performer")
    window.header.viewpoints.setChecked(screen == "viewpoints")
    _busy(window)
    _sized(window, size)
    _busy(window)
    _sized(window, size)
    assert [line for widget in with_text(window) if (line := cut(widget))] == []
    assert overlapping(window) == []
    assert outside(window) == []


def test_the_walk_finds_what_is_wrong(application) -> None:  # noqa: ARG001 - there has to be one
    root = QWidget()
    root.resize(300, 100)
    narrow, over, away = (QLabel(f"a long label number {number}", root) for number in range(3))
    narrow.setGeometry(0, 0, 40, 20)
    over.setGeometry(10, 2, 290, 20)
    away.setGeometry(250, 60, 200, 20)
    root.ensurePolished()
    assert "needs" in cut(narrow)
    assert cut(over) == ""
    assert len(overlapping(root)) == 1
    assert len(outside(root)) == 1
    root.deleteLater()


@pytest.mark.parametrize("width", [600, 712, 952, 1592, 2232])
def test_figures_of_the_strip_are_never_clipped(application, width) -> None:  # noqa: ARG001
    strip = TimingStrip()
    strip.resize(width, strip.height())
    for widget in (strip.stages, strip.chart):
        widget.setVisible(True)
    metrics = QFontMetricsF(strip.font())
    strip.stages.set(dict.fromkeys(STAGES, LONG))
    strip.chart.add(LONG)
    _check_bars(strip.stages, metrics)
    _check_chart(strip.chart, metrics)
    strip.deleteLater()


def _check_bars(bars: StageBars, metrics: QFontMetricsF) -> None:
    """By the font of the window, which is larger than theirs: that leaves room."""
    small = QFontMetricsF(bars.font())
    del metrics
    for row in bars.rows():
        assert row.name_place.right() <= row.bar_place.left() + 1
        assert row.bar_place.right() <= row.figure_place.left() + 1
        assert row.figure_place.right() <= bars.width() + 1
        assert row.bar_place.width() > 40
        assert small.horizontalAdvance(row.figure) * 11 / 13 <= row.figure_place.width() + 1
    assert len(bars.rows()) == len(STAGES)
    assert bars.rows()[-1].name_place.bottom() <= bars.height() + 1


def _check_chart(chart: LatencyChart, metrics: QFontMetricsF) -> None:
    (_, top), (_, middle) = chart.labels()
    for text, place in chart.labels():
        assert metrics.horizontalAdvance(text) * 11 / 13 <= place.width() + 1
        assert place.left() >= 0
        assert place.right() <= chart.width() + 1
    assert top.bottom() <= middle.top() + 1


@pytest.mark.parametrize("size", SIZES)
def test_the_performers_words_can_be_read_from_three_metres(window, size) -> None:
    window.header.performer.setChecked(True)
    _sized(window, size)
    for words in ("Tracked", "Upper body", "Step into the picture", "Left arm not seen"):
        window.bar.show_words(Words(words, "#ffffff", "● 12:34", "#ff0000"))
        font, right = window.bar.fonts()
        metrics = QFontMetricsF(font)
        assert metrics.capHeight() >= CAPITALS * size[1] * 0.98, words
        assert metrics.horizontalAdvance(words) + right <= window.bar.width()
        assert metrics.height() <= window.bar.height()
    assert window.video.height() > 0.6 * size[1]
    assert window.video.width() >= size[0] - 2


def test_the_operators_screen_comes_back_as_it_was(window) -> None:
    window.side.setVisible(False)
    before = [widget.isHidden() for widget in (window.strip, window.side, window.body, window.bar)]
    window.header.performer.click()
    assert [widget.isHidden() for widget in (window.strip, window.side, window.body, window.bar)] == [True] * 3 + [
        False
    ]
    window.header.performer.click()
    assert [widget.isHidden() for widget in (window.strip, window.side, window.body, window.bar)] == before


def test_the_performer_sees_whether_it_is_recorded_and_what_is_missing(window) -> None:
    from app.window.widgets.performer_bar import performer_words

    snapshot = window.last
    recording = RecordingState("take.npz", 75.0, 1000, 10, None)
    assert performer_words(dataclasses.replace(snapshot, recording=recording), None, None).right == "● 01:15"
    assert performer_words(snapshot, None, None).state == "Tracked"
    assert performer_words(snapshot, None, 3.0).state == "No picture"
    lost = dataclasses.replace(snapshot, pose=snapshot.pose.as_lost())
    assert performer_words(lost, None, None).state == "Step into the picture"
    confidence = snapshot.pose.part_confidence.copy()
    confidence[4:6] = 0.0
    unseen = dataclasses.replace(snapshot.pose, part_confidence=confidence)
    assert performer_words(dataclasses.replace(snapshot, pose=unseen), None, None).state == "Legs not seen"
    seated = dataclasses.replace(unseen, body="seated")
    assert performer_words(dataclasses.replace(snapshot, pose=seated), None, None).state == "Seated"
    assert performer_words(dataclasses.replace(snapshot, state="failed"), None, None).state.startswith("Stopped")


@pytest.mark.parametrize(
    "url", ["", *(f"vmc://127.0.0.1:39539?preset={name}" for name in PRESETS), "vrchat://127.0.0.1:9000"]
)
def test_no_text_of_the_target_dialog_is_cut_whatever_the_receiver(application, url) -> None:  # noqa: ARG001
    parent = QWidget()
    dialog = TargetDialog(parent, url, (), "")
    dialog.show()
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        QApplication.processEvents()
    assert [line for widget in with_text(dialog) if (line := cut(widget))] == []
    assert overlapping(dialog) == []
    assert outside(dialog) == []
    assert dialog.height() <= 600, "it fits the smallest window"
    dialog.close()
    parent.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
