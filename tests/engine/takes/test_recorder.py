"""Recording: every pose, in order; what was recorded survives a kill, a full disk and a slow one."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from engine.errors import OutputError, UsageError, VtmError
from engine.motion.formats import write_motion
from engine.motion.npz import read_motion_npz
from engine.motion.take import row_of
from engine.takes import recorder as recorder_module
from engine.takes import recovery
from engine.takes.names import dated_take
from engine.takes.partial_file import PartialFile, read_partial
from engine.takes.recorder import Recorder
from engine.takes.recovery import recover, unfinished_takes
from engine.types import Detection, Pose

PoseMaker = Callable[..., Pose]
DetectionMaker = Callable[[Pose], Detection]


@pytest.fixture
def frames(make_pose: PoseMaker, make_detection: DetectionMaker) -> list[tuple[Pose, Detection]]:
    """Fifty frames at 25 Hz."""
    poses = [make_pose(0, n / 25, frame_id=n) for n in range(50)]
    return [(pose, make_detection(pose)) for pose in poses]


Frames = list[tuple[Pose, Detection]]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("name", "style"), [("a.bvh", "mixamo"), ("a.bvh", "gmr"), ("a.fbx", "rokoko"), ("a.npz", "smpl")]
)
def test_a_take_is_written_for_a_program_as_convert_writes_it(
    frames: Frames, tmp_path: Path, name: str, style: str
) -> None:
    plain, styled = Recorder(tmp_path / "plain.npz"), Recorder(tmp_path / name, style=style)
    for pose, detection in frames:
        plain.write(pose, detection)
        styled.write(pose, detection)
    expected = write_motion(tmp_path / f"expected{name}", read_motion_npz(plain.close()), style=style)
    if style == "smpl":
        with np.load(styled.close()) as found, np.load(expected) as wanted:
            np.testing.assert_array_equal(found["poses"], wanted["poses"])
    else:
        assert len(styled.close().read_bytes()) == pytest.approx(len(expected.read_bytes()), abs=64)
        assert (b"mixamorig:" in expected.read_bytes()) == (style == "mixamo")
        assert (b"mixamorig:" in (tmp_path / name).read_bytes()) == (style == "mixamo")


def test_a_format_with_one_form_ignores_the_program(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz", style="mixamo")
    for pose, detection in frames:
        recorder.write(pose, detection)
    assert len(read_motion_npz(recorder.close())) == len(frames)


def test_a_take_holds_every_pose_in_order_and_leaves_no_other_file(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz")
    for pose, detection in frames:
        recorder.write(pose, detection)
    assert recorder.close() == tmp_path / "take.npz"
    take = read_motion_npz(tmp_path / "take.npz")
    np.testing.assert_array_equal(take.timestamps_s, [pose.captured_at_s for pose, _ in frames])
    np.testing.assert_array_equal(take.joints_world_m, [pose.joints_world_m for pose, _ in frames])
    assert take.fps == pytest.approx(25)
    assert (take.lost_before == 0).all()
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.npz"]


def test_bvh_takes_are_written_too_and_missing_folders_made(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "new" / "take.bvh")
    for pose, detection in frames:
        recorder.write(pose, detection)
    assert "Frames: 50" in recorder.close().read_text()


def test_the_state_shows_clock_poses_and_size(frames: Frames, tmp_path: Path) -> None:
    now = [5.0]
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0])
    assert recorder.state().seconds == 0
    empty = recorder.state().size_bytes
    for pose, detection in frames[:3]:
        recorder.write(pose, detection)
    now[0] = 7.5
    _wait_until(lambda: recorder.state().poses == 3)
    state = recorder.state()
    assert (state.path, state.seconds, state.error) == (str(tmp_path / "take.npz"), 2.5, None)
    assert state.size_bytes > empty
    recorder.close()
    now[0] = 99.0
    assert recorder.state().seconds == 2.5


def test_closing_twice_gives_the_same_file_and_later_poses_are_ignored(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[0])
    first = recorder.close()
    recorder.write(*frames[1])
    assert recorder.close() == first
    assert len(read_motion_npz(first)) == 1


def test_an_older_take_of_the_same_name_stays(frames: Frames, tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    path.write_bytes(b"older")
    recorder = Recorder(path)
    recorder.write(*frames[0])
    assert len(read_motion_npz(recorder.close())) == 1
    assert path.read_bytes() == b"older"


def test_a_take_without_any_pose_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frame arrived"):
        Recorder(tmp_path / "take.bvh").close()
    assert list(tmp_path.iterdir()) == []


def test_a_bvh_without_a_person_is_refused_but_an_npz_keeps_it(frames: Frames, tmp_path: Path) -> None:
    pose, detection = frames[0]
    for name in ("take.bvh", "take.npz"):
        recorder = Recorder(tmp_path / name)
        recorder.write(dataclasses.replace(pose, tracked=False), detection)
        recorder.write(None, detection)
        if name.endswith("bvh"):
            with pytest.raises(OutputError, match="no person"):
                recorder.close()
        else:
            assert len(read_motion_npz(recorder.close())) == 2


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another folder"):
        Recorder(tmp_path / "file" / "take.bvh")
    (tmp_path / "folder.bvh").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        Recorder(tmp_path / "folder.bvh")
    with pytest.raises(UsageError, match="must end in"):
        Recorder(tmp_path / "take.mp3")


def test_a_stalled_disk_never_blocks_and_its_gap_is_counted_and_marked(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_QUEUE_POSES", 4)
    disk_works, append = threading.Event(), PartialFile.append

    def stalled(self: PartialFile, row: np.ndarray) -> None:
        disk_works.wait()
        append(self, row)

    monkeypatch.setattr(PartialFile, "append", stalled)
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[0])
    _wait_until(recorder._queue.empty)  # it hangs on the first row now
    for frame in frames[1:15]:
        recorder.write(*frame)
    assert "10 poses were lost" in (recorder.state().error or "")
    disk_works.set()
    _wait_until(lambda: recorder.state().poses == 5)
    recorder.write(*frames[20])
    take = read_motion_npz(recorder.close())
    assert take.lost_before.tolist() == [0, 0, 0, 0, 0, 10]


def test_a_full_disk_keeps_the_take_shows_the_error_and_goes_on_when_there_is_room(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, full, append = [0.0], threading.Event(), PartialFile.append

    def on_full_disk(self: PartialFile, row: np.ndarray) -> None:
        if full.is_set():
            raise OSError(28, "No space left on device")
        append(self, row)

    monkeypatch.setattr(PartialFile, "append", on_full_disk)
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0])
    for frame in frames[:10]:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == 10)
    full.set()
    for frame in frames[10:15]:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().error is not None and recorder._lost == 5)
    assert "No space left on device; 10 poses are kept" in (recorder.state().error or "")
    full.clear()
    now[0] = 5.0
    recorder.write(*frames[15])
    _wait_until(lambda: recorder.state().poses == 11)
    take = read_motion_npz(recorder.close())
    assert take.lost_before.tolist() == [0] * 10 + [5]


def test_a_row_that_does_not_fit_is_cut_off_whole(frames: Frames, tmp_path: Path) -> None:
    class SmallDisk:
        def __init__(self, file: object) -> None:
            self.file = file

        def write(self, data: bytes) -> int:
            return int(self.file.write(data[:100]))  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    partial = PartialFile(tmp_path / "take.npz")
    row = row_of(*frames[0])
    partial.append(row)
    whole = partial._file
    partial._file = SmallDisk(whole)  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        partial.append(row)
    partial._file = whole
    partial.append(row)
    partial.close()
    assert len(read_partial(partial.path).rows) == 2


def test_when_the_final_file_cannot_be_written_the_partial_one_is_kept_and_named(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OutputError("cannot write take.npz: No space left on device")

    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[0])
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "write_motion", no_room)
        for _ in range(2):
            with pytest.raises(OutputError, match="vtm recover"):
                recorder.close()
    (partial,) = unfinished_takes(tmp_path)
    assert len(read_motion_npz(recover(partial).path)) == 1


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
import numpy as np
from engine.takes.recorder import Recorder
from engine.types import NoPerson
recorder = Recorder({path!r})
for n in range(10_000):
    recorder.write(None, NoPerson(n, n / 100, (640, 480)))
    print(recorder.state().poses, flush=True)
    time.sleep(0.01)
"""


