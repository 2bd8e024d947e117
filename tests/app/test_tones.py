"""Tones: clean waves, played by what the system has, the beep where it has nothing, and no call waits."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from app import tones
from app.cues import TONES
from app.tones import RATE_HZ, TonePlayer, find_player, samples_of, write_wave


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_short_starts_and_ends_in_silence_and_is_not_clipped(tone: str):
    samples = samples_of(tone)
    assert 0.1 * RATE_HZ <= len(samples) <= 0.6 * RATE_HZ
    assert abs(int(samples[0])) < 50
    assert abs(int(samples[-1])) < 1_000
    assert 8_000 < np.abs(samples).max() < 20_000


def test_the_tones_differ():
    assert len({samples_of(tone).tobytes() for tone in TONES}) == len(TONES)


def test_a_tone_has_the_frequency_it_should_have():
    samples = samples_of("tick").astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / RATE_HZ)[spectrum.argmax()] == pytest.approx(880, abs=10)


def test_a_written_wave_is_read_back(tmp_path: Path):
    write_wave(tmp_path / "a.wav", samples_of("go"))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        assert np.frombuffer(file.readframes(file.getnframes()), "<i2").tolist() == samples_of("go").tolist()


def test_the_first_player_that_is_installed_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tones.shutil, "which", lambda name: f"/bin/{name}" if name in ("paplay", "aplay") else None)
    assert find_player() == ("paplay",)
    monkeypatch.setattr(tones.shutil, "which", lambda _name: None)
    assert find_player() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows plays by itself")
class TestCommands:
    """A Python process stands in for the system's player."""

    def player(self, beeps: list[str], code: str) -> TonePlayer:
        return TonePlayer(lambda: beeps.append("beep"), find=lambda: (sys.executable, "-c", code))

    def test_a_tone_is_handed_over_as_a_wave_file_and_the_files_go_at_the_end(self, tmp_path: Path):
        out = tmp_path / "played"
        beeps: list[str] = []
        code = f"import sys, wave; w = wave.open(sys.argv[1]); open({str(out)!r}, 'w').write(sys.argv[1])"
        player = self.player(beeps, code)
        player.play("tick")
        player.play("tick")
        player.close()
        path = Path(out.read_text())
        assert path.name == "tick.wav"
        assert not path.exists()
        assert beeps == []
        player.close()

    def test_a_call_does_not_wait_for_the_sound(self):
        beeps: list[str] = []
        player = self.player(beeps, "import time; time.sleep(60)")
        player.play("tick")
        assert player._playing[0].poll() is None
        player._playing[0].kill()
        player.close()

    def test_a_player_that_fails_gives_way_to_the_beep(self):
        beeps: list[str] = []
        player = self.player(beeps, "raise SystemExit(1)")
        player.play("tick")
        deadline = time.monotonic() + 10
        while player._playing[0].poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        player.play("tick")
        player.play("tick")
        assert beeps == ["beep", "beep"]
        player.close()

    def test_a_player_that_cannot_be_started_gives_way_to_the_beep(self):
        beeps: list[str] = []
        player = TonePlayer(lambda: beeps.append("beep"), find=lambda: ("/no/such/player",))
        player.play("tick")
        player.play("tick")
        assert beeps == ["beep", "beep"]
        player.close()

    def test_without_a_player_the_beep_sounds_and_no_file_is_written(self, monkeypatch: pytest.MonkeyPatch):
        beeps: list[str] = []
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("nothing is there to be run"))
        player = TonePlayer(lambda: beeps.append("beep"), find=lambda: ())
        player.play("done")
        assert beeps == ["beep"]
        assert player._folder is None
        player.close()
