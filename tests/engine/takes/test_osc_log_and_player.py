"""The OSC stream of a take survives the way through .jsonl byte for byte and is played again with its timing."""

from __future__ import annotations

import dataclasses
import json
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, OutputError, UsageError, VtmError
from engine.motion.formats import write_motion
from engine.motion.osc_lines import log_line
from engine.motion.osc_log import read_osc_log
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.motion.take_poses import poses_of
from engine.osc.demo_pose import wave_pose
from engine.osc.packing import OscMessage, PacketSet
from engine.osc.reading import OscFormatError, read_packet
from engine.osc.vmc import VmcEncoder
from engine.takes.player import Player, with_later_time
from engine.takes.recording import load_recording, pose_recording
from engine.types import Keypoints2D, Pose

PoseMaker = Callable[..., Pose]


class HeldClock:
    """Seconds that stand still until they are let go, so that a slow machine finds the player where it was left."""

    def __init__(self) -> None:
        self._held: float | None = 0.0
        self._from = 0.0

    def __call__(self) -> float:
        held = self._held
        return time.monotonic() - self._from if held is None else held

    def hold(self) -> None:
        self._held = self()

    def hold_at(self, seconds: float) -> None:
        self._held = seconds

    def go(self) -> None:
        self._from = time.monotonic() - self()
        self._held = None


@pytest.fixture
def take(make_pose: PoseMaker, make_detection: Callable[[Pose], Keypoints2D]) -> MotionTake:
    """Ten frames in 0.18 s, the fifth without a person."""
    poses = [make_pose(2, 3.0 + n / 50, frame_id=n, tracked=n != 4) for n in range(10)]
    return take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))


@pytest.fixture
def log(take: MotionTake, tmp_path: Path) -> Path:
    """The same as an OSC log."""
    write_motion(tmp_path / "take.jsonl", take)
    return tmp_path / "take.jsonl"


def _url(udp: socket.socket, scheme: str = "vmc") -> str:
    return f"{scheme}://127.0.0.1:{udp.getsockname()[1]}"


def _received(udp: socket.socket) -> list[bytes]:
    udp.settimeout(0.3)
    datagrams = []
    while True:
        try:
            datagrams.append(udp.recv(4096))
        except TimeoutError:
            return datagrams


def _time_of(datagram: bytes) -> float | None:
    return next((float(m.values[0]) for m in read_packet(datagram) if m.address == "/VMC/Ext/T"), None)  # type: ignore[arg-type]


def test_a_log_holds_exactly_what_would_have_been_sent(take: MotionTake, log: Path) -> None:
    encoder = VmcEncoder()
    expected = [packet for pose in poses_of(take) for packet in encoder.encode(pose, pose.captured_at_s)]
    read = read_osc_log(log)
    assert read.datagrams == tuple(expected)
    assert read.scheme == "vmc"
    assert read.warning is None
    np.testing.assert_allclose(read.times_s, np.repeat(np.arange(10) / 50, 2), atol=1e-6)


def test_a_line_can_be_read_by_people(log: Path) -> None:
    entry = json.loads(log.read_text().splitlines()[1])
    first = entry["messages"][0]
    assert (entry["time"], first) == (0.0, {"address": "/VMC/Ext/OK", "types": "iiii", "arguments": [1, 3, 0, 1]})


def test_bare_messages_are_logged_too() -> None:
    (bare,) = PacketSet([[OscMessage("/a", "sif", ("x",))]], bundled=False).pack(np.ones(1, np.float32), (7,))
    entry = json.loads(log_line(0.5, bare))
    assert entry == {
        "time": 0.5,
        "bundle": False,
        "messages": [{"address": "/a", "types": "sif", "arguments": ["x", 7, 1.0]}],
    }


def test_poses_of_a_take_are_those_recorded_and_held_where_nobody_was(take: MotionTake) -> None:
    poses = list(poses_of(take))
    assert [pose.tracked for pose in poses] == [n != 4 for n in range(10)]
    np.testing.assert_array_equal(poses[7].joints_world_m, take.joints_world_m[7])
    np.testing.assert_array_equal(poses[4].joints_world_m, take.joints_world_m[3])
    assert poses[0].captured_at_s == 0
    assert all(np.isfinite(pose.rotations_xyzw).all() for pose in poses)


