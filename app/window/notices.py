"""Choose the banner's notice from a stream of snapshots. No Qt here, the clock is injected."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from app.troubles import Troubles, new_messages
from app.window.plain_words import plain_words, source_name
from engine.errors import SEND_REPORT
from engine.types import Message, NoPerson, Snapshot

_SHOWN_FOR_S = {"info": 5.0, "warning": 8.0, "error": 12.0}
_NO_PERSON_AFTER_S = 1.0
_STALLED_AFTER_S = 2.0
NO_PERSON = "No person in view: step into the picture"
ENDED = "The clip is over"


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the banner; `action` is the label of its button, "" for none."""

    level: str  # "info", "warning" or "error"
    text: str
    action: str = ""


class Notices:
    """Turns snapshots into the notice to show. One thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: tuple[Message, ...] = ()
        self._news: tuple[Message, float] | None = None
        self._failed = False
        self._troubles = Troubles(clock)
        self._person_at_s = clock()
        self.own: Notice | None = None  # the window's own, and since when
        self._own_at_s = 0.0

    def say(self, level: str, text: str) -> None:
        """Show a line of the window's own for a while."""
        self.own, self._own_at_s = Notice(level, text), self._clock()

    def notice(self, snapshot: Snapshot, offer: Notice | None = None) -> Notice | None:
        """What to show now; None for nothing. `offer`: what else could be shown, less urgent than what failed."""
        now_s = self._clock()
        self._follow(snapshot, now_s)
        if snapshot.state != "failed":
            if self.own is not None and now_s - self._own_at_s < _SHOWN_FOR_S["warning"]:
                return self.own
            if offer is not None:
                return offer
        if snapshot.state == "failed":
            errors = [message.text for message in snapshot.messages if message.level == "error"]
            return Notice("error", _for_window(errors[-1]) if errors else "The capture has stopped", "Try again")
        news = self._recent(now_s)
        if news is not None:
            return news
        if snapshot.state == "ended":
            return Notice("info", ENDED, "Play again")
        if snapshot.state != "running" or snapshot.frame is None:
            return None
        silent_s = self._troubles.silence_s()
        if silent_s is not None and silent_s > _STALLED_AFTER_S:
            if self.too_slow:
                return Notice(
                    "warning", f"This computer is too busy (nothing for {silent_s:.0f} s): close other programs"
                )
            source = source_name(snapshot.source)
            return Notice("warning", f"No new picture for {silent_s:.0f} s: waiting for {source}")
        if now_s - self._person_at_s > _NO_PERSON_AFTER_S:
            return Notice("info", NO_PERSON)
        return None

    def silence_s(self) -> float | None:
        """Return the seconds without a new picture; None while pictures come."""
        return self._troubles.silence_s()

    @property
    def too_slow(self) -> bool:
        """The source sends frames, and this computer finishes none."""
        return self._troubles.silence_s() is not None and self._troubles.too_slow

    def _follow(self, snapshot: Snapshot, now_s: float) -> None:
        if self._failed and snapshot.state != "failed":
            self._news = None  # the problem is over
        self._failed = snapshot.state == "failed"
        for message in (*new_messages(self._seen, snapshot.messages), *self._troubles.news(snapshot)):
            if not plain_words(message.level, message.text):
                continue
            if self._news is None or _rank(message.level) >= _rank(self._news[0].level) or not self._recent(now_s):
                self._news = (message, now_s)
        self._seen = snapshot.messages
        if not isinstance(snapshot.detection, NoPerson):
            self._person_at_s = now_s

    def _recent(self, now_s: float) -> Notice | None:
        if self._news is None or now_s - self._news[1] > _SHOWN_FOR_S.get(self._news[0].level, 5.0):
            return None
        message = self._news[0]
        return Notice(message.level, _for_window(plain_words(message.level, message.text)))


def _for_window(text: str) -> str:
    """Adapt a message for the window, where no command needs to be typed."""
    return text.replace(SEND_REPORT, "send the report (button at the top right)")


def _rank(level: str) -> int:
    return list(_SHOWN_FOR_S).index(level) if level in _SHOWN_FOR_S else 0
