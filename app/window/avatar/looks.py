"""Names of the backgrounds and framings of the avatar's window, as stored in settings and shown in menus."""

from __future__ import annotations

GROUNDS = {"green": "Green", "magenta": "Magenta", "none": "Transparent"}
FRAMINGS = {"whole": "Whole body", "upper": "Upper body", "head": "Head"}