def test_a_log_that_is_cut_or_damaged_plays_what_is_whole_and_says_so(log: Path) -> None:
    lines = log.read_text().splitlines()
    lines[3] = '{"time": 1, "bundle": true, "messages": [{"address": "/x", "types": "i", "arguments": [99999999999]}]}'
    lines[4] = '{"time": 1, "bundle": true, "messages": [{"address": "/x", "types": "f", "arguments": [1e300]}]}'
    lines[5] = '{"time": 1, "bundle": true, "messages": [{"address": "no", "types": "f", "arguments": [1]}]}'
    log.write_text("\n".join(lines)[:-200])
    read = read_osc_log(log)
    assert len(read.datagrams) == 20 - 4
    assert read.warning is not None
    assert "skipped 4" in read.warning
    assert "first is 4" in read.warning


@pytest.mark.parametrize("content", ["", "hello", "[]", '{"format": "vtm-osc-log", "version": 1, "scheme": "vmc"}'])
def test_what_is_no_log_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(VtmError) as caught:
        read_osc_log(tmp_path / "a.jsonl")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no file"):
        read_osc_log(tmp_path / "none.jsonl")


def test_a_log_is_played_byte_for_byte_in_its_own_time(log: Path, receiver: socket.socket) -> None:
    receiver.settimeout(60)
    clock = HeldClock()
    player = Player(log, (_url(receiver),), clock=clock)
    received = [receiver.recv(4096) for _ in range(2)]  # what is due at 0 s; the clock stands still
    clock.hold_at(0.09)
    received += [receiver.recv(4096) for _ in range(2 * 4)]  # up to 0.08 s
    assert _received(receiver) == []  # not before its time
    receiver.settimeout(60)
    clock.hold_at(1.0)
    assert player.wait(60)
    state = player.state()
    assert (state.state, state.position_s, state.message) == ("ended", state.duration_s, None)
    assert state.targets[0].packets == 20
    player.close()
    player.close()
    datagrams = read_osc_log(log).datagrams
    assert [*received, *_received(receiver)] == [*datagrams, *datagrams[-2:] * 3]


def test_a_take_is_played_to_any_protocol(take: MotionTake, tmp_path: Path, receiver: socket.socket) -> None:
    write_motion(tmp_path / "take.npz", take)
    player = Player(tmp_path / "take.npz", (_url(receiver, "vrchat"),))
    assert player.wait(5)
    player.close()
    received = _received(receiver)
    assert len(received) == 10 + 3
    assert received[-1] == received[9]


def test_a_gap_of_a_day_is_played_as_ten_seconds_and_told(take: MotionTake, tmp_path: Path) -> None:
    times = take.timestamps_s.copy()
    times[5:] += 86_400.0
    write_motion(tmp_path / "take.npz", dataclasses.replace(take, timestamps_s=times))
    recording = load_recording(tmp_path / "take.npz")
    assert recording.times_s[-1] == pytest.approx(10.0 + 8 / 50)
    assert recording.warning == "take.npz: 86400 s without frames at 0.1 s: held for 10 s only"


def test_looping_goes_on_with_a_rising_time(log: Path, receiver: socket.socket) -> None:
    receiver.settimeout(60)
    player = Player(log, (_url(receiver),), loop=True)
    received = [receiver.recv(4096) for _ in range(2 * 25)]  # two and a half times the ten frames
    assert player.state().state == "playing"
    player.close()
    times = [t for t in map(_time_of, received) if t is not None]
    assert len(times) == 25
    np.testing.assert_allclose(np.diff(times), 0.02, atol=1e-4)


