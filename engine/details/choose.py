"""Makes the details stage from what is asked for and what is there; what is missing is one message, never an error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from engine.details.networks import FaceNetworks, HandNetwork
from engine.details.reader import DetailsReader
from engine.details.weights import BLEND_SHAPES, BY_HAND_SIZE, FACE_MESH, details_state, installed
from engine.errors import DetectorError

T = TypeVar("T")
log = logging.getLogger(__name__)


def make_details(
    *, hands: bool, face: bool, hand_size: str = "full", threads: int = 1, on_message: Callable[[str], None]
) -> DetailsReader | None:
    """Load the networks that are asked for; download nothing. Return None when there is nothing to look at.

    hand_size   "lite" or "full"; the other one stands in where it is not there
    on_message  is told in one sentence what is missing; the body goes on without it
    """
    reasons: dict[str, str] = {}
    hand_network = _loaded(lambda: _hand_network(hand_size, threads), "hands", reasons) if hands else None
    face_networks = _loaded(lambda: _face_networks(threads), "face", reasons) if face else None
    if reasons:
        on_message(f"no {' and no '.join(reasons)}: {next(iter(reasons.values()))}")
    if hand_network is None and face_networks is None:
        return None
    return DetailsReader(hand_network, face_networks)


def _loaded(load: Callable[[], T], what: str, reasons: dict[str, str]) -> T | None:
    """Return None and note why when it cannot be loaded."""
    try:
        return load()
    except DetectorError as error:
        log.info("%s: %s", what, error)
        reasons[what] = str(error)
        return None


def _hand_network(size: str, threads: int) -> HandNetwork:
    """Raises DetectorError when no size is there, or cannot be loaded."""
    there = details_state().hands
    taken = size if size in there or not there else there[0]
    return HandNetwork(installed(BY_HAND_SIZE[taken]), threads=threads)


def _face_networks(threads: int) -> FaceNetworks:
    """Raises DetectorError when one of the two is not there, or cannot be loaded."""
    return FaceNetworks(installed(FACE_MESH), installed(BLEND_SHAPES), threads=threads)
