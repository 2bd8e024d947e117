"""Commands about the program itself: `vtm bench`, `vtm doctor`, `vtm cameras`, `vtm fetch`."""

from __future__ import annotations

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import seconds

REPORT_HERE = ""
"""`vtm doctor --report` without a FILE: one with a dated name in the working folder."""


def add_tool_commands(commands: Commands, debug: OneLineParser) -> None:
    bench = commands.add_parser("bench", parents=[debug], help="speed of each stage, each back end and the whole")
    bench.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    bench.add_argument("--source", metavar="FILE", help="the video to measure with; else the demo clip")
    bench.add_argument("--seconds", type=seconds, metavar="N", help="of each measurement; else 8")
    bench.add_argument("--avatar", default="", metavar="FILE.vrm", help="also what sending to it three times costs")
    add_engine_options(bench)
    doctor = commands.add_parser(
        "doctor", parents=[debug], help="what is installed and really runs, and the fix for what is not"
    )
    doctor.add_argument(
        "--report",
        nargs="?",
        const=REPORT_HERE,
        metavar="FILE",
        help="write one text to send with a problem: versions, back ends, settings, the log's end (- for stdout)",
    )
    commands.add_parser("cameras", parents=[debug], help="list the cameras by name")
    fetch = commands.add_parser("fetch", parents=[debug], help="download the networks of body, hands and face")
    fetch.add_argument("--body-only", action="store_true", help="only what tracks the body")
