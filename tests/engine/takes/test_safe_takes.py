"""No take is lost: not to another of its name, a folder that vanishes, a full disk, a pause, or its own length."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import OutputError
from engine.motion.npz import read_motion_npz
from engine.motion.take import ROW, row_of
from engine.takes import recovery, safe_place, take_file
from engine.takes.names import free_take
from engine.takes.partial_file import PartialFile, read_partial
from engine.takes.recorder import Recorder
from engine.takes.recovery import recover, unfinished_takes
from engine.takes.safe_place import safe_folder
from engine.takes.video import VideoRecorder
from engine.types import Detection, Frame, NoPerson, Pose

Frames = list[tuple[Pose, Detection]]
not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps folders with open files")


@pytest.fixture
def frames(make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Detection]) -> Frames:
    """Fifty frames at 25 Hz."""
    poses = [make_pose(0, n / 25, frame_id=n) for n in range(50)]
    return [(pose, make_detection(pose)) for pose in poses]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def _times(path: Path) -> list[float]:
    return [round(time_s, 6) for time_s in read_motion_npz(path).timestamps_s.tolist()]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_take_gets_the_next_free_name_at_its_start(frames: Frames, tmp_path: Path) -> None:
    for name in ("take.npz", "take-2.npz", "take-3.npz"):
        recorder = Recorder(tmp_path / "take.npz")
        recorder.write(*frames[0])
        assert recorder.state().path == str(tmp_path / name)
        assert recorder.close() == tmp_path / name
    recorder = Recorder(tmp_path / "take.npz", overwrite=True)
    for frame in frames[:7]:
        recorder.write(*frame)
    assert len(read_motion_npz(tmp_path / "take.npz")) == 1  # until the new one is whole
    assert recorder.close() == tmp_path / "take.npz"
    assert len(read_motion_npz(tmp_path / "take.npz")) == 7


def test_of_two_that_record_under_one_name_at_once_both_are_kept(frames: Frames, tmp_path: Path) -> None:
    first, second = Recorder(tmp_path / "take.npz"), Recorder(tmp_path / "take.npz")
    for recorder, count in ((first, 3), (second, 5)):
        for frame in frames[:count]:
            recorder.write(*frame)
    assert second.close() == tmp_path / "take-2.npz"
    assert first.close() == tmp_path / "take.npz"
    assert [len(read_motion_npz(tmp_path / name)) for name in _names(tmp_path)] == [5, 3]


def test_a_name_that_is_taken_while_the_take_runs_is_left_to_its_owner(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[0])
    (tmp_path / "take.npz").write_bytes(b"another's")
    assert recorder.close() == tmp_path / "take-2.npz"
    assert (tmp_path / "take.npz").read_bytes() == b"another's"


RACING = """
import sys
sys.path.insert(0, {root!r})
from engine.takes.recorder import Recorder
from engine.types import NoPerson
print("ready", flush=True)
sys.stdin.readline()
recorder = Recorder({path!r}, video=True)
recorder.write(None, NoPerson({number}, 1.0, (640, 480)))
print("recording", flush=True)
sys.stdin.readline()
print(recorder.close(), flush=True)
"""


def test_processes_that_race_for_a_name_all_keep_their_takes(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACING.format(root=root, path=str(tmp_path / "take.npz"), number=number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    names = []
    for _ in range(3):
        for process in processes:
            assert process.stdin is not None
            assert process.stdout is not None
            names.append(process.stdout.readline().strip())
            if process.stdin.writable():
                process.stdin.write("\n")
        for process in processes:
            assert process.stdin is not None
            process.stdin.flush() if process.poll() is None else None
    for process in processes:
        process.communicate(timeout=30)
    finished = names[-4:]
    assert len(set(finished)) == 4
    assert all(len(read_motion_npz(Path(name))) == 1 for name in finished)
    assert len(list(tmp_path.glob("*.mkv"))) == 4


def test_a_take_and_its_video_share_a_name_that_both_are_free_for(tmp_path: Path) -> None:
    (tmp_path / "take.mkv").write_bytes(b"a video")
    assert free_take(tmp_path / "take.npz", video=False) == (tmp_path / "take.npz", None)
    assert free_take(tmp_path / "take.npz", video=True) == (tmp_path / "take-2.npz", tmp_path / "take-2.mkv")
    (tmp_path / "take.npz").touch()
    names = free_take(tmp_path / "take.npz", video=True, overwrite=True)
    assert names == (tmp_path / "take.npz", tmp_path / "take-3.mkv")  # until the end, beside the older one
    with pytest.raises(OutputError, match="cannot record video"):
        free_take(tmp_path / "none" / "take.npz", video=True)


def test_a_take_pauses_while_no_frame_comes_and_goes_on_when_one_does(frames: Frames, tmp_path: Path) -> None:
    now = [100.0]
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0])
    recorder.write(*frames[0])
    now[0] = 109.9
    assert (recorder.state().paused, recorder.state().seconds) == (False, pytest.approx(9.9))
    now[0] = 3700.0
    assert (recorder.state().paused, recorder.state().seconds) == (True, pytest.approx(10.0))
    recorder.write(*frames[1])
    now[0] = 3702.0
    recorder.write(*frames[2])
    assert (recorder.state().paused, recorder.state().seconds) == (False, pytest.approx(12.0))
    assert len(read_motion_npz(recorder.close())) == 3
    assert recorder.state().seconds == pytest.approx(12.0)


@not_on_windows
def test_a_folder_that_is_deleted_is_told_and_nothing_of_the_take_is_lost(frames: Frames, tmp_path: Path) -> None:
    now, said, folder = [0.0], list[str](), tmp_path / "takes"
    recorder = Recorder(folder / "take.npz", clock=lambda: now[0], say=said.append)
    for frame in frames[:20]:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 20)
    shutil.rmtree(folder)
    now[0] = 2.0
    for frame in frames[20:30]:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 30)
    growing = safe_folder() / "take.npz.partial"
    assert said == [f"the folder {folder} is gone: the take continues in {growing}"]
    assert recorder.state().error is None
    final = recorder.close()
    assert final == safe_folder() / "take.npz"
    assert _times(final) == [n / 25 for n in range(30)]
    assert _names(safe_folder()) == ["take.npz"]


@not_on_windows
def test_a_deleted_folder_is_noticed_while_no_frame_comes(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.takes.recorder._CHECK_S", 0.02)
    said = list[str]()
    recorder = Recorder(tmp_path / "takes" / "take.npz", say=said.append)
    recorder.write(*frames[0])
    _wait_until(lambda: recorder.state().poses == 1)
    shutil.rmtree(tmp_path / "takes")
    _wait_until(lambda: bool(said))
    (tmp_path / "takes").mkdir()  # it is back: the take goes where it was wanted
    assert recorder.close() == tmp_path / "takes" / "take.npz"
    assert _names(safe_folder()) == []


def test_a_folder_that_turns_read_only_is_told_and_the_take_goes_on_elsewhere(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a disk that is mounted again for reading only: old rows can be read, new ones not written."""
    now, said = [0.0], list[str]()
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0], say=said.append)
    for frame in frames[:5]:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 5)
    access = os.access
    monkeypatch.setattr(safe_place.os, "access", lambda path, mode: Path(path) != tmp_path and access(path, mode))
    now[0] = 2.0
    recorder.write(*frames[5])
    _wait_until(lambda: recorder.state().poses == 6)
    assert "has become read-only" in said[0]

    def refused(path: Path, *_: object, **options: object) -> Path:
        if path.parent == tmp_path:
            raise OutputError(f"cannot write {path}: Read-only file system")
        return write(path, *_, **options)  # type: ignore[arg-type]

    write = recovery.write_motion
    monkeypatch.setattr(recovery, "write_motion", refused)
    assert _times(recorder.close()) == [n / 25 for n in range(6)]
    assert _names(safe_folder()) == ["take.npz"]


