"""The folder of AIST++: names of sequences, splits, the ignore list, and the camera setup of each sequence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from models.aist.pickles import AistError

SPLITS = ("train", "val", "test")
_NAME = re.compile(r"g(?P<genre>[A-Z]{2})_s[A-Z]{2}_c(?P<view>All|\d\d)_d\d\d_m[A-Z]{2}\d_ch\d\d")
_PARTS = ("motions", "keypoints2d", "keypoints3d", "cameras", "splits")


def genre_of(sequence: str) -> str:
    """Return the genre of a sequence: BR (break) for gBR_sBM_cAll_d04_mBR0_ch01. Raises AistError for other names."""
    match = _NAME.fullmatch(sequence)
    if match is None or match["view"] != "All":
        raise AistError(f"{sequence!r} is not the name of a sequence; expected one like gBR_sBM_cAll_d04_mBR0_ch01")
    return match["genre"]


def video_of(sequence: str, view: str) -> str:
    """Return the name of one view's video: ..._c03_... for ..._cAll_... and c03."""
    genre_of(sequence)
    return sequence.replace("_cAll_", f"_{view}_")


@dataclass(frozen=True, slots=True)
class AistFolder:
    """Contents of the data set's text files; the pickles are read one by one."""

    path: Path
    splits: dict[str, str]  # sequence -> train, val or test; without ignored sequences
    environments: dict[str, str]  # sequence -> name of its camera environment

    def cameras_of(self, sequence: str) -> Path:
        """Return the camera file of a sequence. Raises AistError when the mapping has none."""
        if sequence not in self.environments:
            raise AistError(f"{self.path / 'cameras' / 'mapping.txt'}: no camera environment for {sequence}")
        return self.path / "cameras" / f"{self.environments[sequence]}.json"


def open_folder(path: Path) -> AistFolder:
    """Read splits, ignore list and mapping. Raises AistError that names what is missing."""
    missing = [part for part in _PARTS if not (path / part).is_dir()]
    if missing:
        raise AistError(
            f"{path}: no {'/, '.join(missing)}/ in it; pass the folder of AIST++'s annotations, which holds"
            f" {'/, '.join(_PARTS)}/ and ignore_list.txt"
        )
    ignored = set(_lines(path / "ignore_list.txt"))
    splits: dict[str, str] = {}
    for split in SPLITS:
        file = path / "splits" / f"pose_{split}.txt"
        for sequence in _lines(file):
            genre_of(sequence)
            if splits.setdefault(sequence, split) != split:
                raise AistError(f"{file}: {sequence} is in the split {splits[sequence]} as well; fetch splits/ again")
    environments: dict[str, str] = {}
    mapping = path / "cameras" / "mapping.txt"
    for number, line in enumerate(_lines(mapping), 1):
        words = line.split()
        if len(words) != 2 or not re.fullmatch(r"[\w-]+", words[1]):
            raise AistError(f"{mapping}: line {number} is {line!r}; expected a sequence and a camera environment")
        environments[words[0]] = words[1]
    return AistFolder(path, {name: split for name, split in splits.items() if name not in ignored}, environments)


def _lines(path: Path) -> list[str]:
    """Return the lines that are not blank. Raises AistError when the file is missing or not text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise AistError(f"{path}: {reason}; fetch it from the data set's own page") from error
    return [line.strip() for line in text.splitlines() if line.strip()]
