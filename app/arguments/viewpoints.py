"""`vtm viewpoints`: options."""

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
        help="turn once on the spot: check how consistent the pose is from all sides",
        epilog="Hold a pose and turn once round in 15 to 30 s; a second turn gives the noise floor. A file"
        " is read frame by frame; a camera runs until two turns are done, Ctrl-C or --seconds.",
    )
    viewpoints.add_argument(
        "--source", default="", metavar="S", help="camera number or name, file or URL; default: a camera"
    )
    viewpoints.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    viewpoints.add_argument("--picture", type=Path, metavar="FILE", help="write the ring as .png")
    viewpoints.add_argument(
        "--truth", type=Path, metavar="FILE", help="ground truth of a rendered clip: also report the true errors"
    )
    viewpoints.add_argument("--seconds", type=seconds, metavar="N", help="live: stop after N seconds")
    viewpoints.add_argument("--force", action="store_true", help="replace existing files")
    add_engine_options(viewpoints)
