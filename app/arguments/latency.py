"""`vtm latency`: its options."""

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
        help="glass to packet in ms: the screen flashes, the camera sees it",
        epilog="Turn the camera to the screen, or let it see the screen's light on you or on a white sheet; darken the"
        " room. Esc ends it early.",
    )
    latency.add_argument(
        "--source", default="", metavar="S", help="camera number or name, or URL; else the first camera"
    )
    latency.add_argument("--flashes", type=_flashes, default=40, metavar="N", help="how often the screen changes (40)")
    latency.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    latency.add_argument("--force", action="store_true", help="replace the file that is there")
    add_engine_options(latency)
