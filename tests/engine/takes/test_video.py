"""The video beside the take: each second shows what was captured in that second, whatever happens to the disk."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import OutputError, UsageError
from engine.takes import video as video_module
from engine.takes import video_encoder, video_file
from engine.takes.safe_place import safe_folder
from engine.takes.video import VideoRecorder
from engine.takes.video_file import VideoFile
from engine.takes.video_repair import playable_seconds, repair
from engine.types import Frame


def _frame(number: int, time_s: float, size: tuple[int, int] = (64, 48)) -> Frame:
    """A grey picture whose brightness tells its number."""
    return Frame(np.full((size[1], size[0], 3), 10 * number, np.uint8), number, time_s)


def _shown(path: Path) -> list[tuple[float, int]]:
    """Second and number of each picture."""
    with av.open(f"file:{path}") as container:
        return [
            (round(picture.time or 0.0, 3), round(float(picture.to_ndarray(format="gray").mean()) / 10))
            for picture in container.decode(video=0)
        ]


def _still() -> float:
    """A clock on which no encoder is ever behind."""
    return 0.0


def _record(recorder: VideoRecorder, times: list[float]) -> None:
    for number, time_s in enumerate(times):
        recorder.write(_frame(number % 20, time_s))
        while recorder._queue.qsize() > 8 and recorder.error is None:
            time.sleep(0.001)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_every_picture_is_shown_at_its_own_time(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, [5.0, 5.1, 5.4, 5.5, 5.51, 65.6])
    assert recorder.close() == tmp_path / "take.mkv"
    assert _shown(tmp_path / "take.mkv") == [(0.0, 0), (0.1, 1), (0.4, 2), (0.5, 3), (0.51, 4), (60.6, 5)]
    assert playable_seconds(tmp_path / "take.mkv") == pytest.approx(60.6)
    assert recorder.lost == 0


def test_an_hour_of_video_stays_within_a_millisecond_of_the_take(tmp_path: Path) -> None:
    times = np.arange(0, round(3600 * 60_000 / 1001), 900) * 1001 / 60_000
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, times.tolist())
    shown = _shown(recorder.close())
    np.testing.assert_allclose([time_s for time_s, _ in shown], times, atol=1e-3)


def test_a_picture_that_is_not_later_than_the_one_before_is_left_out(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, [5.0, 5.1, 5.1, 5.05, 5.2])
    recorder.close()
    assert _shown(tmp_path / "take.mkv") == [(0.0, 0), (0.1, 1), (0.2, 4)]


def test_the_video_begins_with_the_take_though_its_first_picture_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_module, "_QUEUE_FRAMES", 1)
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    put, full = recorder._queue.put_nowait, True

    def refuse_once(item: tuple[Frame, float] | None) -> None:
        nonlocal full
        if full:
            full = False
            raise video_module.queue.Full
        put(item)

    recorder._queue.put_nowait = refuse_once  # type: ignore[method-assign]
    recorder.write(_frame(0, 5.0))
    recorder.write(_frame(1, 5.5))
    recorder.close()
    assert recorder.lost == 1
    assert _shown(tmp_path / "take.mkv") == [(0.5, 1)]


def test_any_name_will_do(tmp_path: Path) -> None:
    path = tmp_path / "take 12:30 é%d.mkv"
    recorder = VideoRecorder(path, clock=_still)
    _record(recorder, [0.0, 0.1])
    assert recorder.close() == path
    assert playable_seconds(path) == pytest.approx(0.1)


def test_closing_twice_is_harmless_and_later_frames_are_ignored(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    recorder.write(_frame(3, 0.0))
    recorder.close()
    recorder.write(_frame(4, 0.1))
    recorder.close()
    assert _shown(tmp_path / "take.mkv") == [(0.0, 3)]


def test_an_encoder_that_is_behind_never_blocks_and_loses_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_module, "_QUEUE_FRAMES", 2)
    goes_on, record = threading.Event(), VideoRecorder._record

    def held_up(self: VideoRecorder) -> None:
        goes_on.wait(10)
        record(self)

    monkeypatch.setattr(VideoRecorder, "_record", held_up)
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    for number in range(10):
        recorder.write(_frame(number, number / 10))
    assert recorder.lost == 8
    goes_on.set()
    recorder.close()


def test_an_encoder_that_falls_behind_leaves_late_pictures_out_to_be_near_the_end_of_the_take(tmp_path: Path) -> None:
    """The clock goes on while the third picture waits, and stands still again for the last two."""
    offered, read = [0.0, 0.1, 0.2, 1.0, 1.1], [0.15, 0.9, 1.05, 1.15]
    all_offered = threading.Event()

    def clock() -> float:
        if threading.current_thread().name != "video":
            return offered.pop(0)
        all_offered.wait(10)
        return read.pop(0)

    recorder = VideoRecorder(tmp_path / "take.mkv", clock=clock)
    for number in range(5):
        recorder.write(_frame(number, number / 10))
    all_offered.set()
    _wait_until(lambda: not read)
    recorder.close()
    assert recorder.lost == 1
    assert _shown(tmp_path / "take.mkv") == [(0.0, 0), (0.1, 1), (0.3, 3), (0.4, 4)]


def test_a_camera_that_changes_its_size_goes_on_scaled(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    for number, size in enumerate([(65, 49), (32, 24), (65, 49), (96, 24)]):
        recorder.write(_frame(number + 5, number / 10, size))
    recorder.close()
    shown = _shown(tmp_path / "take.mkv")
    assert [number for _, number in shown[:3]] == [5, 6, 7]
    assert shown[3][1] < 5  # a wide picture has black above and below
    with av.open(str(tmp_path / "take.mkv")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 48)


def test_colours_come_back(tmp_path: Path) -> None:
    colours = np.zeros((48, 96, 3), np.uint8)
    colours[:, :32], colours[:, 32:64], colours[:, 64:] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    recorder.write(Frame(colours, 0, 0.0))
    recorder.close()
    with av.open(str(tmp_path / "take.mkv")) as container:
        back = next(container.decode(video=0)).to_ndarray(format="bgr24")
    for column in (16, 48, 80):
        np.testing.assert_allclose(back[24, column].astype(int), colours[24, column], atol=8)


def test_without_x264_the_video_is_mpeg_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_encoder, "codecs_available", {"mpeg4"})
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, [0.0, 0.1, 0.25])
    recorder.close()
    assert _shown(tmp_path / "take.mkv") == [(0.0, 0), (0.1, 1), (0.25, 2)]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot record video"):
        VideoRecorder(tmp_path / "file" / "take.mkv", clock=_still)
    with pytest.raises(UsageError, match=r"NAME\.mkv"):
        VideoRecorder(tmp_path / "take.mp4", clock=_still)
    (tmp_path / "there.mkv").write_bytes(b"another's")
    with pytest.raises(OutputError, match="cannot record video"):
        VideoRecorder(tmp_path / "there.mkv", clock=_still)
    assert (tmp_path / "there.mkv").read_bytes() == b"another's"
    empty = VideoRecorder(tmp_path / "empty.mkv", clock=_still)
    with pytest.raises(OutputError, match="no picture arrived"):
        empty.close()
    assert not (tmp_path / "empty.mkv").exists()


def test_a_finished_video_gets_the_name_of_its_take_and_replaces_none(tmp_path: Path) -> None:
    (tmp_path / "take-2.mkv").write_bytes(b"another's")
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, [0.0, 0.1])
    assert recorder.close(tmp_path / "take-2.npz") == tmp_path / "take-2-2.mkv"
    assert (tmp_path / "take-2.mkv").read_bytes() == b"another's"
    recorder = VideoRecorder(tmp_path / "new.mkv", clock=_still)
    _record(recorder, [0.0, 0.1])
    assert recorder.close(tmp_path / "take-2.npz", overwrite=True) == tmp_path / "take-2.mkv"
    assert playable_seconds(tmp_path / "take-2.mkv") > 0


def test_on_a_filling_disk_the_video_stops_first_says_so_and_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk of 5 MB that nobody else writes to; the motion has 0.5 MB of it."""
    total, motion = 5_000_000, 500_000

    def usage(_folder: Path) -> object:
        used = (tmp_path / "take.mkv").stat().st_size + motion
        return shutil._ntuple_diskusage(total, used, total - used)  # type: ignore[attr-defined]

    monkeypatch.setattr(video_file.shutil, "disk_usage", usage)
    recorder = VideoRecorder(tmp_path / "take.mkv", reserve=lambda: motion, clock=_still)
    noise = np.random.default_rng(0)
    for number in range(600):
        recorder.write(Frame(noise.integers(0, 255, (120, 160, 3), np.uint8), number, number / 30))
        while recorder._queue.qsize() > 8 and recorder.error is None:
            time.sleep(0.001)
    _wait_until(lambda: recorder.error is not None)
    assert "nearly full" in (recorder.error or "")
    assert "the take continues" in (recorder.error or "")
    with pytest.raises(OutputError, match="nearly full"):
        recorder.close()
    size, seconds = (tmp_path / "take.mkv").stat().st_size, playable_seconds(tmp_path / "take.mkv")
    assert 1_500_000 < size < 2_100_000  # half of the disk and 0.5 MB more stay free
    assert f"stopped at {seconds:.1f} s" in (recorder.error or "")


