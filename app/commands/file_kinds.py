"""`python -m app.commands.file_kinds`: files of every kind made from one clip, converted, and what was found in each.

Needs an ffmpeg with the usual encoders: on the path, or --ffmpeg. Prints the table in docs/files.md and exits with 1
when a value is wrong. Nothing else imports this.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.commands.file_recipes import KINDS, X264, Kind
from app.terminal import say
from engine.config import Config
from engine.convert import convert
from engine.errors import UsageError, VtmError
from engine.motion.edit import trimmed
from engine.motion.npz import read_motion_npz
from engine.motion.take import MotionTake
from engine.quality.comparison import compare_takes
from engine.sources.file_source import open_file
from engine.sources.open_source import DEMO_CLIP

_CONFIG = Config(detector="blazepose", detector_size="lite", hands="off", face="off", rotate_deg=0)
_SECONDS = 3
_COLUMNS = ("kind", "file", "size", "frames", "rate", "s", "seen, %", "mm from the clip", "said", "")
_HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"
_EXPECTED_TALK = ("2D detector", "VTM runs on")
_RATE, _FRAMES = 0.002, 2  # rates may differ by so much, numbers of frames by so many


@dataclass(frozen=True, slots=True)
class Found:
    """What a conversion found in a file."""

    size: tuple[int, int]
    take: MotionTake
    said: str


def make(kind: Kind, base: Path, folder: Path, ffmpeg: str) -> Path:
    """Make the file. Raises VtmError: ffmpeg failed."""
    out = folder / kind.file
    out.parent.mkdir(parents=True, exist_ok=True)
    for command in kind.commands:
        names = {"base": base, "out": out, "tmp": folder / f"part_{out.stem}", "folder": out.parent}
        words = [word.format(**names) for word in shlex.split(command.replace("\\", "\\\\"))]
        if "{folder}" in command:
            words = words[:-1]  # the pattern stands where the file would
        run = subprocess.run([ffmpeg, "-v", "error", "-y", *words], capture_output=True, text=True, check=False)
        if run.returncode:
            raise VtmError(f"{ffmpeg} {' '.join(words)} failed: {run.stderr.strip()[-300:]}")
    if kind.then is not None:
        kind.then(out)
    return out


def find(kind: Kind, file: Path, folder: Path) -> Found | str:
    """Convert the file; the line with which it was refused, if it was."""
    source = kind.source.format(folder=file.parent) if kind.source else str(file)
    config = replace(_CONFIG, pictures_fps=kind.rate or 30.0)
    said: list[str] = []
    try:
        convert(source, folder / f"{file.parent.name}_{file.name}.npz", config, on_message=said.append, overwrite=True)
        opened = open_file(Path(source), paced=False)
        opened.close()
    except VtmError as error:
        return str(error)
    heard = [line for line in said if not line.startswith(_EXPECTED_TALK)]
    return Found(opened.image_size, read_motion_npz(folder / f"{file.parent.name}_{file.name}.npz"), "; ".join(heard))


def wrong(kind: Kind, found: Found | str, clip: Found) -> tuple[str, list[str]]:
    """The row of the table, and what is wrong in it."""
    if isinstance(found, str):
        fault = [] if kind.refused and kind.refused in found else ["refused"]
        return f"| {kind.name} | {kind.file} | – | – | – | – | – | – | {_short(found, kind)} |", fault
    take, reference = found.take, clip.take
    times = take.timestamps_s - take.timestamps_s[0]
    seconds = float(times[-1]) + 1 / take.fps
    right_s = kind.seconds or (len(reference) / reference.fps - kind.begins_s)
    mm = compare_takes(take, trimmed(reference, kind.begins_s)).mean_mm if kind.same_lens else float("nan")
    tests = {
        "not refused": not kind.refused,
        "size": found.size == (kind.size or clip.size),
        "frames": abs(len(take) - kind.frames * len(reference))
        <= _FRAMES + (0.05 * len(reference) if kind.then else 0),
        "rate": abs(take.fps / (kind.fps or reference.fps) - 1) < _RATE,
        "seconds": kind.then is not None or abs(seconds - right_s) < 1.5 / min(take.fps, 30.0),
        "seen": take.tracked.mean() >= 0.95 * reference.tracked.mean(),
        "joints": not mm > kind.within_mm,
        "said": kind.said in found.said and bool(kind.said) == bool(found.said),
    }
    row = (
        f"| {kind.name} | {kind.file} | {found.size[0]}x{found.size[1]} | {len(take)} | {take.fps:.4g} | {seconds:.2f} "
        f"| {100 * take.tracked.mean():.0f} | {'–' if np.isnan(mm) else f'{mm:.1f}'} | {_short(found.said, kind)} |"
    )
    return row, [name for name, good in tests.items() if not good]


def _short(said: str, kind: Kind) -> str:
    """Without the folder of the file."""
    words = (word.rsplit("/", 1)[-1] if Path(kind.file).name in word else word for word in said.split(" "))
    return " ".join(words).replace("|", "/")


def main() -> int:
    """Make, convert and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m app.commands.file_kinds")
    parser.add_argument("clip", nargs="?", type=Path, default=DEMO_CLIP, help="a clip with one person (the demo clip)")
    parser.add_argument("--ffmpeg", default=shutil.which("ffmpeg") or "ffmpeg", help="the ffmpeg to make files with")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help="kinds whose name or file holds this")
    parser.add_argument("--folder", type=Path, help="where the files are kept; else they are removed")
    options = parser.parse_args()
    if shutil.which(options.ffmpeg) is None:
        raise UsageError(f"there is no {options.ffmpeg}: install ffmpeg, or name one with --ffmpeg")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        cut = Kind("the clip", "clip.mp4", (f"-i {{base}} -t {_SECONDS} -an {X264} {{out}}",))
        base = make(cut, options.clip.resolve(), folder, options.ffmpeg)
        clip = find(cut, base, folder)
        if isinstance(clip, str):
            raise VtmError(clip)
        say(_HEAD, sys.stdout)
        chosen = [kind for kind in KINDS if any(text in f"{kind.name} {kind.file}" for text in options.only)]
        bad = 0
        for kind in chosen:
            try:
                file = make(kind, base, folder, options.ffmpeg)
            except VtmError as error:
                say(f"vtm: {kind.name}: {error}")
                continue
            row, faults = wrong(kind, find(kind, file, folder), clip)
            bad += bool(faults)
            say(f"{row} {'ok' if not faults else 'WRONG: ' + ', '.join(faults)} |", sys.stdout)
        say(f"\n{len(chosen) - bad} of {len(chosen)} kinds right", sys.stdout)
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VtmError as error:
        say(f"vtm: {error}")
        sys.exit(1)
