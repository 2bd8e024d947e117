"""Hands and face are recorded, survive a killed run, and are sent again when the take is replayed."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.motion.npz import read_motion_npz
from engine.motion.take import BODY_ROW, DETAILED_ROW, ROW, row_of
from engine.takes.partial_file import PartialFile, read_partial
from engine.takes.player import Player
from engine.takes.recorder import Recorder
from engine.takes.recovery import recover
from engine.types import Keypoints2D, Pose
from tests.engine.detailed_poses import with_details
from tests.engine.osc.vmc_listener import VmcListener

Frames = list[tuple[Pose, Keypoints2D]]


@pytest.fixture
def frames(make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]) -> Frames:
    poses = [with_details(make_pose(1, n / 30, frame_id=n)) for n in range(6)]
    return [(pose, make_detection(pose)) for pose in poses]


def test_a_recorded_take_holds_hands_and_face(frames: Frames, tmp_path: Path):
    recorder = Recorder(tmp_path / "take.npz")
    for frame in frames:
        recorder.write(*frame)
    take = read_motion_npz(recorder.close())
    for n, (pose, _) in enumerate(frames):
        np.testing.assert_array_equal(take.fingers_xyzw[n], pose.fingers_xyzw)
        np.testing.assert_array_equal(take.expression[n], pose.expression)
        np.testing.assert_array_equal(take.hand_points_cam_m[n], pose.hand_points_cam_m)
    assert take.head_from_face.all()


def test_a_killed_run_loses_nothing_of_them(frames: Frames, tmp_path: Path):
    growing = PartialFile(tmp_path / "take.npz")
    for frame in frames:
        growing.append(row_of(*frame))
    growing.close()
    take = read_motion_npz(recover(growing.path).path)
    assert take.fingers_xyzw is not None
    assert take.eyes_xyzw is not None
    assert len(take) == len(frames)


@pytest.mark.parametrize("layout", [BODY_ROW, DETAILED_ROW], ids=["body", "hands and face"])
def test_an_unfinished_take_of_an_earlier_version_is_still_recovered(
    layout: np.dtype[Any], frames: Frames, tmp_path: Path
):
    about = json.dumps({"final": "old.npz", "layout": zlib.crc32(repr(layout).encode())}).encode()
    data = b"VTMTAKE1" + len(about).to_bytes(4, "little") + about
    for frame in frames:
        new, row = row_of(*frame), np.zeros(1, layout)
        for name in layout.names or ():
            row[name] = new[name]
        data += row.tobytes() + zlib.crc32(row.tobytes()).to_bytes(4, "little")
    path = tmp_path / "old.npz.partial"
    path.write_bytes(data)
    assert read_partial(path).rows.dtype == layout != ROW
    take = read_motion_npz(recover(path).path)
    assert len(take) == len(frames)
    assert take.tracked.all()
    assert (take.fingers_xyzw is not None) == (layout is DETAILED_ROW)
    assert take.latency_s is None


def test_a_hand_that_is_none_makes_a_row_unusable(frames: Frames, tmp_path: Path):
    growing = PartialFile(tmp_path / "take.npz")
    for n, frame in enumerate(frames):
        row = row_of(*frame)
        if n == 2:
            row["fingers_xyzw"] = 3.0
        growing.append(row)
    growing.close()
    assert len(read_partial(growing.path).rows) == len(frames) - 1


def test_a_replay_sends_fingers_eyes_and_expressions_again(frames: Frames, tmp_path: Path, receiver: socket.socket):
    recorder = Recorder(tmp_path / "take.npz")
    for frame in frames:
        recorder.write(*frame)
    url = f"vmc://127.0.0.1:{receiver.getsockname()[1]}?face=camel"
    player = Player(recorder.close(), (url,))
    try:
        assert player.wait(20.0)
    finally:
        player.close()
    listener = VmcListener()
    while True:
        try:
            listener.receive(receiver.recv(65_535))
        except TimeoutError:
            break
        if listener.applies >= len(frames):
            break
    assert len(listener.bones) == 54
    assert len(listener.blends) == 51
