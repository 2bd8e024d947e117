"""`vtm convert`: options."""

from __future__ import annotations

from pathlib import Path

from app.arguments.engine_options import add_engine_options
from app.arguments.one_line_parser import Commands, OneLineParser
from app.arguments.values import STYLES, jobs, moment, motion_suffix


def add_convert(commands: Commands, debug: OneLineParser) -> None:
    convert = commands.add_parser(
        "convert", parents=[debug], help="convert videos, keypoints .npz and takes to motion files, every frame"
    )
    convert.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="IN… OUT",
        help="IN: video, pictures (a folder, or a pattern like shots/%%04d.png), keypoints .npz, take .npz, or a"
        " folder or pattern of them. OUT: a file name that ends in"
        " .npz, .bvh, .csv, .glb, .vrma, .fbx or .jsonl, or a folder, where files newer than their source are skipped."
        " An existing file is kept and the next free name used",
    )
    convert.add_argument(
        "--format", type=motion_suffix, metavar="SUFFIX", help="format of the files in a folder OUT (npz)"
    )
    convert.add_argument(
        *("--style", "--bvh-style"),
        choices=STYLES,
        default="default",
        help="target program: sets names, unit and axes of .bvh, names of .fbx; smpl: .npz as in AMASS",
    )
    convert.add_argument("--jobs", type=jobs, default=1, metavar="N", help="number of files converted at the same time")
    convert.add_argument("--dask", default="", metavar="ADDRESS", help="convert on the workers of this Dask scheduler")
    convert.add_argument("--force", action="store_true", help="replace existing files; in a folder, convert them again")
    convert.add_argument(
        "--from", dest="start_s", type=moment, metavar="S", help="leave out everything before this second"
    )
    convert.add_argument("--to", dest="end_s", type=moment, metavar="S", help="leave out everything after this second")
    convert.add_argument(
        "--fill", action="store_true", help="interpolate gaps of up to 0.5 s without a person, marked as invented"
    )
    convert.add_argument("--loop", action="store_true", help="move start and end, by up to 1 s, so that they match")
    convert.add_argument(
        "--report",
        action="store_true",
        help="write NAME.report.html and .json beside each output; exit code 1 when a light is red",
    )
    add_engine_options(convert)
