"""`vtm convert`: its options."""

from __future__ import annotations

from pathlib import Path

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import STYLES, jobs, moment, motion_suffix


def add_convert(commands: Commands, debug: OneLineParser) -> None:
    convert = commands.add_parser(
        "convert", parents=[debug], help="videos, keypoints .npz and takes to motion files, every frame"
    )
    convert.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="IN… OUT",
        help="IN: video, pictures (a folder, or a pattern like shots/%%04d.png), keypoints .npz, take .npz, or a"
        " folder or pattern of them. OUT: a file that ends in"
        " .npz, .bvh, .csv, .glb, .vrma, .fbx or .jsonl, or a folder, where what is there and newer is skipped."
        " A file that is there is kept: the next free name is taken",
    )
    convert.add_argument("--format", type=motion_suffix, metavar="SUFFIX", help="of the files in a folder OUT (npz)")
    convert.add_argument(
        *("--style", "--bvh-style"),
        choices=STYLES,
        default="default",
        help="for which program: names, unit and axes of .bvh, names of .fbx; smpl: .npz as AMASS has it",
    )
    convert.add_argument("--jobs", type=jobs, default=1, metavar="N", help="so many files at a time")
    convert.add_argument("--dask", default="", metavar="ADDRESS", help="on the workers of this Dask scheduler")
    convert.add_argument(
        "--force", action="store_true", help="replace files that are there; in a folder, convert them again"
    )
    convert.add_argument(
        "--from", dest="start_s", type=moment, metavar="S", help="leave out what is before this second"
    )
    convert.add_argument("--to", dest="end_s", type=moment, metavar="S", help="leave out what is after this second")
    convert.add_argument("--fill", action="store_true", help="fill in up to 0.5 s without a person, marked as made up")
    convert.add_argument("--loop", action="store_true", help="move the two ends, by up to 1 s, to where they meet")
    convert.add_argument(
        "--report",
        action="store_true",
        help="write NAME.report.html and .json beside each output; exit code 1 when a light is red",
    )
    add_engine_options(convert)
