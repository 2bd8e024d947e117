"""The receive port: understands what the protocol lists, counts and survives everything else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.errors import OutputError, UsageError
from engine.osc.hub import OutputHub
from engine.osc.receive_port import VmcReceiver, listen_address
from engine.osc.vmc import VmcFeed
from engine.types import Calibration, Pose
from tests.engine.osc.vmc_listener import VmcListener

PoseMaker = Callable[..., Pose]


class Desk:
    """A receiver with its feed, and an assistant that talks to it."""

    def __init__(self) -> None:
        self.feed = VmcFeed()
        self.calibrations = self.announcements = 0
        self.now = 0.0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.receiver = VmcReceiver(
            self._change, self._calibrate, self._announce, port=self.port, clock=lambda: self.now
        )
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sent = 0

    def _change(self, change: Callable[[VmcFeed], VmcFeed]) -> None:
        self.feed = change(self.feed)

    def _calibrate(self) -> None:
        self.calibrations += 1

    def _announce(self) -> None:
        self.announcements += 1

    def send(self, data: bytes) -> None:
        """And wait until it was taken."""
        self._socket.sendto(data, ("127.0.0.1", self.port))
        self._sent += 1
        deadline = time.monotonic() + 5
        while self.receiver.state().packets < self._sent:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def close(self) -> None:
        self.receiver.close()
        self._socket.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Closed after the test."""
    desk = Desk()
    yield desk
    desk.close()


