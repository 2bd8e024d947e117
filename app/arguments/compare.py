"""`vtm compare`: options, and one Config for each of the two cameras."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from app.arguments.engine_options import add_engine_options, config_from
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import seconds
from engine.config import Config
from engine.errors import UsageError

_T = TypeVar("_T")
TWICE = ("rotate", "hfov", "intrinsics")
"""Options that apply to both cameras when given once, and to A and B in turn when given twice."""


def add_compare(commands: Commands, debug: OneLineParser) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare",
        parents=[debug],
        help="compare two cameras on one performer: their angle, and how far the two answers differ",
        epilog="--rotate, --hfov and --intrinsics can be given twice: for A, then for B. Two files are compared frame"
        " by frame; cameras and addresses live, until Ctrl-C or --seconds.",
    )
    compare.add_argument("a", metavar="A", help="camera number or name, file or URL; demo: the bundled pair of clips")
    compare.add_argument("b", metavar="B", nargs="?", help="the same, another camera on the same performer")
    compare.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    compare.add_argument(
        "--picture", type=Path, metavar="FILE", help="write curves, both skeletons and results as .png"
    )
    compare.add_argument("--seconds", type=seconds, metavar="N", help="live: stop after N seconds")
    compare.add_argument("--force", action="store_true", help="replace existing files")
    for name, whom in (("a", "A's motion"), ("b", "B's motion"), ("mean", "the mean of both, a third performer")):
        compare.add_argument(f"--osc-{name}", action="append", metavar="URL", help=f"live: send {whom} there")
    add_engine_options(compare, cameras=2)


def configs_from(options: argparse.Namespace, base: Config) -> tuple[Config, Config]:
    """Return the settings of A and B, without their sources and OSC targets. Raises UsageError."""
    sides = []
    for side in (0, 1):
        own = argparse.Namespace(**vars(options))
        for name in TWICE:
            setattr(own, name, _of_side(name, getattr(options, name), side))
        sides.append(config_from(own, base))
    return sides[0], sides[1]


def _of_side(name: str, given: list[_T] | None, side: int) -> _T | None:
    if given is not None and len(given) > 2:
        raise UsageError(
            f"--{name} was given {len(given)} times, expected once for both or once for each of two cameras"
        )
    return None if given is None else given[min(side, len(given) - 1)]
