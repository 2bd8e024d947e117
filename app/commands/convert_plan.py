"""Plan of `vtm convert`: from files, folders and patterns to a file or a folder."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from engine.errors import OutputError, UsageError
from engine.file_kinds import TAKE_SUFFIX, VIDEO_SUFFIXES, is_picture
from engine.motion.atomic import numbered_names

INPUT_SUFFIXES = (*VIDEO_SUFFIXES, TAKE_SUFFIX)
"""Suffixes used from a folder; a file that is named explicitly may have any suffix."""
_DEMO = Path("demo")
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Job:
    """One conversion."""

    source: Path
    target: Path

    def done(self, targets: frozenset[Path] = frozenset()) -> bool:
        """Return whether the target, or one of its numbered names (an older file was kept), is newer than its source.

        targets  of all jobs: a-2.bvh may be another job's target. Targets are written whole or not at all.
        """
        try:
            made_at_s = max(path.stat().st_mtime for path in _files_of(self.source))
            for name in numbered_names(self.target):
                if (name == self.target or name not in targets) and name.stat().st_mtime > made_at_s:
                    return True
        except (OSError, ValueError):  # no source, or no more numbered names
            pass
        return False


def plan_jobs(paths: list[Path], suffix: str | None, suffixes: tuple[str, ...]) -> tuple[list[Job], bool]:
    """Return the jobs, and whether the last path is an output folder; it is created.

    paths     inputs (files, folders, patterns; a folder or pattern of pictures is one clip), then the output
    suffix    --format; None: that of the output file, .npz for a folder
    suffixes  formats that can be written
    Raises UsageError, OutputError; then nothing was created.
    """
    if len(paths) < 2:
        raise UsageError("convert needs IN and OUT; see: vtm convert --help")
    *inputs, out = paths
    several = len(inputs) > 1 or (not _is_film(inputs[0]) and (inputs[0].is_dir() or _is_pattern(inputs[0])))
    if not _is_folder(out, suffixes, several):
        if suffix not in (None, out.suffix.lower()):
            raise UsageError(f"--format {suffix} contradicts {out}: leave one of them out")
        return [Job(inputs[0], out)], False
    jobs = _into_folder(_expanded(inputs), out, suffix or ".npz")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {out} ({error.strerror}): give another") from error
    return jobs, True


def _is_folder(out: Path, suffixes: tuple[str, ...], several: bool) -> bool:
    known = out.suffix.lower() in suffixes
    if out.is_dir() or not out.suffix:
        return True
    if several:
        raise UsageError(f"several inputs need a folder, but {out} is a file name: give a folder and --format")
    if not known:
        raise UsageError(f"cannot write {out.name}: the name must end in one of {', '.join(suffixes)}, or be a folder")
    return False


def _is_pattern(path: Path) -> bool:
    return bool(_WILD & set(str(path))) and not path.exists()


def _expanded(inputs: list[Path]) -> list[tuple[Path, bool]]:
    """Return each file, in order, and whether it was named explicitly (or found in a folder)."""
    found: dict[Path, bool] = {}
    for path in inputs:
        if _is_film(path):
            found[path] = True
            continue
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in INPUT_SUFFIXES and file.is_file())
            if not inside:
                raise UsageError(
                    f"the folder {path} holds no video, no picture and no .npz: give another, or a pattern like **/*"
                )
        elif _is_pattern(path):
            names = glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
            inside = sorted(file for file in map(Path, names) if file.is_file())
            if not inside:
                raise UsageError(f"no file matches the pattern {path}")
        elif path != _DEMO and not path.exists():
            raise UsageError(f"there is no file {path}; expected a video or a keypoints .npz")
        else:
            found[path] = True
            continue
        for file in inside:
            found.setdefault(file, False)
    return list(found.items())


def _files_of(source: Path) -> list[Path]:
    """Return the file itself, or all pictures of a picture sequence."""
    from engine.sources.picture_reader import picture_files

    return [source] if source.is_file() else [picture.path for picture in picture_files(str(source))]


def _is_film(path: Path) -> bool:
    """Return whether a folder or pattern has pictures and nothing else to convert: one clip."""
    from engine.sources.picture_reader import picture_files

    if path.is_file() or not picture_files(str(path)):
        return False
    if path.is_dir():
        return not any(file.suffix.lower() in INPUT_SUFFIXES for file in path.iterdir())
    others = glob.glob(str(path), recursive=True) if _is_pattern(path) else []  # noqa: PTH207 - as below
    return all(is_picture(Path(name)) for name in others if Path(name).is_file())


def _into_folder(inputs: list[tuple[Path, bool]], out: Path, suffix: str) -> list[Job]:
    """Return one job per input, named after it. Files written by an earlier run are not inputs."""
    all_jobs = [(Job(path, out / f"{_stem(path)}{suffix}"), named) for path, named in inputs]
    targets = {job.target.resolve() for job, _ in all_jobs}
    jobs: dict[Path, Job] = {}
    for job, named in all_jobs:
        if not named and job.source.resolve() in targets:
            continue
        if job.source.resolve() == job.target.resolve():
            raise UsageError(f"{job.source} would be overwritten by its own conversion: give another folder")
        if job.target in jobs:
            other = jobs[job.target].source
            raise UsageError(
                f"{other} and {job.source} would both be written to {job.target}: convert them to two folders"
            )
        jobs[job.target] = job
    return list(jobs.values())


def _stem(path: Path) -> str:
    """Return the output's name; a pattern of pictures is named after its folder."""
    name = path.name if path.is_dir() else path.stem
    return path.resolve().parent.name if _is_pattern(path) or "%" in name else name
