"""Shared state of the details thread for the solve thread and the screen: one frozen value, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import NO_DETAILS, Details, DetailsMeasured, DetailsState


@dataclass(frozen=True, slots=True)
class DetailsMoment:
    """The newest hands and face."""

    hands: bool = False  # tracked: there is a network for them
    face: bool = False
    source_number: int = -1  # of the last processed frame
    details: Details | None = None  # None: nothing processed yet
    state: DetailsState = NO_DETAILS


class DetailsShare:
    """Holds the value. Only the details thread sets `now`; any thread may read it."""

    def __init__(self) -> None:
        self.now = DetailsMoment()
        self.measuring = False
        """The pose thread is timing its networks; other threads should pause."""
        self.body_at_work = False
        """The pose thread is processing a frame. Set by that thread only."""
        self.hands_asked = False
        """A finger range measurement is requested; reset by the solve thread."""
        self.measured: DetailsMeasured | None = None
        """Written by the solve thread."""
