"""The complete command line of `vtm`."""

from __future__ import annotations

import argparse

from app.arguments.compare import add_compare
from app.arguments.convert import add_convert
from app.arguments.latency import add_latency
from app.arguments.one_line_parser import OneLineParser
from app.arguments.run import add_run_options
from app.arguments.takes import add_take_commands
from app.arguments.tools import add_tool_commands
from app.arguments.viewpoints import add_viewpoints

COMMAND_NAMES = (
    "convert",
    "report",
    "compare",
    "recover",
    "replay",
    "viewpoints",
    "latency",
    "osc-map",
    "bench",
    "doctor",
    "cameras",
    "fetch",
    "desktop-entry",
)


def _debug_option() -> OneLineParser:
    debug = OneLineParser(add_help=False)
    debug.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error")
    return debug


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands, except files without a command; `command` is None for a run."""
    debug = _debug_option()
    parser = OneLineParser(
        prog="vtm",
        parents=[debug],
        usage="vtm [FILE] [options]\n       vtm COMMAND ...",
        description="Motion capture from one webcam, live. Without a command: open the window. FILE is a video to"
        " play, or a take (.npz) or OSC log (.jsonl) to replay.",
        epilog="vtm help COMMAND shows its options. Exit codes: 0 done, 1 a failure at run time, 2 wrong usage.",
    )
    add_run_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="vtm", parser_class=OneLineParser)
    add_convert(commands, debug)
    add_compare(commands, debug)
    add_viewpoints(commands, debug)
    add_take_commands(commands, debug)
    add_latency(commands, debug)
    add_tool_commands(commands, debug)
    return parser


def build_run_parser() -> argparse.ArgumentParser:
    """Build the parser of a run: its options and `words`, the positional arguments."""
    parser = OneLineParser(prog="vtm", parents=[_debug_option()], add_help=False)
    add_run_options(parser)
    parser.add_argument("words", nargs="*", metavar="FILE")
    return parser