class _FullDisk:
    """An open file on a disk that takes so many bytes more."""

    def __init__(self, file: object, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data: bytes) -> int:
        taken = min(len(data), self.room)
        self.room -= taken
        return int(self.file.write(bytes(data)[:taken]))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)


def test_a_disk_that_another_fills_costs_nothing_of_what_was_written(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    recorder._file._file = _FullDisk(recorder._file._file, 40_000)  # type: ignore[assignment]
    noise = np.random.default_rng(0)
    for number in range(60):
        recorder.write(Frame(noise.integers(0, 255, (48, 64, 3), np.uint8), number, number / 30))
        while recorder._queue.qsize() > 8 and recorder.error is None:
            time.sleep(0.001)
    with pytest.raises(OutputError, match=r"the video stopped at .* \(No space left on device\); the take continues"):
        recorder.close()
    assert playable_seconds(tmp_path / "take.mkv") > 0.1
    assert (tmp_path / "take.mkv").stat().st_size < 40_001


def test_a_file_that_does_not_grow_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VideoFile, "size_bytes", property(lambda _self: 1000))
    recorder = VideoRecorder(tmp_path / "take.mkv", clock=_still)
    _record(recorder, [number / 10 for number in range(40)])
    with pytest.raises(OutputError, match="no longer grows"):
        recorder.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps folders with open files")
