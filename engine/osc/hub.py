"""All OSC targets of a run: sends the newest pose to each, from a dedicated thread.

Threads: `put`, `states`, `set_targets` and `close` may be called from any; only "osc-send" sends and closes sockets;
only "osc-open" opens targets that need a name server or an avatar file, so that neither delays a pose.
Start: targets are opened, then both threads run. Close: the threads end, the last pose is sent three times, the sockets
are closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.errors import InputError, OutputError, UsageError, VtmError, describe
from engine.osc.output_clock import SILENT_S
from engine.osc.sender import OscSender
from engine.osc.targets import Target, open_target, parse_targets
from engine.osc.vmc import CALIBRATION_CODES, VmcEncoder, VmcFeed
from engine.osc.vrchat import VrchatEncoder
from engine.queues import Latest
from engine.types import NOT_CALIBRATED, Calibration, Pose, TargetState

log = logging.getLogger(__name__)

_POLL_S = 0.1  # longest delay before the sending thread notices that it should stop
_RETRY_S = 5.0  # between attempts to open a target
_JOIN_S = 2.0


@dataclass(slots=True)
class _Slot:
    """A requested target: open, or with the reason why it is not (yet)."""

    target: Target
    sender: OscSender | None = None
    error: str | None = None
    failures: int = 0
    refused: bool = False  # it can never work as written
    not_before_s: float = float("-inf")  # earliest time of the next attempt to open it

    def state(self) -> TargetState:
        if self.sender is not None:
            return self.sender.state()
        return TargetState(self.target.url, 0, 0, 0.0, self.failures, self.error, self.error)


class OutputHub:
    """Fan-out of poses to OSC targets; a late pose is useless, so only the newest one waits."""

    def __init__(
        self,
        urls: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        *,
        strict: bool = True,
        on_sent: Callable[[float], None] | None = None,
        calibration: Callable[[], Calibration] = lambda: NOT_CALIBRATED,
    ) -> None:
        """Open the targets and start sending. One that does not open is shown in `states()` and retried.

        strict   raise UsageError for an address that must not be sent to; False: only show it
        on_sent  called in the sending thread with the seconds that one pose took to all targets
        calibration  returns the calibration state, which VMC targets get with each pose; called in the sending thread
        Raises UsageError also for an invalid URL, or for two targets with one address.
        """
        self._clock = clock
        self._on_sent = on_sent
        self._calibration = calibration
        self._error: BaseException | None = None
        self._sent_at_s = clock()  # sending thread only
        self._calibrated_at_s: float | None = None  # the calibration last reported to VRChat; sending thread only
        self._latest: Latest[Pose] = Latest()
        self._stop = threading.Event()
        self._wake_opener = threading.Event()
        self._lock = threading.Lock()  # guards the next three
        self._feed = VmcFeed()
        self._slots: dict[str, _Slot] = {target.url: _Slot(target) for target in parse_targets(urls)}
        self._retired: list[OscSender] = []
        self._open_numbers()
        refused = next((slot.error for slot in self._slots.values() if slot.refused), None)
        if strict and refused is not None:
            self._retired = [slot.sender for slot in self._slots.values() if slot.sender is not None]
            self._close_retired(repeat=False)
            raise UsageError(refused)
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._send_loop,), name="osc-send", daemon=True),
            threading.Thread(target=self._guarded, args=(self._open_loop,), name="osc-open", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _open_numbers(self) -> None:
        """Open targets that need no name server and no file, without waiting for the opening thread."""
        for slot in self._unopened():
            if slot.target.opens_at_once and slot.error is None:
                self._open(slot)

    @property
    def error(self) -> BaseException | None:
        """The error that ended one of the threads, or None."""
        return self._error

    @property
    def dropped(self) -> int:
        """Number of poses replaced by a newer one before they were sent."""
        return self._latest.dropped

    def put(self, pose: Pose) -> None:
        """Hand over a pose; never waits."""
        self._latest.put(pose)

    def states(self) -> tuple[TargetState, ...]:
        """Return one state per target, in the given order."""
        with self._lock:
            slots = tuple(self._slots.values())
        states = tuple(slot.state() for slot in slots)
        if self._error is None:
            return states
        stopped = f"sending stopped: {describe(self._error)}"
        return tuple(replace(state, error=stopped, last_error=stopped) for state in states)

    def set_targets(self, urls: tuple[str, ...]) -> None:
        """Set the targets; existing ones keep their socket and counts, new ones open in the background.

        Raises UsageError and changes nothing when a URL is invalid.
        """
        targets = parse_targets(urls)
        with self._lock:
            old = self._slots
            self._slots = {target.url: old.get(target.url) or _Slot(target) for target in targets}
            gone = (slot.sender for url, slot in old.items() if url not in self._slots)
            self._retired += [sender for sender in gone if sender is not None]
        self._open_numbers()
        self._wake_opener.set()

    def change_feed(self, change: Callable[[VmcFeed], VmcFeed]) -> None:
        """Change what VMC targets get besides the pose: a face, and periods; see VmcReceiver."""
        with self._lock:
            self._feed = change(self._feed)
            for sender in (*(slot.sender for slot in self._slots.values()), *self._retired):
                self._give_feed(sender)

    def _follow_calibration(self) -> None:
        calibration = self._calibration()
        code = CALIBRATION_CODES[calibration.state]
        if code != self._feed.calibration:
            self.change_feed(lambda feed: replace(feed, calibration=code))
        if calibration.done_at_s != self._calibrated_at_s:
            self._calibrated_at_s = calibration.done_at_s
            if calibration.done_at_s is not None:
                self._align()

    def _align(self) -> None:
        with self._lock:
            senders = [slot.sender for slot in self._slots.values() if slot.sender is not None]
        for sender in senders:
            if isinstance(sender.encoder, VrchatEncoder):
                sender.encoder.align()

    def _give_feed(self, sender: OscSender | None) -> None:
        if sender is not None and isinstance(sender.encoder, VmcEncoder):
            sender.encoder.feed = self._feed

    def close(self) -> None:
        """End both threads; each target gets its last pose three times. Idempotent."""
        self._stop.set()
        self._wake_opener.set()
        self._latest.close()
        for thread in self._threads:
            thread.join(_JOIN_S)

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("sending OSC stopped", exc_info=True)
            self._error = error

    def _send_loop(self) -> None:
        healthy = False
        try:
            while not self._stop.is_set():
                pose = self._latest.get(_POLL_S)
                self._close_retired()
                if pose is not None:
                    self._send(pose)
                elif self._clock() - self._sent_at_s >= SILENT_S:
                    self._to_all(OscSender.send_lost)
            healthy = True
        finally:
            self._stop.set()
            with self._lock:
                self._retired += [slot.sender for slot in self._slots.values() if slot.sender is not None]
            self._close_retired(repeat=healthy)

    def _send(self, pose: Pose) -> None:
        started = self._clock()
        if self._to_all(lambda sender: sender.send(pose)) and self._on_sent is not None:
            self._on_sent(self._clock() - started)

    def _to_all(self, send: Callable[[OscSender], None]) -> bool:
        """Send something to every open target; return False if there is none."""
        self._sent_at_s = self._clock()
        self._follow_calibration()
        with self._lock:
            slots = [(slot, slot.sender) for slot in self._slots.values() if slot.sender is not None]
        for slot, sender in slots:
            try:
                send(sender)
            except Exception as error:  # shown with this target; the others continue
                log.error("sending to %s failed", slot.target.url, exc_info=True)
                self._give_up(slot, sender, error)
        return bool(slots)

    def _give_up(self, slot: _Slot, sender: OscSender, error: Exception) -> None:
        """Handle a defect in one sender: close it, show why, and reopen it a little later."""
        with self._lock:
            slot.sender = None
            slot.failures += 1
            slot.error = f"sending failed and will be retried: {describe(error)}"
            slot.not_before_s = self._clock() + _RETRY_S
        sender.close(repeat=False)
        self._wake_opener.set()

    def _close_retired(self, *, repeat: bool = True) -> None:
        if repeat and self._retired:
            self._follow_calibration()  # no receiver is left in the middle of one
        with self._lock:
            retired, self._retired = self._retired, []
        for sender in retired:
            try:
                sender.close(repeat=repeat)
            except Exception as error:  # stored; its socket is closed, the others get their last pose
                log.error("closing an OSC target failed", exc_info=True)
                self._error = self._error or error

    def _open_loop(self) -> None:
        while not self._stop.is_set():
            for slot in self._unopened():
                if self._clock() >= slot.not_before_s:
                    self._open(slot)
            self._wake_opener.wait(_RETRY_S if self._unopened() else None)
            self._wake_opener.clear()

    def _note_failure(self, slot: _Slot, error: VtmError) -> None:
        slot.refused = isinstance(error, UsageError)
        text = str(error) if slot.refused else f"{error}; retried every {_RETRY_S:.0f} s"
        if text != slot.error:
            log.warning("opening %s failed", slot.target.url, exc_info=error)
        slot.error, slot.not_before_s = text, self._clock() + _RETRY_S
        slot.failures += 1

    def _unopened(self) -> list[_Slot]:
        with self._lock:
            return [slot for slot in self._slots.values() if slot.sender is None and not slot.refused]

    def _open(self, slot: _Slot) -> None:
        """Open one target; the result is stored in the slot."""
        try:
            sender = open_target(slot.target, clock=self._clock)
        except (InputError, OutputError, UsageError) as error:
            self._note_failure(slot, error)
            return
        with self._lock:
            if slot.sender is None and self._slots.get(slot.target.url) is slot and not self._stop.is_set():
                slot.error = None
                self._give_feed(sender)
                slot.sender = sender
                return
        sender.close()  # no longer requested, or the other thread was faster
