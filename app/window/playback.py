"""What the window plays instead of live motion: a recording with a timeline, or a test pose. No Qt here.

`start`, `stop` and `follow` belong to the session's worker, because they open sockets; the others return at once and
may be called from any thread.
"""

from __future__ import annotations

import dataclasses

from engine.config import Config
from engine.takes.player import WHOLE, Part, Player, PlayerState
from engine.takes.recording import Recording


class Playback:
    """At most one player."""

    def __init__(self) -> None:
        self._player: Player | None = None
        self._recording: Recording | None = None
        self._urls: tuple[str, ...] = ()
        self._loop = False

    def start(self, recording: Recording, urls: tuple[str, ...], loop: bool) -> None:
        """Play a recording; the previous one is shown until then. Raises VtmError: then nothing is played."""
        if self._player is not None:
            self._player.close()
        try:
            self._player = Player(recording, urls, loop=loop)
        except BaseException:
            self._player = None
            raise
        self._recording, self._urls, self._loop = recording, urls, loop

    def follow(self, urls: tuple[str, ...]) -> None:
        """Switch to other targets at the same position. Raises VtmError: then nothing is played any more."""
        before = self.state()
        if before is None or urls == self._urls or self._recording is None:
            return
        self.start(self._recording, urls, self._loop)
        self.set_part(before.part)
        if before.state == "paused":
            self.pause()
        self.seek(before.position_s)

    def stop(self) -> None:
        """Stop playing; the targets get the last pose three times."""
        player, self._player = self._player, None
        if player is not None:
            player.close()

    def muted(self, config: Config) -> Config:
        """Return `config` without targets during playback, so that a receiver gets one stream."""
        return config if self._player is None else dataclasses.replace(config, osc=())

    def state(self) -> PlayerState | None:
        """State of the player; None when nothing is played."""
        player = self._player
        return None if player is None else player.state()

    def pause(self) -> None:
        """Pause."""
        if (player := self._player) is not None:
            player.pause()

    def resume(self) -> None:
        """Continue, or restart after the end."""
        if (player := self._player) is not None:
            player.resume()

    def set_part(self, part: Part = WHOLE) -> None:
        """Play only this part."""
        if (player := self._player) is not None:
            player.set_part(part)

    def seek(self, position_s: float) -> None:
        """Go there."""
        if (player := self._player) is not None:
            player.seek(position_s)
