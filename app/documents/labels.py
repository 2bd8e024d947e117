"""Names of buttons and settings in documents (*Calibrate*, in italics) that the window does not have."""

from __future__ import annotations

import re
from pathlib import Path

from app.documents.pages import Finding, Page

PAGES = ("README.md", "docs/commands.md", "docs/protocols.md", "CONTRIBUTING.md")
"""Pages in which italics are for what is written on the screen."""
ELSEWHERE = {"Update Scene FPS", "Selfie Expression", "Window Capture"}
"""Labels of other programs."""
_ITALIC = re.compile(r"(?<![*\w\\])\*([^*\s][^*]*)\*(?!\*)")
_SPLIT_STRING = re.compile(r'"\s*\n\s*f?"')


def unknown_labels(found: list[Page], root: Path) -> list[Finding]:
    """Labels that stand in no file of the app or the engine; what follows … is filled in there."""
    sources = [
        path for room in ("app", "engine") for path in (root / room).rglob("*.py") if path.parent.name != "documents"
    ]
    written = "\n".join(_SPLIT_STRING.sub("", path.read_text(encoding="utf-8")) for path in sources)
    unknown = []
    for page in found:
        for number, line in page.prose() if page.path in PAGES else ():
            for label in _ITALIC.findall(line):
                if label not in ELSEWHERE and label.partition("…")[0].strip() not in written:
                    unknown.append(Finding(page.path, number, f"the window has no *{label}*"))
    return unknown
