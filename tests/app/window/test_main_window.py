"""The window over the fake pipeline: shows what is going on where people look, sends whole Configs, never waits."""

from __future__ import annotations

import dataclasses
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel

from app.arguments.options import RunOptions
from app.cues import Cue
from app.settings import Settings, load_settings
from app.window.main_window import MainWindow
from app.window.notices import NO_PERSON
from app.window.report_dialog import ReportDialog
from app.window.widgets.opengl import OpenGL
from app.window.widgets.video_view import fitted
from engine.config import Config
from engine.errors import describe
from engine.motion.formats import write_motion
from engine.sources.camera_list import CameraInfo
from engine.types import Calibration, DetailsMeasured, Measured, Message, ReceiverState, RecordingState

NO_OPENGL = OpenGL("this test has none", software=False)
CAMERAS = (CameraInfo(0, "Front camera", "V4L2"), CameraInfo(2, "OBS", "V4L2"))


def drop(window: MainWindow, path: Path) -> None:
    """A file is dragged over the window and dropped."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), *how))
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), *how))


@pytest.fixture
def window(running):
    """A running window."""
    return running(Settings(Config(source="demo", osc=("vmc://127.0.0.1:39539",))), lambda: CAMERAS)


@pytest.mark.parametrize(
    ("software", "cores", "frugal"), [(True, 2, True), (True, 8, False), (False, 2, False), (True, None, True)]
)
def test_the_screen_is_frugal_only_where_few_cores_draw_as_well_as_track(software, cores, frugal, monkeypatch):
    monkeypatch.setattr("app.window.widgets.opengl.os.cpu_count", lambda: cores)
    assert OpenGL("", software).frugal is frugal


def test_the_timing_strip_tells_what_is_left_out_to_keep_up(window):
    window._timer.stop()
    stats = window.last.stats
    window.strip.show_stats(dataclasses.replace(stats, left_out=("limb refinement",)), 30.0)
    assert "less detail" in window.strip.latency.text
    assert "limb refinement" in window.strip.latency.toolTip()
    window.strip.show_stats(stats, 30.0)
    assert "less detail" not in window.strip.latency.text
    assert "limb refinement" not in window.strip.latency.toolTip()


def test_without_poses_no_latency_is_claimed(window):
    window._timer.stop()
    window.strip.show_stats(dataclasses.replace(window.last.stats, fps=0.0), 30.0)
    assert window.strip.latency.text == "– no poses"
    window.strip.show_stats(window.last.stats, 30.0)
    assert "ms" in window.strip.latency.text


def test_without_a_picture_nobody_is_claimed_to_be_seen(window):
    window._timer.stop()
    window.header.show_snapshot(window.last)
    assert "hips" in window.header.person.text()
    window.header.show_snapshot(window.last, 4.0)
    assert window.header.person.text() == "No picture for 4 s"


def test_figures_and_state_appear(window, until):
    until(lambda: "30.0" in window.strip.output.text)
    assert "Live" in window.header.status.text()
    assert "14" in window.strip.latency.text or "ms" in window.strip.latency.text
    assert window.body.message.text().startswith("No 3D view")
    card = window.side.targets.rows[0]
    until(lambda: (card.state.text(), card.figures.toolTip()) == ("Somebody listens", "60 packets/s"))


def test_cameras_are_listed_by_name(window, until):
    choice = window.side.source.choice
    until(lambda: choice.findText("OBS") >= 0)
    assert choice.itemData(choice.findText("OBS")) == "OBS"


def test_a_setting_goes_back_as_a_whole_config_and_is_kept(window, until, made):
    window.side.performer.height_cm.setValue(155)
    window.side.source.mirror.click()
    until(lambda: made[0].config.mirror and made[0].config.height_m == pytest.approx(1.55))
    assert made[0].config.source == "demo"
    until(lambda: load_settings()[0].config.mirror)


def test_nobody_in_view_is_said_over_the_video(window, until, made):
    made[0].person = False
    until(lambda: window.video.banner.notice is not None)
    assert window.video.banner.notice.text == NO_PERSON
    assert window.video.banner.isVisible()
    made[0].person = True
    until(lambda: not window.video.banner.isVisible())


def test_a_message_of_the_engine_reaches_the_banner_and_the_target_row(window, until, made):
    text = "Nobody listens on 127.0.0.1:39539"
    made[0].messages = (Message("warning", text),)
    made[0].target_error = text
    until(lambda: window.video.banner.notice is not None and window.video.banner.notice.text == text)
    until(lambda: text in window.side.targets.rows[0].problem.text())


def test_a_dead_worker_is_visible_and_can_be_started_again(window, until, made):
    made[0].state, made[0].messages = "failed", (Message("error", "the camera was unplugged"),)
    until(lambda: window.video.banner.notice is not None and window.video.banner.notice.action == "Try again")
    until(lambda: "error" in window.header.status.text())
    window.video.banner.pressed.emit("Try again")
    until(lambda: len(made) == 2 and window.last.state == "running")


def test_a_take_starts_stops_and_shows_its_clock(window, until, made, tmp_path):
    window.side.record.show_choice(tmp_path, ".bvh")
    window.side.record.button.click()
    until(lambda: window.side.record.recording)
    assert "00:0" in window.side.record.button.text()
    window.side.record.button.click()
    until(lambda: not window.side.record.recording)
    assert window.side.record.button.text() == "Record"
    assert any(call.startswith(f"record {tmp_path}") for call in made[0].calls)


@pytest.fixture
def heard_tones(window, monkeypatch):
    """The tones that were played."""
    tones: list[str] = []
    monkeypatch.setattr(window.cues._tones, "play", tones.append)
    return tones


def press(window: MainWindow, key: str) -> None:
    """As QShortcut does it; a window that is not active gets no keys."""
    for shortcut in window.findChildren(QShortcut):
        if shortcut.key() == QKeySequence(key):
            shortcut.activated.emit()


def test_a_take_counts_down_over_the_video_and_begins_when_it_is_over(window, until, made, heard_tones, tmp_path):
    record = window.side.record
    record.show_choice(tmp_path, ".bvh")
    window.change({"countdown_s": 3})
    record.button.click()
    until(lambda: window.video.cue.isVisible() and window.video.cue.cue.headline in "32")
    assert "Cancel" in record.button.text()
    until(lambda: record.recording, 12.0)
    assert [call for call in made[0].calls if call.startswith("record")]
    until(lambda: not window.video.cue.isVisible())
    assert heard_tones == ["tick", "tick", "tick", "go"]


def test_r_and_c_start_a_countdown_and_cancel_it(window, until, made, tmp_path):
    window.side.record.show_choice(tmp_path, ".bvh")
    window.change({"countdown_s": 10})
    press(window, "R")
    until(lambda: window.video.cue.cue is not None and window.video.cue.cue.kind == "record")
    press(window, "R")
    press(window, "C")
    until(lambda: window.video.cue.cue is not None and window.video.cue.cue.kind == "calibrate")
    until(lambda: window.side.performer.button.text() == "Cancel")
    press(window, "C")
    until(lambda: "cancel_calibration" in made[0].calls and window.video.cue.cue is None)
    assert window.side.performer.button.text() == "Calibrate"
    assert window.side.record.button.text() == "Record"
    assert not any(call.startswith("record") for call in made[0].calls)


def test_two_presses_at_once_are_one_take_less(window, until, made, tmp_path):
    window.side.record.show_choice(tmp_path, ".bvh")
    window.side.record.button.click()
    window.side.record.button.click()
    window.side.performer.button.click()
    until(lambda: "calibrate" in made[0].calls)
    assert not any(call.startswith("record") for call in made[0].calls)


def test_the_window_says_calibrated_only_when_the_pipeline_is(window, until, made, heard_tones):
    window.side.performer.button.click()
    until(lambda: "calibrate" in made[0].calls)
    now_s = time.monotonic()
    made[0].person = False
    made[0].calibration = Calibration("waiting", now_s, now_s + 10.0)
    until(lambda: window.video.cue.cue is not None and window.video.cue.cue.words == "Step into view")
    assert window.video.banner.notice is None or "alibrated" not in window.video.banner.notice.text
    now_s = time.monotonic()
    made[0].calibration = Calibration("failed", now_s, now_s + 6.0, "nobody was seen for 10 s")
    until(lambda: window.video.cue.cue.words == "Not calibrated")
    now_s = time.monotonic()
    made[0].calibration = Calibration("done", now_s, done_at_s=now_s)
    until(lambda: window.video.cue.cue is not None and window.video.cue.cue.words == "Calibrated")
    assert window.video.cue.accessibleName().startswith("Calibrated")
    until(lambda: window.video.cue.cue is None)
    assert heard_tones[-2:] == ["failed", "done"]


def test_the_countdown_and_its_sound_are_settings(window, until, made, heard_tones):
    choice = window.side.performer.countdown
    choice.setCurrentIndex(choice.findText("5 s"))
    choice.activated.emit(choice.currentIndex())
    until(lambda: made[0].config.countdown_s == 5)
    assert window.side.record.countdown.seconds == 5
    window.side.record.sound.click()
    until(lambda: load_settings()[0].config.countdown_s == 5 and not load_settings()[0].sounds)
    window.side.performer.button.click()
    until(lambda: window.video.cue.cue is not None)
    assert heard_tones == []


def test_the_digit_is_large_enough_to_be_read_from_afar(window):
    window.video.cue.show_cue(Cue("record", "3", "Recording: get into position"))
    picture = window.video.cue.grab().toImage()
    coloured = [
        y
        for y in range(picture.height())
        for x in range(0, picture.width(), 4)
        if picture.pixelColor(x, y).red() > 220 and picture.pixelColor(x, y).green() < 130
    ]
    assert max(coloured) - min(coloured) > 0.25 * picture.height()
    window.video.cue.show_cue(None)


def test_a_dropped_file_becomes_the_source(window, until, made, tmp_path):
    path = tmp_path / "clip.mp4"
    drop(window, path)
    until(lambda: Path(made[0].config.source) == path)
    assert window.side.source.choice.currentText() == "clip.mp4"


def test_a_dropped_avatar_is_given_to_the_targets_and_a_bad_one_changes_nothing(window, until, made, tmp_path):
    window.change({"osc": ("vmc://127.0.0.1:39541",)})
    avatar, picture = tmp_path / "me.vrm", tmp_path / "picture.vrm"
    shutil.copyfile(Path(__file__).parents[2] / "engine" / "avatar" / "data" / "child_0.0.vrm", avatar)
    picture.write_bytes(b"no avatar")
    drop(window, avatar)
    assert window.config.osc == (f"vmc://127.0.0.1:39541?avatar={avatar.as_posix()}",)
    until(lambda: "child" in getattr(window.video.banner.notice, "text", ""))
    until(lambda: made[0].config.osc == window.config.osc)
    drop(window, picture)
    assert window.config.osc == (f"vmc://127.0.0.1:39541?avatar={avatar.as_posix()}",)
    assert window.config.source == "demo"
    until(lambda: "expected a .vrm file" in window.video.banner.notice.text)


@pytest.fixture
def heard(made, until, window):
    """heard() -> datagrams that arrived at a receiver that is the only target."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        url = f"vmc://127.0.0.1:{receiver.getsockname()[1]}"
        window.change({"osc": (url,)})
        until(lambda: made[0].config.osc == (url,))

        def arrived() -> list[bytes]:
            packets = []
            while True:
                try:
                    packets.append(receiver.recv(4096))
                except BlockingIOError:
                    return packets

        yield arrived
        window.replay.test("")
        until(lambda: window.replay.state is None)


