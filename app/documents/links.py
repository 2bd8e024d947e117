"""Dead links: files, anchors, and paths and names of modules that are written as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from app.documents.pages import Finding, Page

ROOMS = ("app", "engine", "models", "vtm_live", "tests", "docs", "examples")
"""Folders whose files are named in documents."""
_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PATH = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]*")
_PLACEHOLDER = re.compile(r"[A-Z]+")
_MODULE = re.compile(rf"(?:{'|'.join(ROOMS[:4])})(?:\.\w+)+")


def dead_links(found: list[Page], root: Path) -> list[Finding]:
    """Links of all pages that lead nowhere in the repository. Addresses in the network are not asked."""
    by_path = {page.path: page for page in found}
    dead = []
    for page in found:
        for number, line in page.prose():
            for match in _TARGET.finditer(line):
                problem = _problem(page, unquote(match[1] or match[2]), by_path, root)
                if problem:
                    dead.append(Finding(page.path, number, problem))
    return dead


def dead_names(found: list[Page], root: Path) -> list[Finding]:
    """Paths and modules that stand in code style and are not there."""
    dead = []
    for page in found:
        if page.path == "CHANGELOG.md":  # older entries name what was there then
            continue
        for number, text, fenced in page.code():
            if fenced:
                continue
            for name in _missing(text, root):
                dead.append(Finding(page.path, number, f"there is no {name}"))
    return dead


def _problem(page: Page, target: str, by_path: dict[str, Page], root: Path) -> str:
    if _ELSEWHERE.match(target):
        return ""
    name, _, anchor = target.partition("#")
    path = (root / page.path).parent / name if name else root / page.path
    if not path.exists():
        return f"the link {target} leads to no file"
    if not anchor:
        return ""
    there = by_path.get(path.resolve().relative_to(root.resolve()).as_posix())
    if there is None or anchor not in there.anchors():
        return f"the link {target} leads to no heading"
    return ""


def _missing(text: str, root: Path) -> Iterator[str]:
    if _PATH.fullmatch(text) and not (root / text).exists() and not _PLACEHOLDER.fullmatch(Path(text).stem):
        yield text
    if _MODULE.fullmatch(text) and not _is_named(text.split("."), root):
        yield text


def _is_named(parts: list[str], root: Path) -> bool:
    """Whether a.b.c is a module, or a name that stands in the module a.b."""
    for count in range(len(parts), 0, -1):
        place = root.joinpath(*parts[:count])
        source = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
        if source is not None:
            rest = parts[count:]
            return not rest or re.search(rf"\b{rest[0]}\b", source.read_text(encoding="utf-8")) is not None
    return False
