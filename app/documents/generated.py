"""Parts of the documents that are made from code, so that they cannot disagree with it.

Between `<!-- NAME: ... -->` and `<!-- /NAME -->` a section is replaced; other files are replaced whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from app.documents.api import api_page
from app.documents.figure import network_figure
from app.documents.pages import Finding
from engine.osc.plain import MapEntry, address_map
from engine.osc.receivers import RECEIVERS
from engine.osc.vrchat_face import PARAMETERS
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.skeleton import JOINT_NAMES

WRITE = "python -m app.documents --write"
_NOTE = f"made by {WRITE}; do not edit"
_CHOICES = {"joint": JOINT_NAMES, "finger": FINGER_NAMES, "face": EXPRESSION_NAMES[1:]}
"""Names that the list of addresses says once."""


def receivers_table() -> str:
    """Every receiver known by name, and what to set there."""
    rows = ["| preset | receiver | port | set there |", "|---|---|---|---|"]
    for name, receiver in RECEIVERS.items():
        rows.append(f"| `{name}` | {receiver.title} | {receiver.port} | {' '.join(receiver.settings)} |")
    return "\n".join(rows)


def addresses_table() -> str:
    """Every address of plain OSC; those that differ by a joint's name only are one row."""
    rows = ["| address | types | group | meaning |", "|---|---|---|---|"]
    for (address, tags), entries in groupby(address_map(), key=_shape):
        first = next(entries)
        rows.append(f"| `{address}` | {tags} | {first.group} | {first.meaning} |")
    for kind, names in _CHOICES.items():
        rows += ["", f"{kind.upper()}: {', '.join(names)}."]
    return "\n".join(rows)


def vrchat_parameters() -> str:
    """Face parameters of avatars in VRChat."""
    return f"{len(PARAMETERS)} parameters: {', '.join(PARAMETERS)}."


SECTIONS: dict[tuple[str, str], Callable[[], str]] = {
    ("docs/protocols.md", "receivers"): receivers_table,
    ("docs/protocols.md", "addresses"): addresses_table,
    ("docs/protocols.md", "parameters"): vrchat_parameters,
}
FILES: dict[str, Callable[[], str]] = {"docs/api.md": api_page, "docs/network.svg": network_figure}


def stale_parts(root: Path) -> list[Finding]:
    """What is not as the code would make it now."""
    now = renewed(root)
    return [
        Finding(name, 1, f"is stale: run {WRITE}")
        for name, text in now.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def renewed(root: Path) -> dict[str, str]:
    """Name and text of every file that holds something made."""
    texts = {name: make() for name, make in FILES.items()}
    for (name, section), make in SECTIONS.items():
        text = texts.get(name) or (root / name).read_text(encoding="utf-8")
        texts[name] = _with_section(text, section, make())
    return texts


def write(root: Path) -> list[str]:
    """Renew what is stale; return its names."""
    stale = [finding.path for finding in stale_parts(root)]
    for name, text in renewed(root).items():
        if name in stale:
            (root / name).write_text(text, encoding="utf-8", newline="\n")
    return stale


def _with_section(text: str, name: str, inside: str) -> str:
    """Raises ValueError: the markers are gone."""
    pattern = re.compile(rf"<!-- {name}: .*?-->\n.*?<!-- /{name} -->", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the section {name} has lost its markers <!-- {name}: … --> and <!-- /{name} -->")
    return pattern.sub(lambda _: f"<!-- {name}: {_NOTE} -->\n\n{inside}\n\n<!-- /{name} -->", text)


def _shape(entry: MapEntry) -> tuple[str, str]:
    """The address with the name of a joint, finger or expression left open, and the types."""
    kind, _, rest = entry.message.address.removeprefix("/mocap/").partition("/")
    name, _, end = rest.partition("/")
    if kind in _CHOICES and name in _CHOICES[kind]:
        tail = f"/{end}" if end else ""
        return f"/mocap/{kind}/{kind.upper()}{tail}", entry.message.tags
    return entry.message.address, entry.message.tags