def test_a_test_pose_is_sent_instead_of_the_motion_until_it_is_switched_off(window, until, made, heard):
    targets = window.side.targets
    targets.tests["Wave"].click()
    until(lambda: window.replay.state is not None and bool(heard()))
    assert made[0].config.osc == ()
    assert window.body.replay.isVisible()
    assert "Wave" in window.body.replay.name.toolTip()
    assert not window.body.replay.slider.isVisible()
    targets.tests["T-pose"].click()
    until(lambda: targets.tests["T-pose"].isChecked() and not targets.tests["Wave"].isChecked())
    until(lambda: window.replay.state is not None and window.replay.state.path == "T-pose")
    targets.tests["T-pose"].click()
    until(lambda: window.replay.state is None and len(made[0].config.osc) == 1)
    assert not window.body.replay.isVisible()
    assert not targets.tests["T-pose"].isChecked()


def test_a_take_is_replayed_paused_and_moved(window, until, made, heard, waving, tmp_path):
    write_motion(tmp_path / "take.npz", waving(200))
    window.side.record.replay.emit(tmp_path / "take.npz")
    until(lambda: window.replay.state is not None and bool(heard()))
    bar = window.body.replay
    assert bar.name.toolTip() == "take.npz"
    assert bar.time.text().endswith("/ 0:04.0")
    until(lambda: "packet" in window.side.targets.rows[0].figures.toolTip())
    bar.button.click()
    until(lambda: window.replay.state.state == "paused")
    heard()
    bar.slider.setSliderPosition(300)
    bar.sought.emit(3.0)
    until(lambda: window.replay.state.position_s == 3.0 and window.replay.state.pose.captured_at_s == 3.0)
    until(lambda: bar.slider.value() == 300)
    assert heard()
    bar.button.click()
    until(lambda: window.replay.state.state == "ended")
    assert made[0].config.osc == ()
    bar.close_button.click()
    until(lambda: window.replay.state is None and len(made[0].config.osc) == 1)