def test_after_kill_minus_nine_all_that_was_told_as_kept_is_recovered(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", KILLED.format(root=root, path=str(path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 60:
                process.send_signal(signal.SIGKILL)
                break
    assert not path.exists()
    (partial,) = unfinished_takes(tmp_path)
    final = recover(partial).path
    assert final == path
    assert len(read_motion_npz(final)) >= 60
    assert list(tmp_path.iterdir()) == [path]


def test_recovery_leaves_out_torn_rows_and_overwrites_nothing(frames: Frames, tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    partial = PartialFile(path)
    for frame in frames[:5]:
        partial.append(row_of(*frame))
    partial.close()
    data = bytearray(partial.path.read_bytes())
    row_bytes = (len(data) - data.index(b"}") - 1) // 5
    data[-2 * row_bytes - 50] ^= 0xFF  # inside the third of five rows
    partial.path.write_bytes(data[:-7])  # and the last one cut
    path.write_bytes(b"someone else's")
    final = recover(partial.path).path
    assert final == tmp_path / "take-recovered-2.npz"
    assert len(read_motion_npz(final)) == 3
    assert path.read_bytes() == b"someone else's"


def test_a_new_take_leaves_the_unfinished_one_of_the_same_name_alone(frames: Frames, tmp_path: Path) -> None:
    old = PartialFile(tmp_path / "take.npz")
    old.append(row_of(*frames[0]))
    old.close()
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[1])
    recorder.close()
    assert unfinished_takes(tmp_path) == (old.path,)


def test_a_take_that_still_grows_is_neither_found_nor_recovered(frames: Frames, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[0])
    _wait_until(lambda: recorder.state().poses == 1)
    assert unfinished_takes(tmp_path) == ()
    with pytest.raises(VtmError, match="right now"):
        recover(tmp_path / "take.npz.partial")
    assert recorder.close().exists()


def test_a_recovered_take_does_not_get_the_name_of_the_next_one(frames: Frames, tmp_path: Path) -> None:
    old = PartialFile(tmp_path / "take.npz")
    old.append(row_of(*frames[0]))
    old.close()
    assert recover(old.path, avoid=tmp_path / "take.npz").path == tmp_path / "take-recovered-2.npz"
    old = PartialFile(tmp_path / "take.npz")
    old.append(row_of(*frames[0]))
    old.close()
    recorder = Recorder(tmp_path / "take.npz")
    recorder.write(*frames[1])
    assert recover(old.path).path == tmp_path / "take-recovered-3.npz"
    assert recorder.close() == tmp_path / "take.npz"


def _left_over(path: Path, frames: Frames, *, video: bytes | None) -> Path:
    """A take of one frame whose process was killed."""
    beside = path.with_suffix(".mkv")
    recorder = PartialFile(path, video=None if video is None else beside)
    recorder.append(row_of(*frames[0]))
    recorder.close()
    if video is not None:
        beside.write_bytes(video)
    return recorder.path


def test_the_video_of_a_recovered_take_gets_its_new_name_too(frames: Frames, tmp_path: Path) -> None:
    partial = _left_over(tmp_path / "take.npz", frames, video=b"moving pictures")
    assert recover(partial, avoid=tmp_path / "take.npz").path == tmp_path / "take-recovered-2.npz"
    assert (tmp_path / "take-recovered-2.mkv").read_bytes() == b"moving pictures"
    assert not (tmp_path / "take.mkv").exists()


def test_a_take_recovered_under_its_own_name_leaves_its_video_where_it_is(frames: Frames, tmp_path: Path) -> None:
    partial = _left_over(tmp_path / "take.npz", frames, video=b"moving pictures")
    assert recover(partial).path == tmp_path / "take.npz"
    assert (tmp_path / "take.mkv").read_bytes() == b"moving pictures"


def test_a_recovered_take_takes_neither_a_name_nor_a_video_that_belongs_to_another(
    frames: Frames, tmp_path: Path
) -> None:
    (tmp_path / "take-recovered-2.mkv").write_bytes(b"of another take")
    partial = _left_over(tmp_path / "take.npz", frames, video=b"moving pictures")
    assert recover(partial, avoid=tmp_path / "take.npz").path == tmp_path / "take-recovered-3.npz"
    assert (tmp_path / "take-recovered-2.mkv").read_bytes() == b"of another take"
    (tmp_path / "other.mkv").write_bytes(b"of the finished take")
    (tmp_path / "other.npz").touch()
    partial = _left_over(tmp_path / "other.npz", frames, video=None)
    assert recover(partial).path == tmp_path / "other-recovered-2.npz"
    assert (tmp_path / "other.mkv").read_bytes() == b"of the finished take"


def test_a_video_that_cannot_be_renamed_is_one_line_and_the_take_is_kept(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = _left_over(tmp_path / "take.npz", frames, video=b"moving pictures")

    def refused(*_: object) -> Path:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(recovery, "move_to_free_name", refused)
    with pytest.raises(VtmError, match=r"take\.mkv cannot be renamed to take-recovered-2\.mkv \(in use\)"):
        recover(partial, avoid=tmp_path / "take.npz")
    assert len(read_motion_npz(tmp_path / "take-recovered-2.npz")) == 1
    assert (tmp_path / "take.mkv").read_bytes() == b"moving pictures"


@pytest.mark.parametrize("content", [b"", b"VTMTAKE1", b"VTMTAKE1\x04\x00\x00\x00null", b"something else entirely"])
def test_what_is_no_unfinished_take_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.partial"
    path.write_bytes(content)
    with pytest.raises(VtmError, match="not an unfinished take"):
        recover(path)
    with pytest.raises(VtmError, match="cannot read"):
        recover(tmp_path / "none.partial")


def test_new_takes_are_named_by_date_and_never_like_one_that_is_there(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 14, 3, 7)
    first = dated_take(tmp_path, ".bvh", now)
    assert first.name == "2026-11-22_14-03-07.bvh"
    first.touch()
    second = dated_take(tmp_path, ".bvh", now)
    assert second.name == "2026-11-22_14-03-07_2.bvh"
    (tmp_path / f"{second.name}.partial").touch()
    assert dated_take(tmp_path, ".bvh", now).name == "2026-11-22_14-03-07_3.bvh"


def test_a_defect_is_shown_as_ours_and_logged_and_what_was_written_is_kept(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path / "take.npz")
    for frame in frames:
        recorder.write(*frame)
    _wait_until(lambda: recorder.state().poses == len(frames))
    monkeypatch.setattr(recorder_module, "row_of", lambda *_, **__: {}["LeftHand"])
    recorder.write(*frames[-1])
    _wait_until(lambda: recorder.state().error is not None)
    assert "unexpected KeyError: 'LeftHand'" in (recorder.state().error or "")
    assert any(record.exc_info for record in caplog.records)
    assert len(read_motion_npz(recorder.close())) == len(frames)


def test_the_latency_of_each_pose_is_recorded_as_the_clock_has_it(frames: Frames, tmp_path: Path) -> None:
    now = [0.0]
    recorder = Recorder(tmp_path / "take.npz", clock=lambda: now[0])
    for number, (pose, detection) in enumerate(frames):
        now[0] = detection.captured_at_s + 0.001 * (20 + number)
        recorder.write(None if number == 3 else pose, detection)
    latency_s = read_motion_npz(recorder.close()).latency_s
    assert latency_s is not None
    expected = 0.001 * (20 + np.arange(len(frames)))
    expected[3] = np.nan
    np.testing.assert_allclose(latency_s, expected, atol=1e-6)


def test_who_asked_gets_the_finished_take_of_any_format(frames: Frames, tmp_path: Path) -> None:
    given: list[tuple[Path, int, bool]] = []
    recorder = Recorder(
        tmp_path / "take.bvh", on_written=lambda path, take: given.append((path, len(take), path.exists()))
    )
    for frame in frames:
        recorder.write(*frame)
    assert given == []
    assert recorder.close() == tmp_path / "take.bvh"
    assert given == [(tmp_path / "take.bvh", len(frames), True)]
