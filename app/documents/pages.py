"""Markdown pages taken apart: fenced blocks, code within a line, prose, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SKIPPED = {"build", "dist", "runs", "node_modules"}
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)\s*(\S*)")
_CODE = re.compile(r"(`+)(.+?)\1")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a document."""

    path: str  # relative to the repository
    line: int  # from 1
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file. Lines are counted from 1."""

    path: str  # relative to the repository, with /
    text: str

    def lines(self) -> Iterator[tuple[int, str, str | None]]:
        """Number, text, and the language of the fenced block that the line is in ("" if it names none), else None."""
        fence, language = "", ""
        for number, line in enumerate(self.text.splitlines(), 1):
            found = _FENCE.match(line)
            if found and not fence:
                fence, language = found[1], found[2]
            elif found and found[1].startswith(fence) and not found[2]:
                fence = ""
            else:
                yield number, line, language if fence else None

    def prose(self) -> Iterator[tuple[int, str]]:
        """Lines outside of code."""
        for number, line, language in self.lines():
            if language is None:
                yield number, _CODE.sub(" ", line)

    def code(self) -> Iterator[tuple[int, str, bool]]:
        """Number, text, and whether it is fenced: lines of fenced blocks, and pieces of code within a line."""
        for number, line, language in self.lines():
            if language is not None:
                yield number, line.strip(), True
            else:
                for piece in _CODE.finditer(line):
                    yield number, piece[2].strip(), False

    def anchors(self) -> set[str]:
        """What links may name after #, as GitHub makes it of headings."""
        found: set[str] = set()
        for _, line, language in self.lines():
            heading = _HEADING.match(line) if language is None else None
            if heading:
                base = slug(heading[1])
                found.add(next(name for name in _numbered(base) if name not in found))
        return found


def slug(heading: str) -> str:
    """The anchor of a heading: lower case, no punctuation, - for a space."""
    plain = _LINK.sub(r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def pages(root: Path) -> list[Page]:
    """Every Markdown file of the repository, those of tools and environments left out."""
    found = []
    for path in sorted(root.rglob("*.md")):
        parts = path.relative_to(root).parts
        if any(part.startswith(".") or part in _SKIPPED or part.endswith(".egg-info") for part in parts):
            continue
        found.append(Page("/".join(parts), path.read_text(encoding="utf-8")))
    return found


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 1
    while True:
        yield f"{base}-{number}"
        number += 1
