"""Parse the command line: commands, `vtm help`, and files named without a command.

`vtm clip.mp4` plays a video, `vtm take.npz` replays a take. Wrong usage raises UsageError with advice.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path

from app.arguments.parser import COMMAND_NAMES, build_parser, build_run_parser
from engine.errors import UsageError
from engine.file_kinds import LOG_SUFFIX, TAKE_SUFFIX, not_a_recording, not_a_video

_HELP = ("-h", "--help")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options. For a run `command` is None, and `replay` is the take to replay, if any.

    Raises UsageError; SystemExit after --help and --version.
    """
    words = [word for word in arguments if word != "--debug"]
    first = words[0] if words else ""
    if first == "help":
        return build_parser().parse_args(_help(words[1:]))
    if first in COMMAND_NAMES or set(words) & set(_HELP):
        return build_parser().parse_args(arguments)
    options = build_run_parser().parse_intermixed_args(arguments)
    options.command, options.replay = None, None
    _take_words(options, options.words)
    check_source(options.source or "")
    return options


def _help(words: list[str]) -> list[str]:
    """Turn `vtm help [COMMAND]` into --help."""
    if words and words[0] not in COMMAND_NAMES:
        raise UsageError(f"there is no command {words[0]!r}{_meant(words[0])}; commands: {', '.join(COMMAND_NAMES)}")
    return [*words[:1], "--help"]


def _take_words(options: argparse.Namespace, words: list[str]) -> None:
    """Interpret the positional arguments: one file, or another source."""
    if not words:
        return
    word = words[0]
    command = next((other for other in words if other in COMMAND_NAMES), None)
    if command is not None:
        raise UsageError(f"the command comes first: vtm {command} …; see: vtm help {command}")
    path = Path(word)
    if not path.exists() and "://" not in word and not word.isdecimal() and word != "demo":
        raise UsageError(_not_there(word))
    if len(words) > 1:
        quoted = " ".join(f'"{other}"' if " " in other else other for other in words)
        raise UsageError(f"got {len(words)} files, expected one; to convert: vtm convert {quoted}")
    if options.source is not None:
        raise UsageError(f"got {word} and --source {options.source}, expected one of them")
    if is_recording(word):
        _replay(options, path)
    else:
        options.source = word


def _replay(options: argparse.Namespace, path: Path) -> None:
    problem = not_a_recording(path)
    if problem is not None:
        raise UsageError(problem)
    if options.record is not None:
        raise UsageError(f"{path} is replayed, not recorded: vtm convert {path} {options.record} converts it")
    options.replay = path


def is_recording(source: str) -> bool:
    """Return whether a file is replayed instead of played."""
    path = Path(source)
    return bool(source) and path.suffix.lower() in (TAKE_SUFFIX, LOG_SUFFIX) and path.is_file()


def check_source(source: str) -> None:
    """Raise UsageError for a file that is not a video; the message says what to do with it."""
    path = Path(source)
    if source and "://" not in source and path.is_file():
        problem = not_a_video(path)
        if problem is not None:
            raise UsageError(problem)


def _not_there(word: str) -> str:
    if Path(word).suffix or "/" in word or "\\" in word:
        return f"there is no file {word}; check the path"
    commands = ", ".join(COMMAND_NAMES)
    return f'there is no command or file "{word}"{_meant(word)}; for a camera use --source;  commands: {commands}'


def _meant(word: str) -> str:
    close = difflib.get_close_matches(word, COMMAND_NAMES, n=1)
    return f", did you mean {close[0]}?" if close else ""
