"""Targets as users write them, good and bad; a sender that never blocks, never dies and says what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from pythonosc.osc_bundle import OscBundle

from engine.errors import OutputError, UsageError
from engine.osc.sender import OscSender
from engine.osc.targets import open_target, parse_target, parse_targets
from engine.types import Pose

PoseMaker = Callable[..., Pose]


class FakeClock:
    """Time that stands still until told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def _closed_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("vmc://127.0.0.1:39539", "127.0.0.1", 39539),
        ("vmc://127.0.0.1", "127.0.0.1", 39539),
        ("vrchat://192.168.1.7", "192.168.1.7", 9000),
        ("osc://stage.local", "stage.local", 7000),
        ("osc://[::1]:7001/", "::1", 7001),
    ],
)
def test_good_targets_are_read_with_the_schemes_own_port(url: str, host: str, port: int) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.broadcast) == (host, port, False)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("127.0.0.1:39539", "not an OSC target"),
        ("", "not an OSC target"),
        ("udp://127.0.0.1:39539", "unknown scheme"),
        ("vmc://127.0.0.1:0", "port 0"),
        ("vmc://127.0.0.1:70000", "1 to 65535"),
        ("vmc://127.0.0.1:abc", "1 to 65535"),
        ("vmc://[::1:39539", "no valid host"),
        ("vmc://:39539", "HOST:PORT"),
        ("vmc://127.0.0.1:39539/avatar", "HOST:PORT"),
        ("vmc://user@127.0.0.1:39539", "HOST:PORT"),
        ("vmc://127.0.0.1:39539?colour=red", "unknown option"),
        ("vmc://127.0.0.1:39539?broadcast=maybe", "broadcast"),
    ],
)
def test_a_target_that_can_never_work_is_one_line_with_an_example(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse_target(url)
    assert "\n" not in str(caught.value)
    assert repr(url) in str(caught.value)


@pytest.mark.parametrize("other", ["vmc://127.0.0.1:39539", "osc://LOCALHOST:39539", "vmc://localhost"])
def test_two_targets_on_one_address_are_refused(other: str) -> None:
    with pytest.raises(UsageError, match="own port"):
        parse_targets(("vmc://127.0.0.1:39539", other))


@pytest.mark.usefixtures("no_name_server")
def test_a_host_that_does_not_resolve_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="does not resolve"):
        open_target("vmc://no-such-host.invalid:39539")


@pytest.mark.parametrize("url", ["vmc://239.1.2.3:39539", "vmc://255.255.255.255:39539", "vmc://[ff02::1]:39539"])
def test_broadcast_and_multicast_are_refused_unless_asked_for(url: str) -> None:
    with pytest.raises(UsageError, match="broadcast=1"):
        open_target(url)


def test_poses_arrive_from_an_ephemeral_port(make_pose: PoseMaker, receiver: socket.socket) -> None:
    port = receiver.getsockname()[1]
    sender = open_target(f"vmc://127.0.0.1:{port}")
    sender.send(make_pose())
    datagram, (host, from_port) = receiver.recvfrom(2048)
    assert host == "127.0.0.1"
    assert from_port != port
    assert next(iter(OscBundle(datagram))).address == "/VMC/Ext/OK"
    sender.close()


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
def test_host_names_and_ipv6_work(make_pose: PoseMaker, host: str) -> None:
    family = socket.AF_INET6 if "[" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        try:
            udp.bind(("::1" if "[" in host else "127.0.0.1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        udp.settimeout(2.0)
        sender = open_target(f"osc://{host}:{udp.getsockname()[1]}")
        sender.send(make_pose())
        assert udp.recv(2048).startswith(b"#bundle")
        sender.close()


def test_nobody_listening_is_shown_counted_and_survived(make_pose: PoseMaker) -> None:
    port = _closed_port()
    clock = FakeClock()
    sender = open_target(f"vmc://127.0.0.1:{port}", clock=clock)
    for _ in range(5):
        sender.send(make_pose())
    state = sender.state()
    assert state.error is not None
    assert f"nobody is listening on 127.0.0.1:{port}" in state.error
    assert state.errors > 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(("127.0.0.1", port))
        late.settimeout(2.0)
        for _ in range(3):
            clock.now += 0.6
            sender.send(make_pose())
        assert late.recv(2048).startswith(b"#bundle")
        assert sender.state().error is None
        assert "nobody is listening" in (sender.state().last_error or "")
        sender.close()


def test_counts_and_rate_are_those_of_the_last_second(make_pose: PoseMaker, receiver: socket.socket) -> None:
    clock = FakeClock()
    url = f"vmc://127.0.0.1:{receiver.getsockname()[1]}"
    sender = open_target(url, clock=clock)
    for _ in range(90):
        clock.now += 1 / 30
        sender.send(make_pose())
    state = sender.state()
    assert state.target == url
    assert state.packets == 180
    assert state.packets_per_s == pytest.approx(60, abs=2)
    assert state.bytes == pytest.approx(90 * (len(receiver.recv(2048)) + len(receiver.recv(2048))))
    assert (state.errors, state.error, state.last_error) == (0, None, None)
    clock.now += 5
    assert sender.state().packets_per_s == 0
    sender.close()


def test_closing_repeats_the_last_pose_three_times_and_may_be_done_twice(
    make_pose: PoseMaker, receiver: socket.socket
) -> None:
    sender = open_target(f"vrchat://127.0.0.1:{receiver.getsockname()[1]}")
    sender.send(make_pose(1))
    first = receiver.recv(2048)
    sender.close()
    sender.close()
    assert [receiver.recv(2048) for _ in range(3)] == [first] * 3
    sender.send(make_pose(2))
    receiver.settimeout(0.05)
    with pytest.raises(TimeoutError):
        receiver.recv(2048)


class BrokenSocket:
    """Fails as often as it is told to, then takes packets."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.taken: list[bytes] = []

    def send(self, packet: bytes) -> int:
        if self.failures:
            self.failures -= 1
            raise OSError(101, "Network is unreachable")
        self.taken.append(packet)
        return len(packet)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("failures", "arrive"), [(1, 3), (2, 2)])
def test_the_last_pose_is_repeated_at_the_end_although_sending_it_failed(
    failures: int, arrive: int, make_pose: PoseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    udp = BrokenSocket(failures)
    monkeypatch.setattr("engine.osc.sender.connected_socket", lambda *_, **__: udp)
    sender = open_target("vrchat://127.0.0.1:9000")
    sender.send(make_pose(1))
    assert udp.taken == []
    assert sender.state().errors == 1
    sender.close()
    assert len(udp.taken) == arrive
    assert len(set(udp.taken)) == 1


def test_a_pose_with_nan_is_not_sent(make_pose: PoseMaker, receiver: socket.socket) -> None:
    sender = open_target(f"vmc://127.0.0.1:{receiver.getsockname()[1]}")
    pose = make_pose()
    pose.joints_world_m[3] = float("nan")
    sender.send(pose)
    assert sender.state().packets == 0
    assert "NaN" in (sender.state().error or "")
    sender.close()


def test_a_full_network_loses_a_packet_and_goes_on(make_pose: PoseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullSocket:
        def send(self, _packet: bytes) -> int:
            raise BlockingIOError

        def close(self) -> None:
            pass

    monkeypatch.setattr("engine.osc.sender.connected_socket", lambda *_, **__: FullSocket())
    sender: OscSender = open_target("vmc://127.0.0.1:39539")
    sender.send(make_pose())
    state = sender.state()
    assert (state.packets, state.errors) == (0, 2)
    assert "busy" in (state.error or "")
    sender.close()