def test_other_targets_during_a_replay_go_on_at_the_same_place(window, until, heard, waving, tmp_path):
    write_motion(tmp_path / "take.npz", waving(900))
    window.replay.open(tmp_path / "take.npz")
    until(lambda: window.replay.state is not None and window.replay.state.position_s > 0.1)
    window.body.replay.button.click()
    until(lambda: window.replay.state.state == "paused")
    at_s = window.replay.state.position_s
    heard()
    window.change({"osc": (*window.config.osc, "osc://127.0.0.1:9")})
    until(lambda: len(window.replay.state.targets) == 2)
    until(lambda: window.replay.state.state == "paused" and window.replay.state.position_s == pytest.approx(at_s))


def test_what_cannot_be_replayed_is_said_and_the_motion_goes_on(window, until, made, tmp_path):
    (tmp_path / "take.npz").write_text("nonsense")
    window.replay.open(tmp_path / "take.npz")
    until(lambda: window.video.banner.notice is not None and "take.npz" in window.video.banner.notice.text)
    assert window.replay.state is None
    assert len(made[0].config.osc) == 1


def test_a_dropped_take_is_replayed(window, until, waving, tmp_path):
    write_motion(tmp_path / "take.npz", waving(100))
    drop(window, tmp_path / "take.npz")
    until(lambda: window.replay.state is not None)
    assert window.config.source == "demo"


