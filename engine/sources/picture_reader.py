"""A picture sequence: a folder, a pattern like shots/%04d.png or shots/*.png, or a single picture."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import UsageError
from engine.file_kinds import is_picture
from engine.opencv import cv2
from engine.sources.animated import is_animated
from engine.sources.reader import Picture

_NUMBER = re.compile(r"%(0?)(\d*)d")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class NumberedPicture:
    """A file and its index in the sequence: a missing number is a missing picture."""

    path: Path
    number: int  # from 0 on


class PictureReader:
    """One picture every 1 / fps seconds; unreadable pictures are skipped and reported at the end."""

    def __init__(self, place: str, fps: float) -> None:
        """place: a folder, a pattern or a picture. Raises UsageError: there is no picture."""
        self._files = picture_files(place)
        if not self._files:
            raise UsageError(f"there are no pictures in {place}; expected files like 0001.png, all of one sequence")
        self._place = place
        self.fps = fps
        self.frames = len(self._files)
        self._next, self._bad = 0, 0

    @property
    def problem(self) -> str | None:
        """How many pictures could not be read, or None."""
        return f"{self._bad} of the {self.frames} pictures in {self._place} could not be read" if self._bad else None

    def read(self) -> Picture | None:
        """Return the next picture; None at the end."""
        while self._next < len(self._files):
            file = self._files[self._next]
            self._next += 1
            bgr = _decoded(file.path)
            if bgr is not None:
                return Picture(np.asarray(bgr, np.uint8), file.number / self.fps)
            self._bad += 1
        return None

    def rewind(self) -> bool:
        """Restart."""
        self._next = self._bad = 0
        return True

    def close(self) -> None:
        """Do nothing: no file is open between two pictures."""


def is_picture_place(place: str) -> bool:
    """Return whether it is a folder of pictures without videos, a pattern of pictures, or a picture."""
    path = Path(place)
    if path.is_file():
        return is_picture(path) and not is_animated(path)
    return bool(picture_files(place))


def picture_files(place: str) -> list[NumberedPicture]:
    """Return the pictures in order: by the number in a %04d pattern, else by name with numbers sorted as numbers."""
    path = Path(place)
    if path.is_file():
        return [NumberedPicture(path, 0)] if is_picture(path) else []
    if path.is_dir():
        return _in_order([file for file in path.iterdir() if is_picture(file)])
    if _NUMBER.search(path.name):
        return _numbered(path)
    if any(letter in place for letter in "*?["):
        names = glob.glob(place, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        return _in_order([Path(name) for name in names if is_picture(Path(name))])
    return []


def _in_order(files: list[Path]) -> list[NumberedPicture]:
    def key(file: Path) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in _DIGITS.split(str(file))]

    visible = [file for file in files if not file.name.startswith(".")]
    return [NumberedPicture(file, number) for number, file in enumerate(sorted(visible, key=key))]


def _numbered(pattern: Path) -> list[NumberedPicture]:
    before, zero, width, after = _NUMBER.split(pattern.name, maxsplit=1)
    digits = rf"\d{{{int(width)},}}" if zero and width else r"\d+"
    name = re.compile(re.escape(before) + f"({digits})" + re.escape(after))
    if not pattern.parent.is_dir():
        return []
    matches = [(file, name.fullmatch(file.name)) for file in pattern.parent.iterdir() if is_picture(file)]
    found = sorted((int(match[1]), file) for file, match in matches if match)
    return [NumberedPicture(file, number - found[0][0]) for number, file in found]


def _decoded(path: Path) -> cv2.typing.MatLike | None:
    """Return 8 bits per channel, without transparency, rotated as in EXIF. None: unreadable."""
    try:  # cv2.imread supports only ASCII names on Windows
        data = np.fromfile(path, np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except (OSError, cv2.error):
        return None
