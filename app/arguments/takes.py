"""Commands on takes: `vtm recover`, `vtm replay`, `vtm osc-map`."""

from __future__ import annotations

from pathlib import Path

from app.arguments.one_line_parser import Commands, OneLineParser


def add_take_commands(commands: Commands, debug: OneLineParser) -> None:
    recover = commands.add_parser("recover", parents=[debug], help="finish takes that a crash left behind")
    recover.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="NAME.partial, or a folder of such")
    report = commands.add_parser("report", parents=[debug], help="judge takes without a truth: lights, a page, JSON")
    report.add_argument("takes", nargs="+", type=Path, metavar="TAKE", help="takes (.npz); two are also compared")
    report.add_argument("--against", type=Path, metavar="TAKE", help="another take of the same motion, for comparison")
    report.add_argument("--json", action="store_true", help="write the results as JSON to stdout, and no files")
    replay = commands.add_parser(
        "replay", parents=[debug], help="send a take or an OSC log again at its original speed"
    )
    replay.add_argument("take", type=Path, metavar="FILE", help="a take (.npz) or an OSC log (.jsonl)")
    replay.add_argument("--osc", action="append", metavar="URL", required=True, help="target; can be repeated")
    replay.add_argument("--loop", action="store_true", help="repeat until Ctrl-C")
    osc_map = commands.add_parser("osc-map", parents=[debug], help="list the addresses that an osc:// target receives")
    osc_map.add_argument("--prefix", metavar="/NAME", help="as in osc://HOST:PORT?prefix=/NAME")
    osc_map.add_argument("--send", metavar="GROUP,…", help="as in osc://HOST:PORT?send=root,contacts")