def test_takes_that_a_crash_left_are_offered_and_recovered(until, opened, left_over, tmp_path):
    partial = left_over(tmp_path / "take.npz")
    window = opened(Settings(Config(source="demo"), take_folder=str(tmp_path)))
    until(lambda: window.video.banner.notice is not None and window.video.banner.notice.action == "Recover")
    assert partial.name in window.video.banner.notice.text
    window.video.banner.pressed.emit("Recover")
    until(lambda: (tmp_path / "take.npz").exists() and not partial.exists())
    until(lambda: window.video.banner.notice is not None and "Recovered" in window.video.banner.notice.text)


def test_the_receive_port_is_switched_on_shown_and_off(window, until, made):
    panel = window.side.receive
    assert not panel.state.isVisible()
    panel.on.click()
    until(lambda: made[0].config.vmc_receive == "127.0.0.1:39540")
    panel.port.setValue(4000)
    until(lambda: made[0].config.vmc_receive == "127.0.0.1:4000")
    made[0].receiver = ReceiverState("127.0.0.1", 4000, 12, 9, 2, 1, None)
    until(lambda: panel.state.toolTip() == "127.0.0.1:4000: 12 packets, 3 not understood")
    made[0].receiver = ReceiverState("127.0.0.1", 4000, 12, 9, 2, 1, None, refused=2, periods=(1, 1, 30, 1))
    until(lambda: panel.state.toolTip().startswith("sent every 30 frames, as a receiver asked  ·  127.0.0.1:4000"))
    assert panel.state.toolTip().endswith("2 calibrations refused")
    made[0].receiver = ReceiverState("", 0, 0, 0, 0, 0, "cannot listen on 127.0.0.1:4000: in use")
    until(lambda: "in use" in panel.state.toolTip())
    panel.on.click()
    until(lambda: made[0].config.vmc_receive == "")
    until(lambda: load_settings()[0].config == window.config)