def _full_disk(monkeypatch: pytest.MonkeyPatch, folder: Path, after: int) -> None:
    append, left = PartialFile._append, [after]

    def limited(self: PartialFile, data: bytes) -> None:
        if self.path.parent == folder:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
        append(self, data)

    monkeypatch.setattr(PartialFile, "_append", limited)


def test_a_full_disk_costs_nothing_when_the_safe_place_is_on_another(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_file, "same_disk", lambda *_: False)
    _full_disk(monkeypatch, tmp_path, 10)
    said = list[str]()
    recorder = Recorder(tmp_path / "take.npz", say=said.append)
    for frame in frames:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 50)
    assert said == [f"{tmp_path}: No space left on device: the take continues in {safe_folder() / 'take.npz.partial'}"]
    assert recorder.state().error is None
    assert _times(recorder.close()) == [n / 25 for n in range(50)]


def test_rows_that_cannot_be_read_any_more_stay_and_are_named(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a network drive that is gone for good."""
    monkeypatch.setattr(take_file, "same_disk", lambda *_: False)
    _full_disk(monkeypatch, tmp_path, 10)

    def unreadable(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(PartialFile, "take_over", unreadable)
    said = list[str]()
    recorder = Recorder(tmp_path / "take.npz", say=said.append)
    for frame in frames:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 50)
    assert f"the part before is in {tmp_path / 'take.npz.partial'}" in said[0]
    recorder.close()
    (partial,) = unfinished_takes(tmp_path)
    assert _times(recover(partial).path) == [n / 25 for n in range(10)]


def test_a_safe_place_that_takes_nothing_either_is_as_a_full_disk(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_file, "same_disk", lambda *_: False)
    _full_disk(monkeypatch, tmp_path, 10)
    safe_folder().parent.mkdir(parents=True, exist_ok=True)
    safe_folder().write_text("no folder")
    now = [0.0]
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0])
    for frame in frames:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 10 and recorder._queue.empty())
    assert "No space left on device" in (recorder.state().error or "")
    assert _times(recorder.close()) == [n / 25 for n in range(10)]


def test_the_state_says_how_much_of_the_final_file_is_written(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[float | None]()
    half, goes_on = threading.Event(), threading.Event()
    write = recovery.write_motion

    def slowly(*arguments: object, progress: Callable[[float], None], **options: object) -> Path:
        progress(0.5)
        half.set()
        goes_on.wait(10)
        return write(*arguments, progress=progress, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recovery, "write_motion", slowly)
    recorder = Recorder(tmp_path / "take.bvh")
    for frame in frames:
        recorder.write(*frame)
    seen.append(recorder.state().saved)
    closing = threading.Thread(target=recorder.close)
    closing.start()
    assert half.wait(10)
    seen.append(recorder.state().saved)
    goes_on.set()
    closing.join()
    assert [*seen, recorder.state().saved] == [None, 0.5, 1.0]


def test_rows_are_mapped_from_the_file_and_not_held_in_memory(frames: Frames, tmp_path: Path) -> None:
    partial = PartialFile(tmp_path / "take.npz")
    for frame in frames:
        partial.append(row_of(*frame))
    partial.close()
    rows = read_partial(partial.path).rows
    base = rows
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    assert rows.dtype == ROW
    assert len(rows) == 50


def test_recovery_counts_the_seconds_of_the_video_that_play(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz", video=True)
    assert recorder.video is not None
    video, noise = VideoRecorder(recorder.video, clock=lambda: 0.0), np.random.default_rng(0)
    for number in range(30):
        recorder.write(None, NoPerson(number, number / 10, (64, 48)))
        video.write(Frame(noise.integers(0, 255, (48, 64, 3), np.uint8), number, number / 10))
        _wait_until(lambda: video._queue.empty())
    _wait_until(lambda: recorder.state().poses == 30)
    video.close()
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for path in tmp_path.glob("take*"):
        shutil.copy(path, crashed)
    recorder.close()
    with (crashed / "take.mkv").open("rb+") as file:
        file.truncate(file.seek(0, os.SEEK_END) // 2)
    recovered = recover(crashed / "take.npz.partial")
    assert recovered.seconds == pytest.approx(2.9)
    assert 0.5 < recovered.video_seconds < 2.5
    assert f"take.npz (2.9 s) and take.mkv ({recovered.video_seconds:.1f} s play)" in str(recovered)
