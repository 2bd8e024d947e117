"""`python -m app.documents`: what is wrong in the documents, one line each; exit code 1 if anything is.

Looked for: links, paths, modules and labels that are not there, commands that would not start, words not to use, and
stale parts that are made from code. `--write` renews these parts. Part of `make check`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.documents.commands import NOT_INSTALLED, wrong_commands
from app.documents.generated import stale_parts, write
from app.documents.labels import unknown_labels
from app.documents.links import dead_links, dead_names
from app.documents.pages import Finding, pages
from app.documents.words import avoided_words, avoided_words_in_programs, long_sentences
from app.terminal import say

ROOT = Path(__file__).resolve().parents[2]


def findings(root: Path) -> tuple[list[Finding], list[Finding]]:
    """Return what is wrong, and what could not be checked here."""
    found = pages(root)
    commands, skipped = wrong_commands(found, root)
    words = [finding for page in found for finding in (*avoided_words(page), *long_sentences(page))]
    words += avoided_words_in_programs(root)
    names = [*dead_names(found, root), *unknown_labels(found, root)]
    wrong = [*dead_links(found, root), *names, *commands, *words, *stale_parts(root)]
    return sorted(wrong, key=lambda finding: (finding.path, finding.line)), skipped


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.documents", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew the parts that are made from code")
    if parser.parse_args(argv).write:
        for name in write(ROOT):
            say(f"written: {name}")
        return 0
    wrong, skipped = findings(ROOT)
    for finding in wrong:
        say(str(finding))
    if skipped:
        say(f"{len(skipped)} commands are not checked: each {NOT_INSTALLED}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