def test_a_port_open_to_the_network_stays_so_when_its_number_changes(window, until, made):
    window.change({"vmc_receive": "0.0.0.0:39540"})
    window.side.receive.port.setValue(5000)
    until(lambda: made[0].config.vmc_receive == "0.0.0.0:5000")


def test_video_beside_the_take_is_a_setting(window, until, made):
    window.side.record.video.click()
    until(lambda: made[0].config.record_video)
    until(lambda: load_settings()[0].config.record_video)


def test_takes_are_made_for_a_program_that_their_format_knows(window, until, made):
    record = window.side.record
    record.chosen.emit("", ".bvh")
    record.program.setCurrentIndex(record.program.findData("gmr"))
    record.program.activated.emit(0)
    until(lambda: made[0].config.take_style == "gmr")
    until(lambda: load_settings()[0].config.take_style == "gmr")
    record.chosen.emit("", ".glb")
    assert (record.program.count(), record.program.isEnabled(), record.program.currentText()) == (
        1,
        False,
        "Any program",
    )
    assert window.config.take_style == "gmr"
    record.chosen.emit("", ".fbx")
    assert [record.program.itemData(row) for row in range(record.program.count())] == ["default", "mixamo", "rokoko"]
    record.chosen.emit("", ".bvh")
    assert record.program.value == "gmr"


def test_the_rate_of_sending_is_a_setting_that_changes_while_it_runs(window, until, made):
    rate = window.side.targets.rate
    assert rate.currentText() == "As the camera"
    rate.setCurrentIndex(rate.findText("120 per second"))
    rate.activated.emit(rate.currentIndex())
    until(lambda: made[0].config.osc_rate_hz == 120.0)
    window.change({"osc_rate_hz": 75.0})
    assert rate.currentText() == "75 per second"
    until(lambda: made[0].config.osc_rate_hz == 75.0)


def test_targets_can_be_removed(window, until, made):
    window.side.targets.rows[0].remove.emit("vmc://127.0.0.1:39539")
    until(lambda: made[0].config.osc == ())
    assert window.side.targets.rows == []


def test_closing_hides_at_once_and_ends_the_pipeline(window, until, made):
    ended = []
    window.finished.connect(lambda: ended.append(True))
    window.close()
    assert not window.isVisible()
    until(lambda: bool(ended))
    assert made[0].calls[-1] == "exit"
    assert load_settings()[0].window_geometry


