"""Small parts of the window."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF

from app.window.avatar_drop import given_to_all
from app.window.notices import Notice
from app.window.target_words import target_name
from app.window.widgets.record_panel import clock_text
from app.window.widgets.source_panel import SourcePanel
from app.window.widgets.target_dialog import TargetDialog
from app.window.widgets.targets_panel import TargetsPanel
from app.window.widgets.video_view import VideoView, caption_place, fitted, scaled_picture, score_colour
from engine.config import Config
from engine.errors import UsageError
from engine.osc.targets import parse_target
from engine.sources.camera_list import CameraInfo
from engine.takes.recording import RECEIVER_TEST
from engine.types import Frame, NoPerson, OtherPerson, TargetState

AVATARS = Path(__file__).parents[3] / "engine" / "avatar" / "data"
NOON = datetime.datetime(2026, 5, 4, 12, 0, 1)


def test_the_picture_keeps_its_shape_in_the_middle():
    place = fitted((640, 480), QRect(0, 0, 1000, 480))
    assert (place.x(), place.y(), place.width(), place.height()) == (180, 0, 640, 480)
    place = fitted((640, 480), QRect(0, 0, 320, 480))
    assert (place.x(), place.y(), place.width(), place.height()) == (0, 120, 320, 240)


@pytest.mark.parametrize(
    ("frame", "centre"),
    [
        (QRectF(200, 100, 60, 150), (230, 100)),  # on the frame's upper edge
        (QRectF(200, -40, 60, 150), (230, 10)),  # a frame that reaches above the picture
        (QRectF(-50, 100, 60, 150), (50, 100)),
        (QRectF(630, 475, 60, 150), (590, 470)),
    ],
)
def test_a_caption_stays_inside_the_picture(frame: QRectF, centre: tuple[float, float]):
    place = caption_place(QSizeF(100, 20), frame, QRectF(0, 0, 640, 480))
    assert place.size() == QSizeF(100, 20)
    assert place.center() == QPointF(*centre)


@pytest.mark.usefixtures("application")
def test_the_video_shows_the_pixels_of_the_frame():
    view = VideoView()
    view.resize(640, 480)
    view.show()
    bgr = np.zeros((240, 320, 3), np.uint8)
    bgr[:, :160] = (255, 0, 0)  # blue left half
    view.show_frame(Frame(bgr, 0, 0.0), None)
    image = view.grab().toImage()
    left, right = image.pixelColor(100, 240), image.pixelColor(500, 240)
    assert (left.blue(), left.red()) == (255, 0)
    assert right.blue() == 0


def test_a_large_picture_is_averaged_and_not_thinned_out():
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    small = scaled_picture(stripes, (160, 120))
    assert small.shape == (120, 160, 3)
    assert small.flags.c_contiguous
    assert np.abs(small.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("size", [(640, 480), (500, 375), (319, 239), (1000, 750), (1, 1)])
def test_a_scaled_picture_has_the_size_asked_for_and_its_colours_stay_in_place(size):
    bgr = np.zeros((480, 640, 3), np.uint8)
    bgr[:, :320] = (200, 100, 50)
    scaled = scaled_picture(bgr, size)
    assert scaled.shape == (size[1], size[0], 3)
    if size[0] > 10:
        assert scaled[size[1] // 2, size[0] // 4].tolist() == [200, 100, 50]
        assert scaled[size[1] // 2, 3 * size[0] // 4].tolist() == [0, 0, 0]


@pytest.mark.usefixtures("application")
def test_the_skeleton_is_drawn_where_the_keypoints_are(fake):
    pipeline = fake(Config())
    pipeline.frozen_at = 0
    snapshot = pipeline.snapshot()
    view = VideoView()
    view.resize(*snapshot.frame.image_size)
    view.show()
    view.show_frame(snapshot.frame, snapshot.detection)
    image = view.grab().toImage()
    from models.keypoints import KEYPOINT

    x, y = snapshot.detection.points_px[KEYPOINT["left_hip"]]
    colour = image.pixelColor(round(float(x)), round(float(y)))
    assert colour.green() > 120
    assert image.pixelColor(3, 3).green() == 40


def test_scores_go_from_red_to_the_accent():
    low, high = score_colour(0.2), score_colour(0.95)
    assert low.red() > 200
    assert high.green() > 180 > high.red()


@pytest.mark.parametrize(
    ("seconds", "size", "text"),
    [(0, 0, "00:00  ·  0 kB"), (75.9, 1_340_000, "01:15  ·  1.3 MB"), (6000, 5e6, "100:00  ·  5.0 MB")],
)
def test_the_clock_of_a_take(seconds, size, text):
    assert clock_text(seconds, int(size)) == text


@pytest.mark.usefixtures("application")
def test_two_cameras_of_one_name_are_told_apart_by_number():
    panel = SourcePanel()
    panel.show_cameras([CameraInfo(0, "Webcam", "V4L2"), CameraInfo(2, "Webcam", "V4L2"), CameraInfo(4, "OBS", "V4L2")])
    values = [panel.choice.itemData(index) for index in range(panel.choice.count())]
    assert values == ["", "0", "2", "OBS", "demo"]


@pytest.mark.usefixtures("application")
def test_the_list_of_sources_keeps_an_address_and_does_not_show_its_password():
    address = "rtsp://admin:hunter2@cam/live"
    panel = SourcePanel()
    panel.show_config(Config(source=address))
    assert panel.choice.value == address
    assert panel.choice.currentText() == "rtsp://admin:***@cam/live"
    assert "hunter2" not in panel.choice.toolTip()


@pytest.mark.usefixtures("application")
def test_a_long_banner_wraps_inside_the_video():
    view = VideoView()
    view.resize(320, 300)
    view.show()
    view.banner.show_notice(Notice("error", "No camera called Webcam 7 was found. " * 3, "Try again"))
    assert view.banner.isVisible()
    assert view.rect().contains(view.banner.geometry())
    assert view.banner.height() > 50
    view.banner.show_notice(None)
    assert not view.banner.isVisible()


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("host", "port", "good"),
    [("127.0.0.1", "39539", True), ("studio-pc", "7000", True), ("::1", "39539", True), ("", "39539", False)]
    + [("127.0.0.1", port, False) for port in ("0", "70000", "x", "-1")]
    + [("10.0.0.5", "9000", False)],
)
def test_the_target_dialog_accepts_only_what_can_work(host, port, good):
    parent = VideoView()
    dialog = TargetDialog(parent, "", ("vmc://10.0.0.5:9000",))
    dialog.host.setText(host)
    dialog.port.setText(port)
    assert dialog.accept_button.isEnabled() == good
    dialog.deleteLater()


@pytest.mark.parametrize(
    "url",
    [
        "vmc://127.0.0.1:39539",
        "vmc://studio:39540?preset=vseeface&rate=30",
        "vmc://studio:39540?preset=vseeface&avatar=TESTS/child_0.0.vrm&travel=root",
        "osc://[::1]:7000?prefix=/mocap&send=root,positions",
        "vrchat://10.0.0.5:9000?trackers=hip,feet",
    ],
)
@pytest.mark.usefixtures("application")
def test_a_target_goes_through_the_dialog_unchanged(url):
    url = url.replace("TESTS", AVATARS.as_posix())
    parent = VideoView()
    dialog = TargetDialog(parent, url, ())
    assert dialog.url == url
    assert dialog.accept_button.isEnabled()
    dialog.deleteLater()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("vmc://127.0.0.1:39539", "VMC  127.0.0.1:39539"),
        ("vmc://127.0.0.1:39539?preset=vseeface", "VSeeFace  127.0.0.1:39539"),
        ("osc://studio:7000?rate=30", "OSC  studio:7000"),
    ],
)
def test_a_target_has_a_name_people_know(url, name):
    assert target_name(url) == name


@pytest.mark.usefixtures("application")
def test_the_target_dialog_tells_what_an_avatar_is_or_why_it_is_none(tmp_path):
    parent = VideoView()
    dialog = TargetDialog(parent, "", ())
    path = tmp_path / "my & #1.vrm"
    shutil.copyfile(AVATARS / "adult_1.0.vrm", path)
    dialog.avatar.line.setText(str(path))
    assert "adult (VRM 1.0, 21 of 22 body bones" in dialog.avatar.about.text()
    assert dialog.accept_button.isEnabled()
    assert parse_target(dialog.url).settings.avatar == str(path)
    path.write_bytes(b"\x89PNG")
    dialog.avatar.line.setText(f"{path} ")
    assert not dialog.accept_button.isEnabled()
    assert "expected a .vrm file" in dialog._problem.text()
    dialog.protocol.setCurrentIndex(dialog.protocol.findData("osc"))
    dialog.protocol.activated.emit(2)
    assert dialog.accept_button.isEnabled()
    assert dialog.avatar.isHidden()
    dialog.deleteLater()


def test_an_avatar_is_given_to_vmc_targets_and_replaces_the_one_before():
    targets = ("vmc://a:1?preset=vnyan&avatar=old.vrm&rate=30", "osc://b:2", "vmc://c:3")
    given, about = given_to_all(str(AVATARS / "child_0.0.vrm"), targets)
    assert [parse_target(url).scheme for url in given] == ["vmc", "osc", "vmc"]
    assert parse_target(given[0]).settings.avatar == str(AVATARS / "child_0.0.vrm")
    assert "preset=vnyan" in given[0]
    assert given[0].endswith("&rate=30")
    assert given[1] == "osc://b:2"
    assert "for 2 VMC targets" in about
    with pytest.raises(UsageError, match="there is no VMC target"):
        given_to_all(str(AVATARS / "child_0.0.vrm"), ("osc://b:2",))


@pytest.mark.usefixtures("application")
def test_the_target_dialog_knows_the_usual_ports():
    parent = VideoView()
    dialog = TargetDialog(parent, "", ())
    assert dialog.url == "vmc://127.0.0.1:39539"
    dialog.protocol.setCurrentIndex(dialog.protocol.findData("vrchat"))
    dialog.protocol.activated.emit(1)
    assert dialog.url == "vrchat://127.0.0.1:9000"
    dialog.deleteLater()


@pytest.mark.usefixtures("application")
def test_the_target_dialog_shows_the_addresses_of_a_plain_osc_target():
    parent = VideoView()
    dialog = TargetDialog(parent, "osc://10.0.0.5:7000", ())
    assert not dialog.map.isHidden()
    assert "/mocap/joint/Hips/pos" in dialog.map.toPlainText()
    dialog.options.setText("prefix=/stage&send=root")
    assert dialog.map.toPlainText().splitlines()[0].startswith("/stage/root/x")
    assert len(dialog.map.toPlainText().splitlines()) == 3
    dialog.options.setText("prefix=nonsense")
    assert not dialog.accept_button.isEnabled()
    dialog.protocol.setCurrentIndex(dialog.protocol.findData("vmc"))
    dialog.protocol.activated.emit(0)
    assert dialog.map.isHidden()
    dialog.deleteLater()


@pytest.mark.usefixtures("application")
def test_the_target_dialog_refuses_the_port_that_is_listened_on():
    parent = VideoView()
    dialog = TargetDialog(parent, "", (), "39540")
    dialog.host.setText("127.0.0.1")
    dialog.port.setText("39540")
    assert not dialog.accept_button.isEnabled()
    assert "receive port" in dialog._problem.text()
    dialog.host.setText("10.0.0.5")
    assert dialog.accept_button.isEnabled()
    dialog.deleteLater()


@pytest.mark.usefixtures("application")
def test_whoever_is_not_followed_is_framed_in_the_picture():
    view = VideoView()
    view.resize(640, 480)
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0)
    pictures = []
    for others in ((), (OtherPerson(320.0, 240.0, 300.0),)):
        view.show_frame(frame, NoPerson(0, 0.0, (640, 480), others))
        image = view.grab().toImage()
        pictures.append({image.pixelColor(x, 240).name() for x in range(240, 280)})
    assert len(pictures[0]) == 1
    assert len(pictures[1]) > 1


@pytest.mark.usefixtures("application")
def test_a_new_target_opens_without_a_complaint_and_follows_the_receiver_that_is_chosen():
    parent = VideoView()
    dialog = TargetDialog(parent, "", ("vmc://127.0.0.1:39539",))
    assert dialog.accept_button.isEnabled()
    assert not dialog._problem.text()
    assert dialog.url == "vmc://127.0.0.1:39540?preset=vseeface"
    dialog.preset.setCurrentIndex(dialog.preset.findData("snekstudio"))
    dialog.preset.activated.emit(0)
    assert dialog.url == "vmc://127.0.0.1:39570?preset=snekstudio"
    assert "39570" in dialog._remark.text()
    assert dialog._remark.text().count("\n") == 2
    dialog.deleteLater()


@pytest.mark.usefixtures("application")
def test_an_avatar_without_upper_chest_is_a_tick_for_who_has_no_file():
    parent = VideoView()
    dialog = TargetDialog(parent, "vmc://127.0.0.1:39539?rate=60", ())
    assert not dialog.no_upper_chest.isChecked()
    dialog.no_upper_chest.click()
    assert dialog.url == "vmc://127.0.0.1:39539?rate=60&fold=upperchest"
    dialog.no_upper_chest.click()
    assert dialog.url == "vmc://127.0.0.1:39539?rate=60"
    dialog.preset.setCurrentIndex(dialog.preset.findData("unreal"))
    dialog.preset.activated.emit(0)
    assert dialog.no_upper_chest.isChecked(), "the preset folds it"
    dialog.avatar.line.setText(str(AVATARS / "adult_1.0.vrm"))
    assert dialog.no_upper_chest.isHidden()
    dialog.deleteLater()


@pytest.mark.usefixtures("application")
def test_a_card_shows_its_state_and_an_error_whole():
    panel = TargetsPanel()
    panel.show_urls(("vmc://127.0.0.1:39539", "vmc://studio:39539"))
    here, there = panel.rows
    error = "nobody is listening on 127.0.0.1:39539: start the receiver or check its port"
    good, bad = (TargetState("vmc://127.0.0.1:39539", 9, 90, 60.0, 0, text) for text in (None, error))
    panel.show_states((good,))
    assert (here.state.text(), here.problem.isHidden()) == ("Somebody listens", True)
    panel.show_states((bad,))
    assert here.state.text() == "Nobody listens"
    assert here.problem.text() == f"N{error[1:]}."
    assert here.problem.wordWrap()
    assert there.state.text() == "Not sending"


@pytest.mark.usefixtures("application")
def test_the_receiver_test_says_what_should_be_seen_and_what_to_change():
    panel = TargetsPanel()
    panel.show_test(RECEIVER_TEST, 7.0)
    assert panel.tests[RECEIVER_TEST].isChecked()
    assert "Squat" in panel.hint.text()
    assert "give the .vrm" in panel.hint.text()
    panel.show_test("T-pose")
    assert panel.hint.isHidden()


@pytest.mark.usefixtures("application")
def test_hands_that_reach_the_body_are_a_tick_once_there_is_an_avatar():
    parent = VideoView()
    dialog = TargetDialog(parent, "vmc://127.0.0.1:39539?rate=60", ())
    assert dialog.reach.isHidden()
    dialog.avatar.line.setText(str(AVATARS / "adult_1.0.vrm"))
    assert not dialog.reach.isHidden()
    dialog.reach.click()
    assert parse_target(dialog.url).settings.reach
    assert dialog.options.text() == "rate=60&reach=1"
    dialog.reach.click()
    assert dialog.options.text() == "rate=60"
    dialog.reach.click()
    dialog.avatar.line.clear()
    assert "reach=1 needs avatar=" in dialog._problem.text()
    dialog.deleteLater()
