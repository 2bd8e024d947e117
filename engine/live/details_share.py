"""What the details thread tells the solve thread and the screen: one frozen value, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import NO_DETAILS, Details, DetailsMeasured, DetailsState


@dataclass(frozen=True, slots=True)
class DetailsMoment:
    """The newest hands and face."""

    hands: bool = False  # they are looked at: there is a network for them
    face: bool = False
    source_number: int = -1  # of the frame that was looked at last
    details: Details | None = None  # None: nothing was looked at yet
    state: DetailsState = NO_DETAILS


class DetailsShare:
    """Holds the value. Only the details thread sets `now`; any thread may read it."""

    def __init__(self) -> None:
        self.now = DetailsMoment()
        self.measuring = False
        """The pose thread measures its networks: nothing else is to take its time."""
        self.hands_asked = False
        """Somebody wants the range of their fingers measured; the solve thread takes it back."""
        self.measured: DetailsMeasured | None = None
        """Written by the solve thread."""
