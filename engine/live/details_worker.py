"""The details thread: hands and face of the newest frame processed by the pose thread, one network call per turn.

It takes frames from its own `Latest`, so the body never waits for it, starts while the body's thread is idle, and has
lower priority. Under load its rates are reduced first, then hands, then the face (engine/live/load_shedding.py). If it
fails, the body continues.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace

from engine.config import Config
from engine.errors import describe
from engine.live.details_share import DetailsMoment
from engine.live.interfaces import Clock, DetailsLike, Factories
from engine.live.low_priority import lower_priority
from engine.live.shared_state import SharedState
from engine.live.worker import POLL_S, Worker
from engine.queues import Latest
from engine.types import DetailsState, DetectedFrame, Keypoints2D

log = logging.getLogger(__name__)

MANY_CORES = 4
"""With this many cores, use the full hand network, else the lite one."""
RATES = ("every second update of the hands", "every second update of the face")
SUBJECTS = ("hand tracking", "face tracking")
"""Reductions under load, in this order."""
LONGEST_REST_S = 0.2
"""With few cores the thread sleeps as long as it worked, up to this time, to use at most half a core."""
SHORTEST_PERIOD_S = 0.025
"""With few cores, least time between two looks: every frame at 30 frames per second, every second one at 60."""
LONGEST_WAIT_S = 0.25
"""No look starts while the body is at work, except one in this time, so that a body that is never idle does not stop
hands and face."""
_FORGET_S = 1.0  # without a person, hands and face are searched again


class DetailsWorker(Worker):
    """Tracks hands and face."""

    name = "details"

    def __init__(
        self, shared: SharedState, factories: Factories, clock: Clock, inp: Latest[DetectedFrame], cores: int
    ) -> None:
        """cores: available to the process."""
        super().__init__(shared)
        self._factories = factories
        self._clock = clock
        self._in = inp
        self._cores = cores
        self._source: int | None = None
        self._seen_at_s = 0.0
        self._began_s = -math.inf  # the last look

    @staticmethod
    def _wanted(config: Config) -> tuple[object, ...]:
        return config.hands, config.face

    def _serve(self, wanted: tuple[object, ...]) -> None:
        config = self._shared.config
        hands, face = (self._asked(setting) for setting in (config.hands, config.face))
        self._tell(DetailsMoment())
        reader = None
        if hands or face:
            size = "full" if self._cores >= MANY_CORES else "lite"
            reader = self._factories.make_details(hands=hands, face=face, hand_size=size, on_message=self._inform)
        there = (reader.has_hands, reader.has_face) if reader is not None else (False, False)
        self._tell(
            DetailsMoment(*there, state=DetailsState(_state(hands, there=there[0]), _state(face, there=there[1])))
        )
        if reader is None:
            self._shared.shedding.offer("details", ())
            while self._still(wanted):
                self._idle()
            return
        self._shared.shedding.offer("details", _offers(config, *there), first=True)
        lower_priority()
        self._source = None
        while self._still(wanted):
            detected = self._in.get(POLL_S)
            if detected is not None and not self._in_the_way():
                self._handle(detected, reader)

    def _in_the_way(self) -> bool:
        """Return whether the body needs the processor now; the next frame comes when the body has seen to it."""
        details = self._shared.details
        waited_s = self._clock() - self._began_s
        return details.measuring or (details.body_at_work and waited_s < LONGEST_WAIT_S)

    def _asked(self, setting: str) -> bool:
        return setting == "on" or (setting == "auto" and self._cores > 1)

    def _handle(self, detected: DetectedFrame, reader: DetailsLike) -> None:
        """Process one frame: one hand or the face, then publish the result."""
        frame, body = detected.frame, detected.detection
        now = self._shared.details.now
        if detected.source_number != self._source:
            reader.reset()
            now = replace(now, details=None)
        self._source = detected.source_number
        if not isinstance(body, Keypoints2D):
            if now.details is not None and frame.captured_at_s - self._seen_at_s > _FORGET_S:
                reader.reset()
                self._tell(replace(now, details=None))
            return
        self._seen_at_s = frame.captured_at_s
        now = self._with_load(now, reader)
        if "on" not in (now.state.hands, now.state.face):
            self._tell(replace(now, source_number=detected.source_number, details=None))
            return
        self._began_s = started_s = self._clock()
        details = reader.read(frame, body)
        if reader.looked is not None:
            self._count(reader.looked, self._clock() - started_s, self._clock() - frame.captured_at_s)
        self._tell(replace(now, source_number=detected.source_number, details=details))
        if reader.looked is not None and self._cores < MANY_CORES:
            self._rest(self._clock() - started_s)

    def _rest(self, worked_s: float) -> None:
        """Leave the processor to the others. A frame that came meanwhile is dropped: the look at it would begin just
        before the body's next one; the next frame comes when the body has seen to it."""
        self._stop.wait(min(max(worked_s, SHORTEST_PERIOD_S - worked_s), LONGEST_REST_S))
        self._in.get(0.0)

    def _count(self, looked: str, took_s: float, latency_s: float) -> None:
        self._shared.stats.stage_took("details", took_s)
        self._shared.stats.looked_at("face" if looked == "face" else "hands", latency_s)
        self._shared.shedding.took("details", took_s)

    def _with_load(self, now: DetailsMoment, reader: DetailsLike) -> DetailsMoment:
        """Apply load shedding and return the moment with the state in words."""
        names = self._shared.shedding.left_out_of("details")
        no_hands, no_face = (subject in names for subject in SUBJECTS)
        hands_every, face_every = (1 + (rate in names) for rate in RATES)
        reader.set_load(hands=not no_hands, face=not no_face, hands_every=hands_every, face_every=face_every)
        state = replace(
            now.state,
            hands=_state(now.hands, there=now.hands, out=no_hands) if now.hands else now.state.hands,
            face=_state(now.face, there=now.face, out=no_face) if now.face else now.state.face,
        )
        return now if state == now.state else replace(now, state=state)

    def _tell(self, moment: DetailsMoment) -> None:
        self._shared.details.now = moment

    def _failed(self, error: Exception) -> None:
        """Stop hands and face while the body continues; reported in one line, logged with its traceback."""
        self._error = error
        log.error("the details thread failed", exc_info=error)
        line = f"hands and face stopped, the body continues:  {describe(error)}"
        self._shared.say("error", line)
        config = self._shared.config
        hands, face = ("off" if setting == "off" else "failed" for setting in (config.hands, config.face))
        self._tell(replace(self._shared.details.now, details=None, state=DetailsState(hands, face, line)))

    def _recovered(self) -> None:
        self._error = None


def _state(asked: bool, *, there: bool, out: bool = False) -> str:
    """Return one of the words of engine.types.DetailsState."""
    if not asked:
        return "off"
    if not there:
        return "missing"
    return "left out" if out else "on"


def _offers(config: Config, hands: bool, face: bool) -> tuple[str, ...]:
    """Return what can be dropped: the rates, then what is on automatically; explicit requests are kept."""
    there = (hands, face)
    rates = tuple(rate for rate, has in zip(RATES, there, strict=True) if has)
    settings = (config.hands, config.face)
    whole = zip(SUBJECTS, there, settings, strict=True)
    return rates + tuple(subject for subject, has, setting in whole if has and setting == "auto")
