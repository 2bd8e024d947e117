"""Failures of targets, take and receive port: reported once when they begin and once when they end.

Converts snapshots to lines for banner, terminal and log, the same for window and headless run. No Qt here; the clock
is injected.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.types import Message, Snapshot, TargetState

NO_PICTURE_AFTER_S = 1.0
"""An older picture counts as none: its results say nothing about the present."""
_TOO_SLOW_FRAMES = 5
"""As many frames that came while none was finished: the computer is behind, not the camera."""
OVER_AFTER_S = 3.0
"""A failure that recurs within this time is the same one."""
FULL_STREAM = "the full stream"
"""What is missing while a receiver's request slows down the stream."""
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

log = logging.getLogger(__name__)


def new_messages(before: tuple[Message, ...], now: tuple[Message, ...]) -> list[Message]:
    """Return the messages of `now` that are not in `before`, compared by identity: a text may be repeated."""
    return [message for message in now if not any(message is old for old in before)]


@dataclass(slots=True)
class _Trouble:
    text: str
    seen_at_s: float


class Troubles:
    """Follows one run. One thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._standing: dict[str, _Trouble] = {}  # by its origin: a target's URL, "recording", "receive port"
        self._picture: tuple[str, int] | None = None  # source and number of the newest frame
        self._picture_at_s: float | None = None
        self._frames_since = (0, 0)  # captured at the newest finished picture, and now

    def news(self, snapshot: Snapshot) -> list[Message]:
        """Return lines for what began, changed or ended since the last call; each is also logged."""
        now_s = self._clock()
        self._follow_picture(snapshot, now_s)
        found = dict(_found(snapshot))
        self._forget_what_left(snapshot)
        messages = [*self._begun(found, snapshot, now_s), *self._over(now_s)]
        for message in messages:
            log.log(_LEVELS[message.level], "%s", message.text)
        return messages

    def silence_s(self) -> float | None:
        """Seconds without a new picture in a running pipeline; None while pictures come."""
        if self._picture_at_s is None:
            return None
        silent_s = self._clock() - self._picture_at_s
        return silent_s if silent_s > NO_PICTURE_AFTER_S else None

    @property
    def too_slow(self) -> bool:
        """Frames come, but none has been finished since the newest picture."""
        before, now = self._frames_since
        return now - before >= _TOO_SLOW_FRAMES

    def _follow_picture(self, snapshot: Snapshot, now_s: float) -> None:
        if snapshot.state != "running" or snapshot.frame is None:
            self._picture = self._picture_at_s = None
            return
        picture = snapshot.source, snapshot.frame.frame_id
        if picture != self._picture:
            self._picture, self._picture_at_s = picture, now_s
            self._frames_since = (snapshot.stats.frames_captured, snapshot.stats.frames_captured)
        self._frames_since = (self._frames_since[0], snapshot.stats.frames_captured)

    def _begun(self, found: dict[str, str], snapshot: Snapshot, now_s: float) -> Iterator[Message]:
        said = [message.text for message in snapshot.messages]
        for key, text in found.items():
            before = self._standing.get(key)
            self._standing[key] = _Trouble(text, now_s)
            known = before is not None and _gist(before.text) == _gist(text)
            if not known and text not in said:
                yield Message("warning", text)

    def _forget_what_left(self, snapshot: Snapshot) -> None:
        """Forget failures of targets that were removed and of a take that is finished."""
        there = {target.target for target in snapshot.targets}
        there |= {"recording"} if snapshot.recording is not None else set()
        there |= {"receive port", FULL_STREAM} if snapshot.receiver is not None else set()
        self._standing = {key: trouble for key, trouble in self._standing.items() if key in there}

    def _over(self, now_s: float) -> Iterator[Message]:
        gone = [key for key, trouble in self._standing.items() if now_s - trouble.seen_at_s > OVER_AFTER_S]
        for key in gone:
            del self._standing[key]
            yield Message("info", f"{key}: works again")


def _found(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield name and message of every current failure."""
    for target in snapshot.targets:
        if target.error is not None:
            yield target.target, _target_line(target)
    if snapshot.recording is not None and snapshot.recording.error is not None:
        yield "recording", snapshot.recording.error
    if snapshot.receiver is not None and snapshot.receiver.error is not None:
        yield "receive port", snapshot.receiver.error
    elif snapshot.receiver is not None and max(snapshot.receiver.periods) > 1:
        every = max(snapshot.receiver.periods)
        yield (
            FULL_STREAM,
            f"a receiver requested every {every}th frame: VMC targets get at least one per second, every frame again "
            "one minute after the last request",
        )


def _target_line(target: TargetState) -> str:
    address = target.target.partition("://")[2].partition("?")[0].rstrip("/")
    error = target.error or ""
    return error if address in error else f"{target.target}: {error}"


def _gist(text: str) -> str:
    """Return the line without its numbers: counts and seconds change while the failure stays the same."""
    return re.sub(r"\d+", "#", text)
