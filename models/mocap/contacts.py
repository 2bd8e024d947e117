"""Foot contact labels from true joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.skeleton import FEET, TOES

CONTACT_SPEED = 0.15 / 1.7  # body heights per second (0.15 m/s for a person of 1.70 m)
CONTACT_HEIGHT = 0.08 / 1.7  # body heights above the foot's resting height


def contacts_of(joints: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return contacts (N, 2) for joints (N, 22, 3), world, Y up, body heights: 1 where ankle or toes are slow and near
    their resting height."""
    contacts = np.zeros((len(joints), 2))
    for side in (0, 1):
        for joint in (FEET[side], TOES[side]):
            place = joints[:, joint]
            speed = np.linalg.norm(np.gradient(place, axis=0), axis=-1) * rate_hz if len(place) > 1 else np.zeros(1)
            low = place[:, 1] < np.percentile(place[:, 1], 5) + CONTACT_HEIGHT
            contacts[:, side] = np.maximum(contacts[:, side], (speed < CONTACT_SPEED) & low)
    return contacts
