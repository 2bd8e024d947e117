"""From what the user typed to the right source, and what is said when there is none."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import CameraError, UsageError, VtmError
from engine.sources.camera_list import CameraInfo, camera_by_name, list_cameras, named
from engine.sources.open_source import DEMO_CLIP, open_source

CAMERAS = (CameraInfo(0, "Integrated Camera", "V4L2"), CameraInfo(2, "Logitech C920 HD Pro", "V4L2"))


class Device:
    """A webcam that works for a while."""

    def __init__(self, pictures: int = 100_000) -> None:
        self._left = pictures

    def read(self) -> tuple[bool, NDArray[Any]]:
        time.sleep(0.002)
        self._left -= 1
        return self._left >= 0, np.zeros((24, 32, 3), np.uint8)

    def get(self, propId: int, /) -> float:  # noqa: ARG002
        return 0.0

    def release(self) -> None:
        """Nothing to give back."""


class Bench:
    """A computer with these cameras; notes which numbers are opened."""

    def __init__(self, cameras: tuple[CameraInfo, ...], *, busy: bool = False) -> None:
        self.cameras, self.busy = cameras, busy
        self.opened: list[int] = []

    def list(self) -> tuple[CameraInfo, ...]:
        return self.cameras

    def open(self, index: int, api: int) -> Device | None:
        assert api > 0
        self.opened.append(index)
        known = index in [camera.index for camera in self.cameras]
        return Device(3 if len(self.opened) == 1 else 100_000) if known and not self.busy else None


@pytest.mark.parametrize(
    ("text", "index", "name"),
    [
        ("", 0, "Integrated Camera"),
        ("0", 0, "Integrated Camera"),
        ("2", 2, "Logitech C920 HD Pro"),
        ("c920", 2, "Logitech C920 HD Pro"),
        ("INTEGRATED", 0, "Integrated Camera"),
    ],
)
def test_a_camera_is_found_by_nothing_number_or_part_of_its_name(text: str, index: int, name: str) -> None:
    bench = Bench(CAMERAS)
    source = open_source(text, cameras=bench.list, webcam=bench.open)
    source.close()
    assert bench.opened[0] == index
    assert source.name == name
    assert source.live


def test_a_camera_that_comes_back_under_another_number_is_found_by_its_name() -> None:
    bench = Bench(CAMERAS)
    source = open_source("c920", cameras=bench.list, webcam=bench.open)
    bench.cameras = (CAMERAS[0], CameraInfo(4, "Logitech C920 HD Pro", "V4L2"))
    until_s = time.monotonic() + 6.0
    while 4 not in bench.opened and time.monotonic() < until_s:
        source.read()
    source.close()
    assert bench.opened == [2, 4]


def test_without_a_camera_the_demo_plays_and_this_is_said() -> None:
    said: list[str] = []
    source = open_source("", cameras=lambda: (), on_message=said.append)
    assert source.name == "demo"
    assert not source.live
    assert said == ["no camera found: playing the bundled demo clip"]
    source.close()


def test_the_demo_clip_is_there_and_small_enough() -> None:
    source = open_source("demo", paced=False)
    assert (source.image_size, source.fps) == ((640, 480), 30.0)
    count = 0
    while source.read() is not None:
        count += 1
    assert count == 300
    truth = DEMO_CLIP.with_name("demo_truth.npz")
    assert DEMO_CLIP.stat().st_size + truth.stat().st_size < 1_000_000


def test_a_file_wins_over_a_camera_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c920").write_bytes(DEMO_CLIP.read_bytes())
    bench = Bench(CAMERAS)
    source = open_source("c920", cameras=bench.list, webcam=bench.open)
    source.close()
    assert not source.live
    assert bench.opened == []


def test_a_busy_camera_is_said_with_the_next_step() -> None:
    bench = Bench(CAMERAS, busy=True)
    with pytest.raises(CameraError, match=r'camera 2 "Logitech C920 HD Pro" gives no picture; close other programs'):
        open_source("2", cameras=bench.list, webcam=bench.open)


@pytest.mark.parametrize("cameras", [CAMERAS, ()])
def test_a_number_without_a_camera_lists_those_there_are(cameras: tuple[CameraInfo, ...]) -> None:
    bench = Bench(cameras)
    with pytest.raises(CameraError, match=r"there is no camera 7; cameras: (0 .Integrated Camera.|none found)"):
        open_source("7", cameras=bench.list, webcam=bench.open)


def test_an_unknown_name_lists_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=r'called "Sony"; cameras: 0 "Integrated Camera", 2 "Logitech C920 HD Pro"'):
        open_source("Sony", cameras=lambda: CAMERAS)


@pytest.mark.parametrize("text", ["missing.mp4", "some/where", "C:\\takes\\one.mov"])
def test_what_looks_like_a_path_is_spoken_of_as_a_file(text: str) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        open_source(text, cameras=lambda: CAMERAS)


def test_a_kind_of_url_that_can_never_work_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="unknown kind of URL gopher"):
        open_source("gopher://somewhere/cam")


@pytest.mark.parametrize("kind", ["http", "gopher"])
def test_an_error_about_an_address_does_not_show_its_password(kind: str) -> None:
    address = f"{kind}://admin:hunter2@127.0.0.1:9/video?token=hunter2"
    with pytest.raises(VtmError, match=r"://admin:\*\*\*@127\.0\.0\.1:9/video\?token=\*\*\*") as caught:
        open_source(address)
    assert "hunter2" not in str(caught.value)


def test_a_name_that_fits_two_cameras_is_refused_unless_it_is_exact() -> None:
    twins = (CameraInfo(0, "Cam", "V4L2"), CameraInfo(1, "Cam II", "V4L2"))
    assert camera_by_name("cam", twins) == twins[0]
    with pytest.raises(UsageError, match="matches several cameras"):
        camera_by_name("ca", twins)


def test_listing_cameras_never_fails() -> None:
    cameras = list_cameras()
    assert [camera.index for camera in cameras] == sorted(camera.index for camera in cameras)
    assert named(()) == "none found"


def test_opencv_says_nothing_of_its_own_when_a_source_cannot_be_opened() -> None:
    script = (
        "from engine.sources.open_source import list_cameras, open_source\n"
        "from engine.errors import VtmError\n"
        "list_cameras()\n"
        "for text in ('0', 'pyproject.toml', 'http://127.0.0.1:9/cam'):\n"
        "    try:\n"
        "        open_source(text).close()\n"
        "    except VtmError:\n"
        "        continue\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