def test_closing_waits_for_a_take_in_sight_as_long_as_it_grows(window, until, made, tmp_path, monkeypatch):
    pipeline, ended, goes_on = made[0], [], threading.Event()
    window._session.start_recording(tmp_path / "a.bvh")
    until(lambda: f"record {tmp_path / 'a.bvh'}" in pipeline.calls)
    monkeypatch.setattr(type(pipeline), "__exit__", lambda *_: goes_on.wait(10))
    window.finished.connect(lambda: ended.append(True))
    window.close()
    window._timer.stop()
    now_s = window._closing.since_s
    for percent in (0, 10, 60, 90):
        now_s += 100.0
        pipeline.saving = percent / 100
        window._see_off(now_s)
        assert window._closing.saving.bar.value() == 10 * percent
        assert window._closing.saving.isVisible()
        assert "a.bvh" in window._closing.saving.text.text()
        assert not window._closing.saving.close()
        assert not ended
    window._see_off(now_s + 1000.0)
    assert ended
    assert not window._closing.saving.isVisible()
    goes_on.set()


def test_the_button_shows_a_take_that_pauses_or_is_being_saved(window):
    window._timer.stop()
    panel, state = window.side.record, RecordingState("/takes/a.bvh", 61.0, 9, 1_500_000, None)
    panel.show_state(dataclasses.replace(state, paused=True))
    assert panel.button.text() == "Paused  ·  01:01  ·  1.5 MB"
    panel.show_state(dataclasses.replace(state, saved=0.43))
    assert (panel.button.text(), panel.button.isEnabled()) == ("Saving 43 %", False)
    panel.show_state(None)
    assert (panel.button.text(), panel.button.isEnabled()) == ("Record", True)


def test_a_start_that_fails_shows_the_reason(until, fake, opened):
    def factory(config: Config):
        pipeline = fake(config)
        pipeline.fail_start = "port 70000 cannot be sent to"
        return pipeline

    window = opened(Settings(), factory=factory)
    until(lambda: window.video.banner.notice is not None)
    assert window.video.banner.notice.text == "port 70000 cannot be sent to"


def test_cameras_that_cannot_be_listed_are_said(until, opened):
    def broken() -> tuple[CameraInfo, ...]:
        raise OSError("no permission")

    window = opened(Settings(), broken)
    until(lambda: window.video.banner.notice is not None and "no permission" in window.video.banner.notice.text)
    assert window.side.source.refresh.isEnabled()


def test_the_performers_screen_is_there_again_after_a_restart(window, opened, until):
    window.header.performer.click()
    assert window.bar.isVisible()
    until(lambda: load_settings()[0].performer_screen)
    again = opened(load_settings()[0])
    assert again.header.performer.isChecked()
    assert again.bar.isVisible()
    assert again.side.isHidden()
    assert again.strip.isHidden()
    again.header.performer.click()
    assert again.side.isVisible()
    assert again.strip.isVisible()
    until(lambda: not load_settings()[0].performer_screen)


@pytest.mark.usefixtures("application")
def test_updates_of_a_label_do_not_lose_references_to_none():
    """PySide6 6.12.0 drops one reference to None per void call on Python 3.10 and 3.11, and aborts in the end."""
    label = QLabel("x")
    label.show()
    before = sys.getrefcount(None)
    for _ in range(2000):
        label.update()
    assert abs(sys.getrefcount(None) - before) < 200


@pytest.mark.usefixtures("application")
@pytest.mark.gl
def test_the_3d_view_draws_the_performer(until, fake):
    from app.window.widgets.opengl import probe_opengl

    opengl = probe_opengl()
    if opengl.problem:
        pytest.skip(opengl.problem)
    from app.window.widgets.body_pane import BodyPane

    pane = BodyPane(opengl)
    pane.resize(500, 400)
    pane.show()
    pipeline = fake(Config())
    began_s = time.monotonic()

    def sides() -> tuple[int, int]:
        """Pixels in the colours of the left and the right side."""
        pane.show_pose(pipeline.snapshot().pose)
        image = pane.view.grabFramebuffer()
        left = right = 0
        for x in range(0, image.width(), 4):
            for y in range(0, image.height(), 4):
                colour = image.pixelColor(x, y)
                left += colour.green() > 90 and colour.green() > 2 * colour.red()
                right += colour.red() > 120 and colour.red() > 1.4 * colour.blue()
        return left, right

    until(lambda: time.monotonic() - began_s > 0.3 and min(sides()) > 20)
    assert pane.view.problem == ""


