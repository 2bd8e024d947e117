"""Short tones for countdowns, generated here and played by the system: no sound library is needed.

Windows plays a .wav itself (winsound), macOS with afplay, Linux with pw-play, paplay or aplay, whichever is installed.
Without any of these, or if playing fails, `fallback` sounds instead: the system's beep.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.cues import DONE, FAILED, GO, TICK

log = logging.getLogger(__name__)

RATE_HZ = 44_100
_LOUDNESS = 0.35
_FADE_S = 0.008  # a tone that starts at full strength clicks
_NOTES: dict[str, tuple[tuple[float, float], ...]] = {  # (Hz, seconds)
    TICK: ((880.0, 0.12),),
    GO: ((1320.0, 0.40),),
    DONE: ((880.0, 0.12), (1320.0, 0.28)),
    FAILED: ((440.0, 0.18), (330.0, 0.35)),
}
_PLAYERS = (("afplay",), ("pw-play",), ("paplay",), ("aplay", "-q"))

Command = tuple[str, ...]


def samples_of(tone: str) -> NDArray[np.int16]:
    """Return 16-bit samples (N,) at RATE_HZ: consecutive sine notes, faded in and out."""
    return np.concatenate([_note(frequency_hz, seconds) for frequency_hz, seconds in _NOTES[tone]])


def _note(frequency_hz: float, seconds: float) -> NDArray[np.int16]:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    envelope = np.clip(np.minimum(time_s, seconds - time_s) / _FADE_S, 0.0, 1.0)
    return (np.sin(2 * np.pi * frequency_hz * time_s) * envelope * _LOUDNESS * 32_767).astype(np.int16)


def write_wave(path: Path, samples: NDArray[np.int16]) -> None:
    """Write one channel, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())


def find_player() -> Command:
    """Return the command that plays a .wav on this system; () if there is none."""
    return next((command for command in _PLAYERS if shutil.which(command[0])), ())


class TonePlayer:
    """Plays tones without blocking. One thread."""

    def __init__(self, fallback: Callable[[], None], find: Callable[[], Command] = find_player) -> None:
        """`find`: replaced by tests."""
        self._fallback = fallback
        self._command = () if sys.platform == "win32" else find()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._playing: list[subprocess.Popen[bytes]] = []

    def play(self, tone: str) -> None:
        """Start one of app.cues.TONES and return at once."""
        self._reap()
        try:
            if not self._start(tone):
                self._fallback()
        except (OSError, RuntimeError) as error:
            log.info("no tone can be played (%s): the system's beep sounds instead", error)
            self._command = ()
            self._fallback()

    def close(self) -> None:
        """Wait for playing tones and remove the files. Idempotent."""
        for process in self._playing:
            try:
                process.wait(1.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._playing.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self, tone: str) -> bool:
        """Start a tone; return False if this system has no player."""
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(self._file(tone)), winsound.SND_FILENAME | winsound.SND_ASYNC)
            return True
        if not self._command:
            return False
        none = subprocess.DEVNULL
        command = [*self._command, str(self._file(tone))]
        self._playing.append(subprocess.Popen(command, stdin=none, stdout=none, stderr=none))
        return True

    def _file(self, tone: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="vtm-tones-")
        path = Path(self._folder.name) / f"{tone}.wav"
        if not path.exists():
            write_wave(path, samples_of(tone))
        return path

    def _reap(self) -> None:
        """Forget finished tones; a player that fails (no sound device) is not used again."""
        if any(process.poll() not in (None, 0) for process in self._playing):
            log.info("%s cannot play here: the system's beep sounds instead", self._command[0])
            self._command = ()
        self._playing = [process for process in self._playing if process.poll() is None]
