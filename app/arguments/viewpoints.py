"""`vtm viewpoints`: its options."""

from __future__ import annotations

from pathlib import Path

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import seconds


def add_viewpoints(commands: Commands, debug: OneLineParser) -> None:
    """Add the command."""
    viewpoints = commands.add_parser(
        "viewpoints",
        parents=[debug],
        help="turn once on the spot: how well the pose agrees with itself from all sides",
        epilog="Hold a pose and turn once round in 15 to 30 s; a second turn gives the measurement's own floor. A file"
        " is read frame by frame; a camera until two turns are done, Ctrl-C or --seconds.",
    )
    viewpoints.add_argument("--source", default="", metavar="S", help="camera number or name, file, URL; else a camera")
    viewpoints.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    viewpoints.add_argument("--picture", type=Path, metavar="FILE", help="write the ring as .png")
    viewpoints.add_argument("--truth", type=Path, metavar="FILE", help="a rendered clip's truth: its true errors, too")
    viewpoints.add_argument("--seconds", type=seconds, metavar="N", help="live: stop after N seconds")
    viewpoints.add_argument("--force", action="store_true", help="replace the files that are there")
    add_engine_options(viewpoints)