@pytest.mark.usefixtures("application")
@pytest.mark.gl
def test_an_unchanged_pose_is_not_drawn_again(fake):
    from app.window.widgets.opengl import probe_opengl

    opengl = probe_opengl()
    if opengl.problem:
        pytest.skip(opengl.problem)
    from app.window.widgets.body_pane import BodyPane

    pane = BodyPane(opengl)
    drawn = []
    pane.view.show_pose = drawn.append
    pose = fake(Config()).snapshot().pose
    for _ in range(3):
        pane.show_pose(pose)
    assert drawn == [pose]


def test_the_whole_window_opens_and_closes_by_itself(fake, application, monkeypatch, tmp_path):
    """open_window with --seconds, --record and --stats, as `vtm` calls it."""
    import app.window.open_window as window_main

    monkeypatch.setattr(window_main, "make_application", lambda: application)
    made = []

    def factory(config: Config):
        made.append(fake(config))
        return made[-1]

    options = RunOptions(seconds=1.0, record=tmp_path / "take.bvh", stats=tmp_path / "stats.json")
    code = window_main.open_window(options, Settings(Config(source="demo")), None, factory, lambda: CAMERAS)
    assert code == 0
    assert made[0].calls[0] == "enter"
    assert f"record {tmp_path / 'take.bvh'}" in made[0].calls
    assert made[0].calls[-1] == "exit"
    assert (tmp_path / "stats.json").exists()
    assert isinstance(application, QApplication)


def test_a_receive_port_that_one_sends_to_is_refused_with_a_word(window, made, until):
    window.change({"vmc_receive": "39539"})
    assert window.config.vmc_receive == ""
    assert not window.side.receive.on.isChecked()
    until(lambda: window.video.banner.notice is not None and "our own receive port" in window.video.banner.notice.text)
    assert made[0].config.vmc_receive == ""
    window.change({"vmc_receive": "39541"})
    until(lambda: made[0].config.vmc_receive == "39541")


def test_a_file_that_is_no_video_is_not_made_the_source(window, tmp_path, until):
    (tmp_path / "dance.bvh").write_text("HIERARCHY")
    window.change({"source": str(tmp_path / "dance.bvh")})
    assert window.config.source == "demo"
    until(lambda: window.video.banner.notice is not None and "BVH file" in window.video.banner.notice.text)


def test_a_take_named_on_the_command_line_is_replayed(fake, application, monkeypatch, tmp_path, waving):
    import app.window.open_window as window_main

    monkeypatch.setattr(window_main, "make_application", lambda: application)
    write_motion(tmp_path / "take.npz", waving(60))
    played = []

    def opened(window: MainWindow) -> None:
        timer = QTimer(window)

        def look() -> None:
            if window.replay.state is not None:
                played.append(window.replay.state.path)
                timer.stop()
                window.close()

        timer.timeout.connect(look)
        timer.start(10)

    options = RunOptions(seconds=20.0, replay=tmp_path / "take.npz")
    settings = Settings(Config(source="demo"))
    code = window_main.open_window(options, settings, "odd", fake, lambda: CAMERAS, opengl=NO_OPENGL, on_open=opened)
    assert code == 0
    assert played == [str(tmp_path / "take.npz")]


def test_an_error_that_nobody_caught_is_shown_with_the_button_that_helps(window, until):
    window._session.tell_defect(describe(KeyError("LeftHand")))
    until(lambda: window.video.banner.notice is not None and "LeftHand" in window.video.banner.notice.text)
    notice = window.video.banner.notice
    assert notice.level == "error"
    assert "button at the top right" in notice.text
    window.header.report.click()
    dialog = window.findChild(ReportDialog)
    until(dialog.copy.isEnabled)
    assert "LeftHand" in dialog.text.toPlainText()
    assert "== Running" in dialog.text.toPlainText()
    dialog.close()