def _message(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


def _bundle(*messages: bytes) -> bytes:
    start = OscBundleBuilder(IMMEDIATELY).build().dgram
    return bytes(start) + b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def test_calibration_can_be_asked_for_from_afar(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Set/Calib/Ready"))
    assert desk.announcements == 1
    desk.send(_message("/VMC/Ext/Set/Calib/Exec", 0))
    assert desk.calibrations == 1


def test_calibrations_are_taken_at_most_every_two_seconds(desk: Desk) -> None:
    for at_s in (0.0, 0.1, 1.9, 2.1, 3.0, 4.2):
        desk.now = at_s
        desk.send(_message("/VMC/Ext/Set/Calib/Exec", 0))
    assert desk.calibrations == 3
    assert (desk.receiver.state().refused, desk.receiver.state().malformed) == (3, 0)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def test_periods_that_nobody_renews_end_after_a_minute(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Set/Period", 1, 1, 30, 2, 1, 1))
    assert desk.receiver.state().periods == (1, 1, 30, 2)
    desk.now = 59.0
    desk.send(_message("/VMC/Ext/Set/Period", 1, 1, 20, 1, 1, 1))
    desk.now = 118.0
    desk.send(_message("/VMC/Ext/Set/Req"))
    assert desk.feed.bones_every == 20
    desk.now = 120.0
    _until(lambda: desk.receiver.state().periods == (1, 1, 1, 1))
    assert (desk.feed.bones_every, desk.feed.blends_every) == (1, 1)


def test_what_was_asked_for_ends_with_the_port(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Set/Period", 5, 5, 5, 5, 5, 5))
    desk.send(_bundle(_message("/VMC/Ext/Blend/Val", "Joy", 0.5), _message("/VMC/Ext/Blend/Apply")))
    desk.receiver.close()
    assert desk.feed == VmcFeed()


def test_periods_are_set_within_reason_and_further_arguments_ignored(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Set/Period", 2, 0, -5, 10**9, 1, 1, 77, "more"))
    assert desk.feed == VmcFeed(status_every=2, root_every=1, bones_every=1, blends_every=1000)


def test_a_request_is_passed_on(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Set/Req"))
    desk.send(_message("/VMC/Ext/Set/Req"))
    assert desk.feed.requests == 2


def test_a_face_appears_with_apply_as_a_whole_and_ends_when_its_sender_does(desk: Desk) -> None:
    desk.send(_message("/VMC/Ext/Blend/Val", "Joy", 0.5))
    assert desk.feed.blends == ()
    desk.send(_bundle(_message("/VMC/Ext/Blend/Val", "A", 7.0), _message("/VMC/Ext/Blend/Apply")))
    assert desk.feed.blends == (("Joy", 0.5), ("A", 1.0))
    desk.now = 2.5
    deadline = time.monotonic() + 5
    while desk.feed.blends:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_wrong_arguments_are_counted_and_change_nothing(desk: Desk) -> None:
    wrong = [
        _message("/VMC/Ext/Set/Period", 1, 2),
        _message("/VMC/Ext/Set/Period", 1.0, 1, 1, 1, 1, 1),
        _message("/VMC/Ext/Set/Calib/Exec"),
        _message("/VMC/Ext/Set/Calib/Exec", "now"),
        _message("/VMC/Ext/Set/Calib/Exec", True),
        _message("/VMC/Ext/Blend/Val", "Joy"),
        _message("/VMC/Ext/Blend/Val", "Joy", float("nan")),
        _message("/VMC/Ext/Blend/Val", "x" * 1000, 0.5),
    ]
    for data in wrong:
        desk.send(data)
    assert desk.receiver.state().malformed == len(wrong)
    assert desk.feed == VmcFeed()
    assert desk.calibrations == 0


def test_unknown_addresses_are_counted_and_ignored(desk: Desk) -> None:
    desk.send(_bundle(_message("/VMC/Ext/Hmd/Pos", "x", 1.0), _message("/anything"), _message("/VMC/Ext/Set/Req")))
    state = desk.receiver.state()
    assert (state.packets, state.unknown, state.messages, state.malformed) == (1, 2, 1, 0)


def test_a_face_of_ever_new_names_does_not_grow(desk: Desk) -> None:
    for n in range(0, 2000, 100):
        desk.send(_bundle(*(_message("/VMC/Ext/Blend/Val", f"face{m}", 0.5) for m in range(n, n + 100))))
    desk.send(_message("/VMC/Ext/Blend/Apply"))
    assert len(desk.feed.blends) == 256


def test_a_thousand_malformed_datagrams_are_all_counted_and_hurt_nothing(desk: Desk) -> None:
    random = np.random.default_rng(0)
    good = _message("/VMC/Ext/Blend/Val", "Joy", 0.5)
    for n in range(1000):
        desk.send(good[:-1] if n % 2 else random.bytes(int(random.integers(1, 64))).replace(b"\0", b"\1"))
    state = desk.receiver.state()
    assert (state.packets, state.malformed, state.messages, state.error) == (1000, 1000, 0, None)
    desk.send(_message("/VMC/Ext/Set/Req"))
    assert desk.feed.requests == 1


def test_the_port_is_on_this_machine_only_and_errors_are_one_line(desk: Desk) -> None:
    assert desk.receiver.state().host == "127.0.0.1"
    with pytest.raises(OutputError, match="cannot listen"):
        VmcReceiver(lambda _: None, lambda: None, port=desk.port)
    for port in (0, 70_000):
        with pytest.raises(UsageError, match="not 1 to 65535"):
            VmcReceiver(lambda _: None, lambda: None, port=port)


def test_a_dying_thread_shows_why(desk: Desk) -> None:
    def broken() -> None:
        raise RuntimeError("a defect")

    desk.receiver._on_calibrate = broken
    desk._socket.sendto(_message("/VMC/Ext/Set/Calib/Exec", 0), ("127.0.0.1", desk.port))
    deadline = time.monotonic() + 5
    while (error := desk.receiver.state().error) is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert error.startswith("receiving stopped: unexpected RuntimeError: a defect")


def test_the_hub_gives_the_face_to_its_vmc_targets_also_to_those_that_come_later(
    make_pose: PoseMaker, receiver: socket.socket
) -> None:
    hub = OutputHub(calibration=lambda: Calibration("waiting"))
    hub.change_feed(lambda _: VmcFeed(blends=(("Joy", 0.5),)))
    hub.set_targets((f"vmc://127.0.0.1:{receiver.getsockname()[1]}",))
    deadline = time.monotonic() + 5
    while hub.states()[0].packets == 0:
        assert time.monotonic() < deadline
        hub.put(make_pose())
        time.sleep(0.01)
    listener = VmcListener()
    for _ in range(2):
        listener.receive(receiver.recv(4096))
    assert (listener.blends, listener.ok[1]) == ({"Joy": 0.5}, 2)
    hub.close()


@pytest.mark.parametrize(
    ("text", "address"),
    [("39540", ("127.0.0.1", 39540)), ("0.0.0.0:1", ("0.0.0.0", 1)), (" [::1]:65535 ", ("::1", 65535))],
)
def test_an_address_to_listen_on_is_a_port_or_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize("text", ["", "0", "70000", "port", ":39540", "vmc://127.0.0.1:39540x", "-1", "1.5", "٣"])
def test_what_is_no_address_to_listen_on_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="PORT or HOST:PORT"):
        listen_address(text)
