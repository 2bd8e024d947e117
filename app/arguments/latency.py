"""`vtm latency`: options."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser

_FLASHES = (10, 500)


def _flashes(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not _FLASHES[0] <= int(text) <= _FLASHES[1]:
        raise argparse.ArgumentTypeError(f"got {text}, expected a whole number from {_FLASHES[0]} to {_FLASHES[1]}")
    return int(text)


def add_latency(commands: Commands, debug: OneLineParser) -> None:
    """Add the command."""
    latency = commands.add_parser(
        "latency",
        parents=[debug],
        help="measure glass-to-packet latency: the screen flashes, the camera sees it",
        epilog="Point the camera at the screen, or let it see the screen's light on you or on a white sheet; darken the"
        " room. Esc stops early.",
    )
    latency.add_argument(
        "--source", default="", metavar="S", help="camera number or name, or URL; default: the first camera"
    )
    latency.add_argument("--flashes", type=_flashes, default=40, metavar="N", help="number of screen changes (40)")
    latency.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    latency.add_argument("--force", action="store_true", help="replace an existing file")
    add_engine_options(latency)
