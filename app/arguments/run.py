"""Options of a run, with or without a window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.arguments.engine_options import add_engine_options
from app.arguments.values import STYLES, rate, seconds, take_path
from engine.config import COUNTDOWNS_S


class _Version(argparse.Action):
    """`--version`: print one line with version, Python and system."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from app.log_header import machine, version

        parser._print_message(f"vtm {version()}, {machine()}\n", sys.stdout)
        parser.exit()


def add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action=_Version, nargs=0, help="print version, Python and system in one line")
    parser.add_argument("--headless", action="store_true", help="no window: status on one line, Ctrl-C stops")
    parser.add_argument("--seconds", type=seconds, metavar="N", help="stop after N seconds")
    parser.add_argument(
        "--osc", action="append", metavar="URL", help="vmc://HOST:PORT, vrchat://… or osc://…; can be repeated"
    )
    parser.add_argument(
        "--record", type=take_path, metavar="FILE", help="record a take: .bvh .npz .csv .glb .vrma .jsonl .fbx"
    )
    parser.add_argument(
        "--style",
        dest="take_style",
        choices=STYLES,
        help="program to write takes for, as in vtm convert: names, unit and axes of .bvh, names of .fbx",
    )
    parser.add_argument(
        "--record-video",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="save the video beside each take, as .mkv",
    )
    parser.add_argument(
        "--vmc-receive",
        metavar="[HOST:]PORT",
        help="listen for calibration requests and faces; without HOST, on this machine only",
    )
    parser.add_argument(
        "--calibrate", action="store_true", help="make the first person seen face the front and stand at the origin"
    )
    parser.add_argument(
        "--countdown",
        type=int,
        choices=COUNTDOWNS_S,
        help="seconds to get into position before --calibrate and --record",
    )
    parser.add_argument(
        "--osc-rate", type=rate, metavar="HZ", help="send at this rate, with poses predicted to the present"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace an existing take; default: use the next free name"
    )
    parser.add_argument("--stats", type=Path, metavar="FILE", help="write the statistics of the run as JSON")
    parser.add_argument(
        "--source", metavar="S", help="camera number or name, file, folder or pattern of pictures, URL, or demo"
    )
    add_engine_options(parser)
