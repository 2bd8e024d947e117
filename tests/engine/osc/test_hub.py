"""The hub: any number of targets from one thread, added and removed while it runs, one bad one harming no other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from engine.errors import UsageError
from engine.osc.hub import OutputHub
from engine.osc.output_clock import SILENT_S
from engine.osc.vmc import VmcEncoder
from engine.types import Calibration, Pose
from tests.engine.osc.vmc_listener import osc_messages

PoseMaker = Callable[..., Pose]


@pytest.fixture
def second_receiver() -> socket.socket:
    """Another bound loopback socket."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.settimeout(2.0)
    yield udp
    udp.close()


def _url(scheme: str, udp: socket.socket) -> str:
    return f"{scheme}://127.0.0.1:{udp.getsockname()[1]}"


def _values(udp: socket.socket, datagrams: int = 1) -> dict[str, list]:
    """Of the next datagrams: address -> values, the last message of each."""
    messages = [message for _ in range(datagrams) for message in osc_messages(udp.recv(2048))]
    return {address: values for address, _, values in messages}


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_a_pose_reaches_every_target(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket
) -> None:
    times: list[float] = []
    hub = OutputHub((_url("vmc", receiver), _url("vrchat", second_receiver)), on_sent=times.append)
    hub.put(make_pose())
    assert b"/VMC/Ext/OK" in receiver.recv(2048)
    assert b"/tracking/trackers/1" in second_receiver.recv(2048)
    _wait_until(lambda: len(times) == 1)
    assert 0 <= times[0] < 1
    assert [state.packets for state in hub.states()] == [2, 1]
    hub.close()


def test_closing_sends_the_last_pose_three_times_more_and_may_be_done_twice(
    make_pose: PoseMaker, receiver: socket.socket
) -> None:
    hub = OutputHub((_url("vrchat", receiver),))
    hub.put(make_pose())
    first = receiver.recv(2048)
    hub.close()
    hub.close()
    assert [receiver.recv(2048) for _ in range(3)] == [first] * 3
    hub.put(make_pose())


def test_without_a_pose_for_a_second_receivers_are_told_that_nobody_is_tracked(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket
) -> None:
    now = [100.0]
    hub = OutputHub((_url("vmc", receiver), _url("vrchat", second_receiver)), clock=lambda: now[0])
    hub.put(make_pose())
    assert _values(receiver, 2)["/VMC/Ext/OK"][-1] == 1
    second_receiver.recv(2048)
    for second in (1, 2):
        now[0] += SILENT_S
        assert _values(receiver) == {"/VMC/Ext/OK": [1, 3, 0, 0], "/VMC/Ext/T": [float(second)]}
    hub.close()
    for _ in range(3):  # the last pose is repeated, but nobody is tracked
        assert _values(receiver, 2)["/VMC/Ext/OK"][-1] == 0
        second_receiver.recv(2048)
    second_receiver.settimeout(0.0)
    with pytest.raises(BlockingIOError):
        second_receiver.recv(2048)


def test_a_camera_that_gives_nothing_from_the_start_is_told_too(receiver: socket.socket) -> None:
    now = [100.0]
    hub = OutputHub((_url("vmc", receiver),), clock=lambda: now[0])
    now[0] += SILENT_S
    assert _values(receiver)["/VMC/Ext/OK"][-1] == 0
    hub.close()


