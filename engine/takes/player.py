"""Play a recording to OSC targets at its original timing.

One thread, "replay", sends; everything else may be called from any thread. After looping or seeking the sender's time
(/VMC/Ext/T) keeps increasing, because receivers take a jump back for a new sender.
"""

from __future__ import annotations

import bisect
import logging
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.osc.sender import CLOSING_REPEATS, OscSender
from engine.osc.targets import open_target, parse_targets
from engine.takes.recording import Recording, load_recording
from engine.types import Pose, TargetState

log = logging.getLogger(__name__)

_TIME_MESSAGE = b"/VMC/Ext/T\x00\x00,f\x00\x00"
_JOIN_S = 2.0
_SAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """The marked part of a recording, seconds; end_s None: to the end."""

    start_s: float = 0.0
    end_s: float | None = None
    loop: bool = False  # repeat it


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class PlayerState:
    """State of a replay for the user."""

    path: str
    position_s: float
    duration_s: float
    state: str  # "playing", "paused", "ended", "failed"
    targets: tuple[TargetState, ...]
    message: str | None  # parts of the file that could not be played, or why it failed
    pose: Pose | None = None  # the last one sent; an OSC log has none
    part: Part = WHOLE


def with_later_time(datagram: bytes, by_s: float) -> bytes:
    """Return the datagram with /VMC/Ext/T, if it has one, later by `by_s` seconds."""
    at = datagram.find(_TIME_MESSAGE)
    if at < 0 or by_s == 0.0:
        return datagram
    at += len(_TIME_MESSAGE)
    (time_s,) = struct.unpack_from(">f", datagram, at)
    return datagram[:at] + struct.pack(">f", time_s + by_s) + datagram[at + 4 :]


