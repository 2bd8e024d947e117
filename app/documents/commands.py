"""Commands in documents, each read by the parser that will read it for the user; none is run.

Checked: `vtm …`, `python -m MODULE …`, `python FILE.py …`, `torchrun -m …`, `make TARGET`, `pip install …`. A line of a
fenced block is read as a whole. Code in a sentence may only mention a command: command and options must exist.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import io
import os
import re
import shlex
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.arguments.parser import COMMAND_NAMES, build_parser
from app.command_line import parse
from app.documents.pages import Finding, Page
from engine.errors import VtmError

NOT_INSTALLED = "needs packages that are not installed"
_STARTS = {"source", "cd", "sudo"}
_ASSIGNED = re.compile(r"[A-Z_]+=\S*")
_PYTHONS = re.compile(r"(?:\S*[/\\])?(?:python3?|py)(?:\.exe)?")
_VTM = re.compile(r"(?:\S*[/\\])?vtm")


class WrongCommandError(Exception):
    """The command would not start; the message says why."""


class _Parsed(BaseException):
    """Thrown when a parser has taken the whole command line: nothing of it is run."""


def wrong_commands(found: Sequence[Page], root: Path) -> tuple[list[Finding], list[Finding]]:
    """Return what would not start, and what cannot be checked here because its packages are not installed."""
    wrong: list[Finding] = []
    skipped: list[Finding] = []
    with _in_an_empty_folder():
        for page in found:
            for number, text, fenced in page.code():
                try:
                    check_command(text, root, whole=fenced)
                except WrongCommandError as error:
                    kind = skipped if str(error) == NOT_INSTALLED else wrong
                    kind.append(Finding(page.path, number, f"{text}: {error}"))
    return wrong, skipped


def check_command(text: str, root: Path, *, whole: bool = True) -> None:
    """Check one line of a document; what is no command passes. Raises WrongCommandError.

    whole  False: the command may lack arguments and values
    """
    words = _words(text)
    if not words:
        return
    first, rest = words[0], words[1:]
    if _VTM.fullmatch(first):
        _check_vtm(rest) if whole else _check_mention(rest)
    elif first == "make":
        _check_make(rest, root)
    elif first in ("pip", "pipx", "uv"):
        _check_extras(rest, root)
    elif first == "torchrun" and "-m" in rest:
        _check_python(rest[rest.index("-m") :], root, whole=whole)
    elif _PYTHONS.fullmatch(first) and rest:
        _check_python(rest, root, whole=whole)
    elif first.startswith((".ci/", "examples/")) and not (root / first).exists():
        raise WrongCommandError("there is no such file")


def _words(text: str) -> list[str]:
    """The command's words, without assignments, xvfb-run, comments and what follows a pipe; [] for what is none."""
    if "\\" in text:
        text = text.replace("\\|", "|").replace("\\", "/")
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        return []
    for number, word in enumerate(words):
        if word in ("|", "&&", ">", "(the"):
            words = words[:number]
            break
    while words and (_ASSIGNED.fullmatch(words[0]) or words[0] in ("$", "time")):
        words = words[1:]
    if words and words[0] == "xvfb-run":
        starts = [number for number, word in enumerate(words) if number and _PYTHONS.fullmatch(word)]
        words = words[starts[0] :] if starts else []
    return [] if words and words[0] in _STARTS else words


def _check_vtm(words: list[str]) -> None:
    for word in words:
        if Path(word).suffix and "://" not in word and not Path(word).is_absolute() and "%" not in word:
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    with _quiet():
        try:
            parse(words)
        except SystemExit as leave:  # --help, --version
            if leave.code:
                raise WrongCommandError("its parser refuses it") from leave
        except VtmError as error:
            raise WrongCommandError(str(error)) from error


def _check_mention(words: list[str]) -> None:
    """The command exists, and so do its options."""
    command = next((word for word in words if word in COMMAND_NAMES), None)
    if command is None and words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and words[0] != "help":
        raise WrongCommandError(f"there is no command {words[0]}")
    known = _options_of(command)
    for word in words:
        if word.startswith("--") and word.partition("=")[0] not in known:
            raise WrongCommandError(f"vtm {command or ''} has no option {word}".replace("  ", " "))