def test_only_the_newest_pose_waits_for_a_busy_sender(
    make_pose: PoseMaker, receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, busy, free = VmcEncoder.encode, threading.Event(), threading.Event()

    def held_up(self: VmcEncoder, pose: Pose, elapsed_s: float) -> list[bytes]:
        busy.set()
        free.wait(10)
        return encode(self, pose, elapsed_s)

    monkeypatch.setattr(VmcEncoder, "encode", held_up)
    hub = OutputHub((_url("vmc", receiver),))
    hub.put(make_pose())
    busy.wait(10)
    for n in range(20):
        hub.put(make_pose(frame_id=n))
    free.set()
    _wait_until(lambda: hub.states()[0].packets == 4)
    assert hub.dropped == 19
    hub.close()


def test_targets_come_and_go_while_it_runs_without_losing_the_others(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket
) -> None:
    stays, comes = _url("vmc", receiver), _url("osc", second_receiver)
    hub = OutputHub((stays,))
    hub.put(make_pose())
    _wait_until(lambda: hub.states()[0].packets == 2)
    hub.set_targets((comes, stays))
    assert [state.target for state in hub.states()] == [comes, stays]

    def put_until_it_arrives() -> bool:
        hub.put(make_pose())
        return hub.states()[0].packets > 0

    _wait_until(put_until_it_arrives)
    assert hub.states()[1].packets > 2
    hub.set_targets((stays,))
    assert [state.target for state in hub.states()] == [stays]
    hub.close()


def test_wrong_new_targets_change_nothing(receiver: socket.socket) -> None:
    hub = OutputHub((_url("vmc", receiver),))
    for wrong in (("vmc://127.0.0.1:70000",), ("nonsense",), (_url("vmc", receiver), _url("osc", receiver))):
        with pytest.raises(UsageError):
            hub.set_targets(wrong)
    assert [state.target for state in hub.states()] == [_url("vmc", receiver)]
    hub.close()


@pytest.mark.usefixtures("no_name_server")
@pytest.mark.parametrize("strict", [True, False])
def test_an_unknown_host_is_shown_and_the_rest_goes_on(
    make_pose: PoseMaker, receiver: socket.socket, *, strict: bool
) -> None:
    hub = OutputHub(("vmc://no-such-host.invalid", _url("vmc", receiver)), strict=strict)
    hub.put(make_pose())
    assert receiver.recv(2048).startswith(b"#bundle")
    _wait_until(lambda: hub.states()[0].errors > 0)
    assert "does not resolve" in (hub.states()[0].error or "")
    assert "retried" in (hub.states()[0].error or "")
    assert hub.states()[1].error is None
    hub.close()


def test_a_name_server_that_does_not_answer_holds_up_no_other_target(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup, answer = socket.getaddrinfo, threading.Event()

    def name_server(host: str, *args: object, **kwargs: object) -> list:
        if host == "slow.invalid":
            answer.wait(20)
            raise socket.gaierror
        return lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", name_server)
    hub = OutputHub(("vmc://slow.invalid", _url("vmc", receiver)))
    hub.put(make_pose())
    assert receiver.recv(2048)
    hub.set_targets(("vmc://slow.invalid", _url("vmc", second_receiver)))
    hub.put(make_pose())
    assert second_receiver.recv(2048)
    answer.set()
    hub.close()


def test_an_address_of_many_machines_is_refused_when_strict_and_else_shown(receiver: socket.socket) -> None:
    urls = (_url("vmc", receiver), "vmc://239.1.2.3:39539")
    with pytest.raises(UsageError, match="broadcast=1"):
        OutputHub(urls)
    hub = OutputHub(urls, strict=False)
    assert "broadcast=1" in (hub.states()[1].error or "")
    assert "tried again" not in (hub.states()[1].error or "")
    hub.close()


def test_a_host_that_resolves_later_is_taken_up(
    make_pose: PoseMaker, receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.osc.hub._RETRY_S", 0.02)
    lookup, answers = socket.getaddrinfo, []

    def name_server(host: str, *args: object, **kwargs: object) -> list:
        answers.append(host)
        if host == "later.invalid" and len(answers) < 3:
            raise socket.gaierror
        return lookup("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", name_server)
    hub = OutputHub((f"vmc://later.invalid:{receiver.getsockname()[1]}",), strict=False)

    def put_until_it_arrives() -> bool:
        hub.put(make_pose())
        return hub.states()[0].packets > 0

    _wait_until(put_until_it_arrives)
    assert len(answers) == 3
    hub.close()


def test_a_dying_thread_keeps_its_exception_and_shows_it(make_pose: PoseMaker, receiver: socket.socket) -> None:
    def broken(_seconds: float) -> None:
        raise RuntimeError("a defect")

    hub = OutputHub((_url("vmc", receiver),), on_sent=broken)
    hub.put(make_pose())
    _wait_until(lambda: hub.error is not None)
    assert str(hub.error) == "a defect"
    shown = hub.states()[0].error or ""
    assert shown.startswith("sending stopped: unexpected RuntimeError: a defect")
    hub.close()


def test_a_defect_in_one_sender_stops_no_other_and_it_is_opened_anew(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, defects = VmcEncoder.encode, [RuntimeError("a defect")]

    def broken_once(self: VmcEncoder, pose: Pose, elapsed_s: float) -> list[bytes]:
        if defects:
            raise defects.pop()
        return encode(self, pose, elapsed_s)

    monkeypatch.setattr("engine.osc.hub._RETRY_S", 0.05)
    monkeypatch.setattr(VmcEncoder, "encode", broken_once)
    hub = OutputHub((_url("vmc", receiver), _url("vrchat", second_receiver)))
    hub.put(make_pose())
    assert second_receiver.recv(2048)
    assert hub.error is None

    def put_until_it_is_back() -> bool:
        hub.put(make_pose())
        return hub.states()[0].packets > 0

    _wait_until(put_until_it_is_back)
    assert hub.states()[0].error is None
    hub.close()


def test_a_sender_that_keeps_failing_shows_why_and_is_not_opened_at_every_pose(
    make_pose: PoseMaker, receiver: socket.socket, second_receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def broken(_self: VmcEncoder, _pose: Pose, _elapsed_s: float) -> list[bytes]:
        tried.append(1)
        raise RuntimeError("a defect")

    monkeypatch.setattr(VmcEncoder, "encode", broken)
    hub = OutputHub((_url("vmc", receiver), _url("vrchat", second_receiver)))
    for n in range(20):
        hub.put(make_pose(frame_id=n))
        assert second_receiver.recv(2048)
    assert len(tried) == 1
    assert "a defect" in (hub.states()[0].error or "")
    hub.close()


def test_a_hub_without_targets_takes_poses_and_closes(make_pose: PoseMaker) -> None:
    hub = OutputHub()
    hub.put(make_pose())
    assert hub.states() == ()
    hub.close()


def _ok_states(udp: socket.socket) -> list[int]:
    """The calibration state of each OK that has arrived, runs as one."""
    states: list[int] = []
    udp.settimeout(0.3)
    while True:
        try:
            messages = osc_messages(udp.recv(4096))
        except TimeoutError:
            return states
        for address, _, values in messages:
            if address == "/VMC/Ext/OK" and states[-1:] != [values[1]]:
                states.append(values[1])


def test_ok_follows_the_calibration_state_by_state(make_pose: PoseMaker, receiver: socket.socket) -> None:
    state = ["idle"]
    hub = OutputHub((_url("vmc", receiver),), calibration=lambda: Calibration(state[0]))
    heard: list[int] = []
    for name in ("idle", "asked", "countdown", "waiting", "failed", "countdown", "waiting", "done"):
        state[0] = name
        sent = hub.states()[0].packets
        hub.put(make_pose())
        _wait_until(lambda sent=sent: hub.states()[0].packets >= sent + 2)
        heard += _ok_states(receiver)
    hub.close()
    assert heard == [3, 1, 1, 2, 0, 1, 2, 3]


def test_the_last_poses_of_a_target_do_not_leave_it_calibrating(make_pose: PoseMaker, receiver: socket.socket) -> None:
    state = ["waiting"]
    hub = OutputHub((_url("vmc", receiver),), calibration=lambda: Calibration(state[0]))
    hub.put(make_pose())
    _wait_until(lambda: hub.states()[0].packets == 2)
    state[0] = "idle"
    hub.close()
    assert _ok_states(receiver) == [2, 3]


def test_vrchat_is_told_the_heads_yaw_when_a_calibration_is_done(make_pose: PoseMaker, receiver: socket.socket) -> None:
    calibration = [Calibration("idle")]
    hub = OutputHub((_url("vrchat", receiver),), calibration=lambda: calibration[0])
    heard: list[bool] = []
    for state in (Calibration("waiting"), Calibration("done", done_at_s=3.0), Calibration("idle", done_at_s=3.0)):
        calibration[0] = state
        for _ in range(4):
            hub.put(make_pose())
            heard.append("/tracking/trackers/head/rotation" in _values(receiver))
    hub.close()
    assert heard == [False] * 4 + [True] * 3 + [False] * 5