def test_when_its_folder_is_deleted_the_video_goes_on_in_the_safe_place_from_its_start(tmp_path: Path) -> None:
    folder, said = tmp_path / "takes", list[str]()
    recorder = VideoRecorder(folder / "take.mkv", say=said.append, clock=_still)
    _record(recorder, [number / 10 for number in range(20)])
    _wait_until(lambda: recorder._queue.empty())
    shutil.rmtree(folder)
    for number in range(20, 40):
        recorder.write(_frame(number % 20, number / 10))
        _wait_until(lambda: recorder._queue.empty())
    path = recorder.close(folder / "take.npz")
    assert path == safe_folder() / "take.mkv"
    assert [shown[0] for shown in _shown(path)] == pytest.approx([number / 10 for number in range(40)])
    assert said == [f"the folder {folder} is gone: the video continues in {path}"]


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
import numpy as np
from engine.takes.video import VideoRecorder
from engine.types import Frame
recorder, noise = VideoRecorder({path!r}, clock=lambda: 0.0), np.random.default_rng(0)
for n in range(100_000):
    recorder.write(Frame(noise.integers(0, 255, (48, 64, 3), np.uint8), n, n / 30))
    while recorder._queue.qsize() > 1:
        time.sleep(0.001)
    print(n / 30, flush=True)
"""


def test_kill_minus_nine_costs_less_than_a_second_of_video(tmp_path: Path) -> None:
    """Its own clock is the video's: a busy machine changes nothing."""
    path = tmp_path / "take.mkv"
    command = [sys.executable, "-c", KILLED.format(root=str(Path(__file__).parents[3]), path=str(path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = 0.0
        for line in process.stdout:
            told = float(line)
            if told >= 3.7:
                process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
                break
    assert told - playable_seconds(path) < 0.5
    assert playable_seconds(tmp_path / "none.mkv") == 0.0
    (tmp_path / "junk.mkv").write_bytes(os.urandom(1000))
    assert playable_seconds(tmp_path / "junk.mkv") == 0.0


def _cut_off(path: Path) -> bytes:
    """A video of which a crash kept the first two thirds."""
    recorder, noise = VideoRecorder(path, clock=_still), np.random.default_rng(0)
    for number in range(30):
        recorder.write(Frame(noise.integers(0, 255, (48, 64, 3), np.uint8), number, number / 10))
        _wait_until(lambda: recorder._queue.empty())
    data = path.read_bytes()  # as a kill would leave it, and less
    recorder.close()
    data = data[: 2 * len(data) // 3]
    path.write_bytes(data)
    return data


def test_a_video_that_was_cut_off_gets_its_duration_and_keeps_every_picture(tmp_path: Path) -> None:
    path = tmp_path / "take 12:30.mkv"
    _cut_off(path)
    before = _shown(path)
    seconds = repair(path)
    assert 1.0 < seconds < 2.5
    assert _shown(path) == before
    with av.open(f"file:{path}") as container:
        assert (container.duration or 0) / 1e6 == pytest.approx(seconds, abs=0.15)
    whole = path.read_bytes()
    assert repair(path) == seconds
    assert path.read_bytes() == whole
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_video_that_cannot_be_repaired_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "take.mkv"
    data = _cut_off(path)

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.motion.atomic.os.fsync", no_room)
    assert repair(path) > 1.0
    assert path.read_bytes() == data
    path.write_bytes(b"no video")
    assert repair(path) == 0.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.mkv"]


def test_writing_fails_for_good_once_it_has_failed(tmp_path: Path) -> None:
    file = VideoFile(tmp_path / "take.mkv", reserve=lambda: 0, say=lambda _text: None)
    file._file = _FullDisk(file._file, 3)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        file.write(b"four")
    assert file.write(b"more") == 4
    assert file.broken is not None
    assert file.broken.errno == errno.ENOSPC
    file.close()
    assert (tmp_path / "take.mkv").read_bytes() == b""
