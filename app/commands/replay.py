"""`vtm replay FILE --osc URL…`: send a take or an OSC log again at its original speed, until its end or Ctrl-C."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from threading import Event

from app.commands.headless import POLL_S
from app.signals import signals_set
from app.terminal import StatusLine, say
from engine.errors import OutputError
from engine.takes.player import Player, PlayerState


def replay_text(state: PlayerState) -> str:
    """Return the position and the packet rate in one line."""
    packets = sum(target.packets_per_s for target in state.targets)
    text = f"{state.position_s:6.1f} of {state.duration_s:.1f} s  {packets:.0f} packets/s"
    errors = [target.error for target in state.targets if target.error]
    return f"{text}  {errors[0]}" if errors else text


def run_replay(
    path: Path, urls: tuple[str, ...], *, loop: bool, seconds: float | None = None, stop: Event | None = None
) -> int:
    """Main thread; `stop` may be set from any, and ends it as the end of `seconds` does.

    Raises UsageError, VtmError (file), OutputError (target).
    """
    stop = Event() if stop is None else stop
    until_s = math.inf if seconds is None else time.monotonic() + seconds
    status = StatusLine(sys.stderr)
    with signals_set(stop):
        player = Player(path, urls, loop=loop)
        try:
            state = player.state()
            if state.message:
                say(f"vtm: {state.message}")
            while state.state == "playing" and not stop.is_set() and (left_s := until_s - time.monotonic()) > 0:
                status.show(replay_text(state))
                stop.wait(min(POLL_S, left_s, max(0.01, state.duration_s - state.position_s)))
                state = player.state()
        finally:
            player.close()
    status.close()
    if state.state == "failed":
        raise OutputError(f"the replay of {path} stopped: {state.message}")
    sent = player.state().targets
    for target in sent:
        why = f" ({target.last_error})" if target.errors and target.last_error else ""
        say(f"vtm: {target.target}: {target.packets} packets, {target.errors} errors{why}")
    return 0
