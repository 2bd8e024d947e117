"""Words that are not used: hard, old or translated ones, and loose names of units. Each with a better one."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.documents.pages import Finding, Page

AVOIDED = (
    (r"\bwoven?\b|\bweav\w+", "interleaved"),
    (r"\breckon\w*", "computed"),
    (r"\bstatures\b", "body heights"),
    (r"\bin sizes\b", "in box units"),
    (r"\bbent one\b", "an MLP, an activation"),
    (r"\bmay be called again\b", "idempotent"),
    (r"\b(?:can|to) be had\b", "is available"),
    (r"\bthe ones as of the others\b", "of both"),
    (r"\bbesides nothing\b", "leave it out"),
    (r"\b(?:forthwith|hitherto|thereof|wherein|whilst|amongst)\b", "a plain word"),
)
"""Patterns, and what to write instead: in documents, and in comments, docstrings and texts of the programs."""
AVOIDED_IN_DOCUMENTS = (
    *AVOIDED,
    (r"\bstature\b", "body height"),
    (r"\btold\b", "reported, said"),
    (r"\btells? how\b", "says how, reports how"),
    (r"\basked of\b", "given, applied to"),
    (r"\bfor the moment\b", "temporarily"),
    (r"\bas good as\b", "nearly, equal to"),
    (r"\bhave to do with\b", "concern"),
    (r"\bway too\b|\bsort of\b|\bkind of like\b", "leave it out"),
)
"""The same for documents alone: there these words were always the wrong ones."""
LONGEST_SENTENCE = 60
"""Words. A longer one is cut in two."""

_PROGRAMS = ("app", "engine", "models", "vtm_live", "examples")
_CODE = re.compile(r"`[^`]*`")
_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z(*\[])|(?<=[.!?])\s{2,}")  # two spaces: a piece of code was there


def avoided_words(page: Page) -> list[Finding]:
    """Findings in the prose of one page."""
    patterns = _compiled(AVOIDED_IN_DOCUMENTS)
    return [Finding(page.path, number, what) for number, line in page.prose() for _, what in _avoided(line, patterns)]


def avoided_words_in_programs(root: Path) -> list[Finding]:
    """Findings in the comments, docstrings and texts of all programs, but for this list."""
    paths = [path for room in _PROGRAMS for path in sorted((root / room).rglob("*.py"))]
    found = []
    for path in paths:
        if path != Path(__file__).resolve():
            name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
            found += [Finding(name, line, what) for line, what in avoided_in_program(text)]
    return found


def avoided_in_program(text: str) -> Iterator[tuple[int, str]]:
    """Line and finding in comments and strings of a Python file; what is in `code style` is left out."""
    patterns = _compiled(AVOIDED)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            words = _CODE.sub(" ", token.string)
            for at, what in _avoided(words, patterns):
                yield token.start[0] + words[:at].count("\n"), what


def _compiled(avoided: Sequence[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in avoided]


def _avoided(text: str, patterns: Sequence[tuple[re.Pattern[str], str]]) -> Iterator[tuple[int, str]]:
    """Place and finding, the first of each pattern."""
    for pattern, better in patterns:
        match = pattern.search(text)
        if match:
            yield match.start(), f'"{match[0]}": write {better}'


def long_sentences(page: Page) -> list[Finding]:
    """Sentences of more than LONGEST_SENTENCE words, tables and lists left out."""
    found = []
    for number, text in _paragraphs(page):
        for sentence in _END.split(text):
            count = len(sentence.split())
            if count > LONGEST_SENTENCE:
                start = " ".join(sentence.split()[:6])
                found.append(Finding(page.path, number, f'a sentence of {count} words, cut it: "{start} …"'))
    return found


def _paragraphs(page: Page) -> list[tuple[int, str]]:
    """First line and text of each paragraph of prose."""
    found: list[tuple[int, list[str]]] = []
    before = 0
    for number, line in page.prose():
        if not line.strip() or line.lstrip().startswith(("|", "#", "<")):
            before = 0
            continue
        if before == number - 1 and found and not line.lstrip().startswith(("- ", "* ", "1.")):
            found[-1][1].append(line)
        else:
            found.append((number, [line]))
        before = number
    return [(number, " ".join(lines)) for number, lines in found]
