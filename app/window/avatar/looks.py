"""Names of the grounds and framings of the avatar's window, as settings keep them and menus call them."""

from __future__ import annotations

GROUNDS = {"green": "Green", "magenta": "Magenta", "none": "Transparent"}
FRAMINGS = {"whole": "Whole body", "upper": "Upper body", "head": "Head"}
