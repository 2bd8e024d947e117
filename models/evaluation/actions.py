"""Action in a clip, as far as its name tells."""

from __future__ import annotations

import re
from pathlib import PurePath

_WORDS = {
    "walk": "walk",
    "run": "run",
    "sprint": "run",
    "jump": "jump",
    "danc": "dance",
    "sit": "sit",
    "crouch": "crouch",
    "kneel": "crouch",
    "soccer": "soccer",
    "basketball": "basketball",
    "idle": "stand",
    "talk": "stand",
}
"""Prefix of a word in the name -> action, the first match counts: for CMU's other edition and Mesh2Motion."""
_CMU_TRIALS = {"02_01": "walk", "02_02": "walk", "02_03": "run", "02_04": "jump"}
_CMU_SUBJECTS = {
    "01": "playground",
    "02": "everyday",
    "03": "walk",
    "05": "dance",
    "06": "basketball",
    "07": "walk",
    "08": "walk",
    "09": "run",
    "10": "soccer",
    "11": "soccer",
    "12": "tai chi",
    "13": "everyday",
    "14": "everyday",
}
"""CMU's subjects by their recording purpose (its index at mocap.cs.cmu.edu)."""
_CMU_NAME = re.compile(r"^(\d\d)_(\d\d)(?!\d)")


def action_of(name: str) -> str:
    """Return the action for a clip's path or a motion file's name; else its folder, else "other"."""
    path = PurePath(name)
    cmu = _CMU_NAME.match(path.name)
    if cmu and cmu[1] in _CMU_SUBJECTS:
        return _CMU_TRIALS.get(cmu[0], _CMU_SUBJECTS[cmu[1]])
    words = re.split(r"[^a-z]+", path.stem.lower())
    for beginning, action in _WORDS.items():
        if any(word.startswith(beginning) for word in words):
            return action
    return path.parent.name or "other"
