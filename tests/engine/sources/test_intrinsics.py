"""Intrinsics of the user's file: for the picture there is, scaled where they may be, read again when they change."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.config import Config
from engine.errors import InputError, UsageError
from engine.sources.intrinsics import LiveIntrinsics, check_intrinsics, intrinsics_for
from models.camera import Intrinsics

HD = {"fx": 1400, "fy": 1400, "cx": 970, "cy": 530}
VGA = {"fx": 600, "fy": 610, "cx": 330, "cy": 236}


class CameraFile:
    """An intrinsics file whose every version has a time stamp of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._version = 1_000

    def write(self, values: Any) -> Config:
        self.path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
        self._version += 1
        os.utime(self.path, (self._version, self._version))
        return Config(intrinsics_file=str(self.path))


@pytest.fixture
def camera(tmp_path: Path) -> CameraFile:
    return CameraFile(tmp_path / "camera.json")


def test_a_file_for_this_size_is_taken_as_it_is(camera: CameraFile):
    assert intrinsics_for(camera.write(VGA), (640, 480)) == Intrinsics(600, 610, 330, 236)


def test_a_file_that_says_another_size_of_the_same_aspect_is_scaled(camera: CameraFile):
    config = camera.write(HD | {"image_size": [1920, 1080]})
    assert intrinsics_for(config, (1280, 720)) == Intrinsics(
        pytest.approx(1400 / 1.5), pytest.approx(1400 / 1.5), pytest.approx(970 / 1.5), pytest.approx(530 / 1.5)
    )


@pytest.mark.parametrize(("size", "scale"), [((1920, 1080), 1.0), ((640, 360), 1 / 3), ((3840, 2160), 2.0)])
def test_a_file_that_does_not_say_its_size_is_known_by_its_principal_point(camera: CameraFile, size, scale):
    assert intrinsics_for(camera.write(HD), size).fx == pytest.approx(1400 * scale)


def test_a_portrait_picture_is_measured_by_its_longer_side(camera: CameraFile):
    config = camera.write({"fx": 1400, "fy": 1400, "cx": 540, "cy": 960})
    assert intrinsics_for(config, (360, 640)).fx == pytest.approx(1400 / 3)


@pytest.mark.parametrize(
    ("values", "size", "words"),
    [
        (HD, (640, 480), "does not fit a picture of 640x480"),
        (HD | {"image_size": [1920, 1080]}, (640, 480), "is for pictures of 1920x1080, got 640x480"),
        (VGA | {"fx": 40, "image_size": [640, 480]}, (1280, 960), None),
        (VGA | {"fx": 20}, (640, 480), "field of view would be 173 degrees"),
        (VGA | {"fx": 9000}, (640, 480), "field of view would be 4 degrees"),
    ],
)
def test_a_file_that_does_not_fit_is_one_clear_line(camera: CameraFile, values, size, words):
    config = camera.write(values)
    if words is None:
        assert intrinsics_for(config, size).fx == pytest.approx(80)
        return
    with pytest.raises(UsageError, match=words) as caught:
        intrinsics_for(config, size)
    assert "measure the camera at this size" in str(caught.value)
    assert "\n" not in str(caught.value)
    check_intrinsics(config)  # before the size is known it is a camera


@pytest.mark.parametrize("size", [[640], [640, -1], [640.5, 480], "640x480", [True, 480], {"width": 1}])
def test_a_size_that_is_none_is_refused(camera: CameraFile, size):
    with pytest.raises(InputError, match="image_size"):
        check_intrinsics(camera.write(VGA | {"image_size": size}))


def test_a_mirrored_picture_has_a_mirrored_principal_point_after_scaling(camera: CameraFile):
    camera.write(HD)
    config = Config(intrinsics_file=str(camera.path), mirror=True)
    assert intrinsics_for(config, (960, 540)).cx == pytest.approx(960 - 485)


def test_the_file_is_read_again_when_it_changes(camera: CameraFile):
    assert intrinsics_for(camera.write(VGA), (640, 480)).fx == 600
    assert intrinsics_for(camera.write(VGA | {"fx": 700}), (640, 480)).fx == 700


class Running:
    """LiveIntrinsics on a fake clock."""

    def __init__(self, config: Config) -> None:
        self.config, self.now_s = config, 0.0
        self.said: list[tuple[str, str]] = []
        self._live = LiveIntrinsics(lambda: self.now_s, lambda level, text: self.said.append((level, text)))

    def look(self, size: tuple[int, int] = (640, 480), after_s: float = 2.0) -> Intrinsics:
        self.now_s += after_s
        return self._live(self.config, size)


def test_a_running_capture_follows_the_file_within_a_second(camera: CameraFile):
    running = Running(camera.write(VGA))
    assert running.look().fx == 600
    camera.write(VGA | {"fx": 700})
    assert running.look(after_s=0.5).fx == 600
    assert running.look(after_s=0.6).fx == 700
    assert [level for level, _ in running.said] == ["info"]
    assert "was read again" in running.said[0][1]


@pytest.mark.parametrize("broken", ["", '{"fx": 6', '{"fx": 0}', json.dumps(HD)])
def test_a_file_that_turns_bad_is_told_once_and_what_was_used_stays(camera: CameraFile, broken: str):
    running = Running(camera.write(VGA))
    running.look()
    camera.write(broken)
    assert [running.look().fx for _ in range(3)] == [600, 600, 600]
    assert [level for level, _ in running.said] == ["warning"]
    camera.write(VGA | {"fx": 700})
    assert running.look().fx == 700


def test_a_file_that_vanishes_is_told_once_and_what_was_used_stays(camera: CameraFile):
    running = Running(camera.write(VGA))
    running.look()
    camera.path.unlink()
    assert [running.look().fx for _ in range(3)] == [600, 600, 600]
    assert len(running.said) == 1


def test_a_file_that_does_not_fit_gives_way_to_the_field_of_view_and_says_so(camera: CameraFile):
    running = Running(camera.write(HD | {"image_size": [1920, 1080]}))
    assert running.look().fx == pytest.approx(Intrinsics.from_hfov((640, 480), 1.0471975511965976).fx)
    (warning,) = running.said
    assert warning[0] == "warning"
    assert "a field of view of 60 degrees is used" in warning[1]


def test_scaling_is_said_once_for_each_size(camera: CameraFile):
    running = Running(camera.write(HD))
    for _ in range(3):
        running.look((1280, 720))
    assert [text.partition("for pictures of ")[2] for _, text in running.said] == ["1920x1080: scaled to 1280x720"]