class Player:
    """Plays one recording. Starts at once."""

    def __init__(
        self,
        what: Path | str | Recording,
        urls: tuple[str, ...],
        *,
        loop: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read a file, open the targets and play.

        Raises UsageError (URL, suffix, a log sent to another protocol), VtmError (file), OutputError (target).
        """
        self._recording = what if isinstance(what, Recording) else load_recording(Path(what))
        targets = parse_targets(urls)
        for target in targets:
            if self._recording.scheme not in (None, target.scheme):
                name = Path(self._recording.name).name
                raise UsageError(f"{name} holds {self._recording.scheme} packets: {target.url!r} is another")
        self._senders: list[OscSender] = []
        self._next = 0  # item
        self._later_s = 0.0  # added to the sender's time
        try:
            for target in targets:
                self._senders.append(open_target(target, clock=clock))
        except Exception:
            self._close_senders()
            raise
        self._clock = clock
        self._part = Part(loop=loop)
        self._changed = threading.Condition()  # guards `_next`, `_later_s` and all below
        self._started_at_s = clock()  # the clock when position was 0
        self._paused_at_s: float | None = None  # position
        self._shown_until = 0  # items sent although paused: those at the position just sought
        self._sent: Pose | bytes | None = None  # the last item
        self._stop = False
        self._ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        self._thread.start()

    @property
    def duration_s(self) -> float:
        """Time of the last item."""
        return self._recording.times_s[-1]

    def state(self) -> PlayerState:
        """Return its position and the state of the targets."""
        with self._changed:
            state = "failed" if self._error else "ended" if self._ended else "playing"
            if self._paused_at_s is not None and state == "playing":
                state = "paused"
            message = str(self._error) if self._error else self._recording.warning
            position = self._position()
            item = self._sent
            part = self._part
        states = tuple(sender.state() for sender in self._senders)
        pose = item if isinstance(item, Pose) else None
        return PlayerState(self._recording.name, position, self.duration_s, state, states, message, pose, part)

    def _position(self) -> float:
        if self._ended:
            return self._end_s()
        if self._paused_at_s is not None:
            return self._paused_at_s
        return min(max(0.0, self._clock() - self._started_at_s), self.duration_s)

    def _end_s(self) -> float:
        """Return the end of the marked part."""
        end_s = self._part.end_s
        return self.duration_s if end_s is None else min(end_s, self.duration_s)

    def set_part(self, part: Part) -> None:
        """Play only this part from now on; the position stays if it is within. A part without frames is ignored."""
        times = self._recording.times_s
        end_s = self.duration_s if part.end_s is None else part.end_s
        if bisect.bisect_left(times, part.start_s) >= bisect.bisect_right(times, end_s + _SAME_S):
            return
        with self._changed:
            self._part = part
            position_s = self._position()
            if not part.start_s <= position_s <= self._end_s():
                paused = self._paused_at_s is not None
                self._move_to(part.start_s)
                if paused:
                    self._paused_at_s = part.start_s
            self._changed.notify_all()

    def pause(self) -> None:
        """Pause at the current position."""
        with self._changed:
            if self._paused_at_s is None:
                self._paused_at_s = self._position()
                self._changed.notify_all()

    def resume(self) -> None:
        """Continue; restart after the end."""
        with self._changed:
            if self._ended:
                self._move_to(self._part.start_s)
            elif self._paused_at_s is not None:
                self._started_at_s = self._clock() - self._paused_at_s
                self._paused_at_s = None
            self._changed.notify_all()

    def seek(self, position_s: float) -> None:
        """Continue from there, within the marked part; while paused, show only the pose there."""
        with self._changed:
            paused = self._paused_at_s is not None
            position_s = min(max(self._part.start_s, position_s), self._end_s())
            self._move_to(position_s)
            if paused:
                times = self._recording.times_s
                self._paused_at_s = position_s
                self._shown_until = bisect.bisect_right(times, times[self._next])
            self._changed.notify_all()

    def _move_to(self, position_s: float) -> None:
        """Move, under the lock. The sender's time continues from its last value."""
        self._later_s += self._position() - position_s
        self._next = bisect.bisect_left(self._recording.times_s, position_s)
        self._started_at_s = self._clock() - position_s
        self._paused_at_s = None
        self._shown_until = 0
        self._ended = False

    def wait(self, timeout_s: float | None = None) -> bool:
        """Return True once it has ended (never while looping), False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended or self._error is not None, timeout_s)

    def close(self) -> None:
        """Stop, send the last pose three times, close the sockets. Idempotent."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while (item := self._next_item()) is not None:
                for sender in self._senders:
                    if isinstance(item, Pose):
                        sender.send(item)
                    else:
                        sender.send_packets([item])
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("the replay failed", exc_info=True)
            with self._changed:
                self._error = error
                self._changed.notify_all()
        finally:
            self._close_senders()

    def _next_item(self) -> Pose | bytes | None:
        """Wait for the time of the next item; None when it should stop."""
        times = self._recording.times_s
        with self._changed:
            while not self._stop:
                paused = self._paused_at_s is not None and self._next >= self._shown_until
                at_end = self._next >= bisect.bisect_right(times, self._end_s() + _SAME_S)
                if at_end and not (self._ended or paused):
                    self._reach_end()
                if self._ended or paused:
                    self._changed.wait()
                    continue
                wait_s = self._started_at_s + times[self._next] - self._clock()
                if wait_s > 0 and self._paused_at_s is None:
                    self._changed.wait(wait_s)
                    continue
                item = self._sent = self._recording.items[self._next]
                self._next += 1
                return item if isinstance(item, Pose) else with_later_time(item, self._later_s)
        return None

    def _reach_end(self) -> None:
        """Restart one frame later when looping, or end; under the lock."""
        if not self._part.loop:
            self._ended = True
            self._changed.notify_all()
            return
        frame_s = self.duration_s / max(1, len(set(self._recording.times_s)) - 1)
        self._move_to(self._part.start_s)
        self._started_at_s += frame_s
        self._later_s += frame_s

    def _close_senders(self) -> None:
        recording, last = self._recording, self._next - 1
        rest = [
            with_later_time(item, self._later_s)
            for item, time_s in zip(recording.items, recording.times_s, strict=True)
            if isinstance(item, bytes) and last >= 0 and time_s == recording.times_s[last]
        ]
        for sender in self._senders:
            for _ in range(CLOSING_REPEATS):
                sender.send_packets(rest)  # poses are repeated by the sender itself
            sender.close()