def test_a_click_in_the_picture_and_the_n_key_choose_whom_to_follow(window, made, until):
    width, _ = window.last.frame.image_size
    place = fitted(window.last.frame.image_size, window.video.rect())
    QTest.mouseClick(window.video, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    until(lambda: any(call.startswith("choose (") for call in made[-1].calls))
    x_px = float(next(call for call in made[-1].calls if call.startswith("choose (")).split("(")[1].split(",")[0])
    assert abs(x_px - width / 2) < width / 50
    # Not by a key press: without a window manager no window is ever active.
    next(shortcut for shortcut in window.findChildren(QShortcut) if shortcut.key() == "N").activated.emit()
    until(lambda: "choose None" in made[-1].calls)


def test_a_click_beside_the_picture_chooses_nobody(window, made):
    before = list(made[-1].calls)
    QTest.mouseClick(window.video, Qt.MouseButton.LeftButton, pos=QPointF(1, 1).toPoint())
    assert made[-1].calls == before


def test_lengths_that_were_measured_stay_with_the_performer(window, until, made, monkeypatch):
    panel = window.side.performer
    assert "estimated" in panel.lengths.text()
    made[0].measured = Measured((0.17, 0.15, 0.25, 0.24), 3.0)
    until(lambda: "upper arm 29, forearm 26, thigh 42, shank 41 cm" in panel.lengths.text())
    until(lambda: made[0].config.proportions == (0.17, 0.15, 0.25, 0.24))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (" Tom ", True))
    panel.more.menu().actions()[0].trigger()
    until(lambda: made[0].config.proportions == ())
    assert panel.who.value == "Tom"
    assert "estimated" in panel.lengths.text()
    panel.height_cm.setValue(190)
    panel.who.setCurrentIndex(0)
    panel.who.activated.emit(0)
    until(lambda: made[0].config.proportions == (0.17, 0.15, 0.25, 0.24))
    assert panel.height_cm.value() == 170
    until(lambda: [one.name for one in load_settings()[0].performers] == ["Performer 1", "Tom"])
    kept = load_settings()[0]
    assert (kept.performers[1].height_m, kept.performers[0].proportions) == (1.9, (0.17, 0.15, 0.25, 0.24))


def test_a_performer_is_renamed_deleted_and_their_lengths_forgotten(window, until, monkeypatch):
    panel = window.side.performer
    _, rename, delete, forget, *_ = panel.more.menu().actions()
    assert not delete.isEnabled()
    assert not forget.isEnabled()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("Mia", True))
    rename.trigger()
    assert panel.who.value == "Mia"
    panel.added.emit("mia")
    until(lambda: window.video.banner.notice is not None and "already" in window.video.banner.notice.text)
    panel.added.emit("Tom")
    assert (panel.who.count(), panel.who.value) == (2, "Tom")
    delete.trigger()
    assert (panel.who.count(), panel.who.value) == (1, "Mia")
    window.change({"proportions": (0.17, 0.15, 0.25, 0.24)})
    assert forget.isEnabled()
    forget.trigger()
    assert window.config.proportions == ()


def test_a_face_at_rest_is_shown_and_stays_with_the_performer_until_it_is_forgotten(window, until, made):
    panel = window.side.performer
    *_, hands, forget = panel.more.menu().actions()
    assert not forget.isEnabled()
    hands.trigger()
    until(lambda: "calibrate_hands" in made[0].calls)
    made[0].details_measured = DetailsMeasured(
        (0.0, 0.4, *[0.0] * 54, *(1.0, 0, 0, 0, 1, 0, 0, 0, 1)), (9.0,) * 16, 3.0
    )
    until(lambda: panel.face.text() == "Face at rest, subtracted: browDownLeft 0.40")
    until(lambda: made[0].config.finger_ranges == (9.0,) * 16)
    until(lambda: len(load_settings()[0].performers[0].face_at_rest) == 65 if load_settings()[0].performers else False)
    forget.trigger()
    until(lambda: made[0].config.face_at_rest == ())
    assert panel.face.isHidden()
