"""Takes that a crash left incomplete: `vtm recover FILE…`, and the check at the start of a run. No Qt here."""

from __future__ import annotations

import logging
from pathlib import Path

from app.terminal import say
from engine.errors import UsageError, VtmError

log = logging.getLogger(__name__)


def run_recover(paths: list[Path]) -> int:
    """Finish every named take, or all in a folder, with one line each; return 1 when one could not be finished."""
    bad = 0
    for partial in _expanded(paths):
        line, good = recover_one(partial)
        say(f"vtm: {line}")
        bad += not good
    return 1 if bad else 0


def _expanded(paths: list[Path]) -> list[Path]:
    """Replace folders by the unfinished takes in them, and the name of a missing take by its partial file."""
    from engine.takes.partial_file import SUFFIX
    from engine.takes.recovery import unfinished_takes

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            _clean_up(path)
            inside = unfinished_takes(path)
            if not inside:
                say(f"vtm: {path}: no unfinished take in this folder")
            found += inside
            continue
        partial = path.with_name(path.name + SUFFIX)
        if path.suffix != SUFFIX and partial.exists():
            found.append(partial)
        elif path.is_file() and path.suffix != SUFFIX:
            raise UsageError(f"{path} is not an unfinished take: give a file that ends in {SUFFIX}, or its folder")
        else:
            found.append(path)
    return found


def _clean_up(folder: Path) -> None:
    from engine.motion.atomic import remove_dead_temporaries

    for path in remove_dead_temporaries(folder):
        say(f"vtm: removed {path}, which was incomplete because its process was killed")


def recover_one(partial: Path, *, avoid: Path | None = None) -> tuple[str, bool]:
    """Finish one take. Return a line on the result, and whether the take exists now."""
    from engine.takes.recovery import recover

    try:
        return f"recovered {recover(partial, avoid=avoid)}", True
    except VtmError as error:
        log.warning("%s was not recovered", partial, exc_info=True)
        return str(error), False


def recover_beside(record: Path) -> None:
    """At the start of a headless run that records: finish takes that a crash left there or in the safe place."""
    from engine.takes.recovery import unfinished_takes
    from engine.takes.safe_place import safe_folder

    folder = record.resolve().parent
    _clean_up(folder)
    for partial in (*unfinished_takes(folder), *unfinished_takes(safe_folder())):
        line, good = recover_one(partial, avoid=record)
        say(f"vtm: {line}, a take that a crash left unfinished" if good else f"vtm: {line}")