def test_pause_seek_and_resume(log: Path, receiver: socket.socket) -> None:
    clock = HeldClock()
    player = Player(log, (_url(receiver),), clock=clock)
    player.pause()
    assert player.state().state == "paused"
    _received(receiver)
    player.seek(0.08)
    assert player.state().position_s == 0.08
    shown = _received(receiver)
    assert [len(datagram) for datagram in shown] == [len(datagram) for datagram in read_osc_log(log).datagrams[8:10]]
    player.seek(99.0)
    assert player.state().position_s == player.duration_s
    player.seek(-1.0)
    _received(receiver)
    player.resume()
    clock.go()
    assert player.wait(5)
    times = [t for t in map(_time_of, _received(receiver)) if t is not None]
    assert len(times) == 9
    assert np.diff(times).min() > 0
    clock.hold()
    player.resume()  # after the end: from the beginning
    assert player.state().state == "playing"
    clock.go()
    assert player.wait(5)
    player.close()


def test_what_cannot_be_replayed_is_one_line(log: Path, tmp_path: Path) -> None:
    for path, urls, error, says in (
        (log, ("osc://127.0.0.1:7000",), UsageError, "holds vmc packets"),
        (log, ("vmc://127.0.0.1:0",), UsageError, "port 0"),
        (log, ("vmc://no-such-host.invalid",), OutputError, "does not resolve"),
        (tmp_path / "a.bvh", ("vmc://127.0.0.1",), UsageError, r"\.npz"),
        (tmp_path / "none.npz", ("vmc://127.0.0.1",), InputError, "no file"),
    ):
        with pytest.raises(error, match=says):
            Player(path, urls)


def test_a_later_time_changes_the_time_alone(make_pose: PoseMaker) -> None:
    first, second = VmcEncoder().encode(make_pose(), 1.5)
    later = with_later_time(first, 2.0)
    assert _time_of(later) == 3.5
    assert later.replace(struct.pack(">f", 3.5), struct.pack(">f", 1.5)) == first
    assert with_later_time(second, 2.0) == second


def test_reading_gives_back_what_packing_wrote() -> None:
    messages = [OscMessage("/a", "sfi", ("名前",)), OscMessage("/b"), OscMessage("/c", "ff")]
    (packet,) = PacketSet([messages]).pack(np.array([1.5, -2, 3], np.float32), [-7])
    read = [(message.address, message.tags, message.values) for message in read_packet(packet)]
    assert read == [("/a", "sfi", ("名前", 1.5, -7)), ("/b", "", ()), ("/c", "ff", (-2.0, 3.0))]


def test_a_thousand_malformed_packets_raise_nothing_but_format_errors(make_pose: PoseMaker) -> None:
    random = np.random.default_rng(0)
    good = VmcEncoder().encode(make_pose(), 0.0)[1]
    refused = 0
    for _ in range(1000):
        bad = bytearray(good[: random.integers(1, len(good))] if random.random() < 0.5 else good)
        for at in random.integers(0, len(bad), 5):
            bad[at] = random.integers(0, 256)
        try:
            read_packet(bytes(bad))
        except OscFormatError:
            refused += 1
    assert refused > 500
    nested = good
    for _ in range(3000):
        nested = b"#bundle\0" + (1).to_bytes(8, "big") + len(nested).to_bytes(4, "big") + nested
    with pytest.raises(OscFormatError, match="too deep"):
        read_packet(nested)


def test_a_test_pose_goes_round_without_a_jump_and_is_shown(receiver: socket.socket) -> None:
    wave = pose_recording("Wave", 1.7)
    later = wave_pose(1.7, wave.times_s[-1] + 1 / 30)
    np.testing.assert_allclose(later.rotations_xyzw, wave.items[0].rotations_xyzw, atol=1e-6)  # type: ignore[union-attr]
    player = Player(wave, (_url(receiver),), loop=True)
    assert receiver.recv(4096)
    deadline = time.monotonic() + 5
    while player.state().pose is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert player.state().path == "Wave"
    player.close()


def test_the_pose_shown_is_that_of_the_place_sought(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "take.npz", take)
    player = Player(tmp_path / "take.npz", ())
    player.pause()
    player.seek(0.1)
    deadline = time.monotonic() + 5
    while (pose := player.state().pose) is None or pose.captured_at_s != pytest.approx(0.1):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    player.close()


def test_an_unknown_test_pose_is_refused_in_one_line() -> None:
    with pytest.raises(UsageError, match="T-pose, Wave"):
        pose_recording("Dance", 1.7)