@functools.cache
def _options_of(command: str | None) -> frozenset[str]:
    parser = build_parser()
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    chosen: argparse.ArgumentParser = groups[0].choices[command] if command else parser
    return frozenset(chosen._option_string_actions)


def _check_make(words: list[str], root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in re.findall(r"^([\w ]+):", makefile, re.MULTILINE) for name in line.split()}
    options = [word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")]
    for word in words:
        if "=" not in word and word not in targets:
            raise WrongCommandError(f"make knows no {word}")
    if words[:1] == ["run"] and options:
        _check_vtm(shlex.split(options[0]))


def _check_extras(words: list[str], root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = set(project["optional-dependencies"])
    for word in words:
        match = re.fullmatch(rf"(?:\.|{project['name']})\[([\w,-]+)\]", word)
        for extra in match[1].split(",") if match else ():
            if extra not in known:
                raise WrongCommandError(f"pyproject.toml has no extra {extra}")


def _check_python(words: list[str], root: Path, *, whole: bool) -> None:
    if re.fullmatch(r"-3(\.\d+)?", words[0]):  # the launcher of Windows
        words = words[1:]
    if words[:1] == ["-m"] and len(words) > 1:
        if words[1].split(".")[0] not in ("app", "engine", "models", "vtm_live"):
            return
        if words[1] in ("app", "vtm_live"):
            _check_vtm(words[2:]) if whole else _check_mention(words[2:])
        else:
            _check_module(words[1], words[2:] if whole else [], root)
    elif words[0].endswith(".py"):
        _check_script(words[0], words[1:] if whole else [], root)


def _check_script(name: str, words: list[str], root: Path) -> None:
    if not (root / name).is_file():
        raise WrongCommandError(f"there is no {name}")
    if name == "app/setup_env.py":
        if words and words[0] not in ("run", "test", "check"):
            raise WrongCommandError("expected run, test or check")
    elif name == "app/lock_packages.py":
        if [word for word in words if word != "--keep"]:
            raise WrongCommandError("expected --keep or nothing")
    elif not name.startswith("examples/"):
        _check_module(name.removesuffix(".py").replace("/", "."), words, root)


def _check_module(name: str, words: list[str], root: Path) -> None:
    """Import the module and give its main() the words, up to the moment in which its parser has read them."""
    place = root.joinpath(*name.split("."))
    source = next((file for file in (place.with_suffix(".py"), place / "__main__.py") if file.is_file()), None)
    if source is None:
        raise WrongCommandError(f"there is no module {name}")
    text = source.read_text(encoding="utf-8")
    if "__main__" not in text + source.name:
        raise WrongCommandError(f"{name} is no command")
    if not words:
        return
    if ".parse_args(" not in text:
        raise WrongCommandError("its options are read by no parser of argparse: they cannot be checked")
    dotted = name + ".__main__" if source.name == "__main__.py" else name
    try:
        main: Callable[[], Any] = importlib.import_module(dotted).main
    except ImportError as error:
        raise WrongCommandError(NOT_INSTALLED) from error
    with _parsing_only(), _arguments([name, *words]), _quiet() as output:
        try:
            main()
        except _Parsed:
            return
        except SystemExit as leave:
            if not leave.code:
                return
            raise WrongCommandError(output.getvalue().strip().splitlines()[-1]) from leave
    raise WrongCommandError("it ran without a look at its options")


@contextlib.contextmanager
def _parsing_only() -> Iterator[None]:
    original = argparse.ArgumentParser.parse_args

    def parse_and_stop(parser: argparse.ArgumentParser, *given: Any, **named: Any) -> Any:
        original(parser, *given, **named)
        raise _Parsed

    argparse.ArgumentParser.parse_args = parse_and_stop  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        argparse.ArgumentParser.parse_args = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _arguments(words: list[str]) -> Iterator[None]:
    before, sys.argv = sys.argv, words
    try:
        yield
    finally:
        sys.argv = before


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        yield output


@contextlib.contextmanager
def _in_an_empty_folder() -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
