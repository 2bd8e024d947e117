"""Words that are not used: hard, old or translated ones, and loose names of units. Each with a better one."""

from __future__ import annotations

import re

from app.documents.pages import Finding, Page

AVOIDED = (
    (r"\bwoven?\b|\bweav\w+", "interleaved"),
    (r"\breckon\w*", "computed"),
    (r"\bstatures?\b", "body height(s)"),
    (r"\bin sizes\b", "in box units"),
    (r"\btold\b", "reported, said"),
    (r"\btells? how\b", "says how, reports how"),
    (r"\bbent one\b", "an MLP, an activation"),
    (r"\bmay be called again\b", "idempotent"),
    (r"\bcan be had\b|\bto be had\b", "is available"),
    (r"\basked of\b", "given, applied to"),
    (r"\bfor the moment\b", "temporarily"),
    (r"\bthe ones as of the others\b", "of both"),
    (r"\bbesides nothing\b", "leave it out"),
    (r"\bforthwith\b|\bhitherto\b|\bthereof\b|\bwherein\b|\bwhilst\b|\bamongst\b|\boverlooked for\b", "a plain word"),
    (r"\bas good as\b", "nearly, equal to"),
    (r"\bin somebody's mind\b", "name the thing itself"),
    (r"\bmakes? believe\b", "simulates"),
    (r"\bway too\b|\bsort of\b|\bkind of like\b", "leave it out"),
    (r"\bhave to do with\b", "concern"),
)
"""Patterns and what to write instead (the table of the style guide, and what was found since)."""
LONGEST_SENTENCE = 60
"""Words. A longer one is cut in two."""

_PATTERNS = [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in AVOIDED]
_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z(*\[])|(?<=[.!?])\s{2,}")  # two spaces: a piece of code was there


def avoided_words(page: Page) -> list[Finding]:
    """Findings in the prose of one page."""
    found = []
    for number, line in page.prose():
        for pattern, better in _PATTERNS:
            match = pattern.search(line)
            if match:
                found.append(Finding(page.path, number, f'"{match[0]}": write {better}'))
    return found


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
