"""Create the details stage from what is requested and available; a missing network is a message, never an error."""

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
    """Load the requested networks without downloading. Return None when there is nothing to run.

    hand_size   "lite" or "full"; the other one is used if it is missing
    on_message  receives one sentence on what is missing; the body works without it
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
    """Load a network; on failure store the reason and return None."""
    try:
        return load()
    except DetectorError as error:
        log.info("%s: %s", what, error)
        reasons[what] = str(error)
        return None


def _hand_network(size: str, threads: int) -> HandNetwork:
    """Load the hand network. Raises DetectorError when no size is available or loadable."""
    there = details_state().hands
    taken = size if size in there or not there else there[0]
    return HandNetwork(installed(BY_HAND_SIZE[taken]), threads=threads)


def _face_networks(threads: int) -> FaceNetworks:
    """Load both face networks. Raises DetectorError when one of them is missing or cannot be loaded."""
    return FaceNetworks(installed(FACE_MESH), installed(BLEND_SHAPES), threads=threads)
