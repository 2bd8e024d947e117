"""Commands about the program itself: `vtm bench`, `vtm doctor`, `vtm cameras`, `vtm fetch`, `vtm desktop-entry`."""

from __future__ import annotations

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import seconds

REPORT_HERE = ""
"""`vtm doctor --report` without a FILE: a dated file in the working folder."""


def add_tool_commands(commands: Commands, debug: OneLineParser) -> None:
    bench = commands.add_parser(
        "bench", parents=[debug], help="measure the speed of each stage, each back end and the whole chain"
    )
    bench.add_argument("--json", action="store_true", help="write the results as JSON to stdout")
    bench.add_argument("--source", metavar="FILE", help="video to measure with (default: the demo clip)")
    bench.add_argument("--seconds", type=seconds, metavar="N", help="length of each measurement (8)")
    bench.add_argument(
        "--avatar", default="", metavar="FILE.vrm", help="also measure the cost of three targets with this avatar"
    )
    bench.add_argument("--short", action="store_true", help="measure sizes, hands and face, memory and goals only")
    bench.add_argument(
        "--against", default="", metavar="PYTHON", help="also measure mediapipe's tracker, run by this Python"
    )
    bench.add_argument(
        "--against-model", default="", metavar="FILE.task", help="for a mediapipe that brings no network"
    )
    add_engine_options(bench)
    doctor = commands.add_parser(
        "doctor", parents=[debug], help="check what is installed and works, with fixes for what does not"
    )
    doctor.add_argument(
        "--report",
        nargs="?",
        const=REPORT_HERE,
        metavar="FILE",
        help="write a report to send with a problem: versions, back ends, settings, end of the log (-: stdout)",
    )
    commands.add_parser("cameras", parents=[debug], help="list the cameras by name")
    fetch = commands.add_parser("fetch", parents=[debug], help="download the networks for body, hands and face")
    fetch.add_argument("--body-only", action="store_true", help="only the networks for the body")
    entry = commands.add_parser(
        "desktop-entry", parents=[debug], help="put the program into the desktop's menu (Linux)"
    )
    entry.add_argument("--remove", action="store_true", help="take it out again")
