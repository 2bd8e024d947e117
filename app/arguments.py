"""The command line of `vtm`: its parser, and the way from options to a Config. Wrong usage is one line, exit code 2."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from engine.config import BACKENDS, BODIES, COUNTDOWNS_S, DETECTOR_SIZES, DETECTORS, ROTATIONS_DEG, SMOOTHNESS, Config
from engine.errors import UsageError
from engine.file_kinds import VIDEO_SUFFIXES

MOTION_SUFFIXES = (".npz", ".bvh", ".csv", ".glb", ".vrma", ".jsonl")
"""What takes are written as; engine.motion.formats has the same, but is slow to import."""


BVH_STYLES = ("default", "blender", "mixamo", "rokoko")
"""As engine.motion.bvh_styles has them."""
COMMAND_NAMES = ("convert", "recover", "replay", "osc-map", "bench", "doctor", "cameras", "fetch")
MAX_JOBS = 64
HEIGHT_M, HFOV_DEG, OSC_RATE_HZ = (0.5, 2.6), (10.0, 170.0), (1.0, 120.0)
"""Lowest and highest."""
_LONGEST_S = 1e6  # Qt's timers end at 24 days
REPORT_HERE = ""
"""`vtm doctor --report` without a FILE: one with a dated name in the working folder."""
Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run does besides its Config."""

    seconds: float | None = None
    record: Path | None = None
    stats: Path | None = None
    force: bool = False  # a take that is there is replaced
    calibrate: bool = False
    replay: Path | None = None  # played instead of the live motion, from the start


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """What `vtm convert` is asked to do besides its Config."""

    paths: tuple[Path, ...]
    format: str | None = None
    bvh_style: str = "default"
    jobs: int = 1
    force: bool = False


class OneLineParser(argparse.ArgumentParser):
    """argparse whose errors are a single line with the next step in it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


def _number(low: float, high: float, expected: str, cm: bool = False) -> Callable[[str], float]:
    """A number in a range; `cm`: one that looks like centimetres gets a hint."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            hint = f"; {text} cm is {value / 100:g}" if cm and low <= value / 100 <= high else ""
            raise argparse.ArgumentTypeError(f"got {text}, expected {expected}{hint}")
        return value

    return convert


_seconds = _number(1e-3, _LONGEST_S, "seconds above 0, for example 20")
_field_of_view = _number(*HFOV_DEG, "degrees from 10 to 170")
_height = _number(*HEIGHT_M, "metres from 0.5 to 2.6", cm=True)
_rate = _number(*OSC_RATE_HZ, "1 to 120 per second")


def _smoothness(text: str) -> float:
    """A preset's name, or a place between them."""
    if text in SMOOTHNESS:
        return SMOOTHNESS[text]
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"got {text}, expected {', '.join(SMOOTHNESS)} or a number from 0 to 1")
    return value


def _format(text: str) -> str:
    suffix = f".{text.lower().removeprefix('.')}"
    if suffix not in MOTION_SUFFIXES:
        raise argparse.ArgumentTypeError(f"got {text}, expected one of {' '.join(MOTION_SUFFIXES)}")
    return suffix


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_JOBS:
        raise argparse.ArgumentTypeError(f"got {text}, expected a whole number from 1 to {MAX_JOBS}")
    return int(text)


def _take_path(text: str) -> Path:
    path = Path(text)
    suffix = path.suffix.lower()
    if suffix not in MOTION_SUFFIXES:
        expected = f"a file name that ends in {' or '.join(MOTION_SUFFIXES)}"
        if suffix == ".fbx":
            expected += "; of these .glb and .bvh go where FBX does"
        elif suffix in VIDEO_SUFFIXES:
            expected += "; the picture comes beside it with --record-video"
        elif not suffix:
            expected += f", for example {text}.bvh"
        raise argparse.ArgumentTypeError(f"got {text}, expected {expected}")
    return path


class _Version(argparse.Action):
    """`--version`: one line that says what runs where."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from app.log_header import machine, version

        parser._print_message(f"vtm {version()}, {machine()}\n", sys.stdout)
        parser.exit()


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action=_Version, nargs=0, help="version, Python and system in one line")
    parser.add_argument("--headless", action="store_true", help="no window: status on one line, Ctrl-C stops")
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="stop after N seconds")
    parser.add_argument(
        "--osc", action="append", metavar="URL", help="vmc://HOST:PORT, vrchat://… or osc://…; may be repeated"
    )
    parser.add_argument(
        "--record", type=_take_path, metavar="FILE", help="record a take: .bvh .npz .csv .glb .vrma .jsonl"
    )
    parser.add_argument(
        "--record-video", action=argparse.BooleanOptionalAction, default=None, help="the picture beside a take, as .mkv"
    )
    parser.add_argument(
        "--vmc-receive",
        metavar="[HOST:]PORT",
        help="listen for calibration and faces; without HOST on this machine only",
    )
    parser.add_argument(
        "--calibrate", action="store_true", help="the first person seen faces the front and stands over the origin"
    )
    parser.add_argument(
        "--countdown",
        type=int,
        choices=COUNTDOWNS_S,
        help="seconds to get into position before --calibrate and --record",
    )
    parser.add_argument("--osc-rate", type=_rate, metavar="HZ", help="send so often, poses predicted to the present")
    parser.add_argument("--force", action="store_true", help="replace the take that is there; else the next free name")
    parser.add_argument("--stats", type=Path, metavar="FILE", help="write the figures of the run as JSON")
    parser.add_argument("--source", metavar="S", help="camera number or name, file, URL, or demo")
    _add_engine_options(parser)


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mirror", action=argparse.BooleanOptionalAction, default=None, help="mirror the picture")
    parser.add_argument(
        "--rotate",
        type=int,
        choices=ROTATIONS_DEG,
        help="turn the picture clockwise (camera on its side)",
    )
    lens = parser.add_mutually_exclusive_group()
    lens.add_argument("--hfov", type=_field_of_view, metavar="DEG", help="field of view of the picture's longer side")
    lens.add_argument("--intrinsics", metavar="FILE", help=".json with fx, fy, cx, cy in pixels")
    parser.add_argument("--height-m", type=_height, metavar="H", help="the performer's height in metres")
    parser.add_argument("--body", choices=BODIES, help="lower body: as seen, or a standing or seated stance (auto)")
    parser.add_argument(
        "--smoothness", type=_smoothness, metavar="S", help="dance, standard, calm, or a number: 0 prompt .. 1 smooth"
    )
    parser.add_argument("--detector", choices=DETECTORS, help="2D keypoint detector")
    parser.add_argument(
        "--detector-size", choices=DETECTOR_SIZES, help="of BlazePose; auto: what the camera's rate allows, or heavy"
    )
    parser.add_argument("--backend", choices=BACKENDS, help="what runs the VTM network")


def _add_convert(commands: Commands, debug: OneLineParser) -> None:
    convert = commands.add_parser(
        "convert", parents=[debug], help="videos, keypoints .npz and takes to motion files, every frame"
    )
    convert.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="IN… OUT",
        help="IN: video, keypoints .npz, take .npz, a folder or a pattern of them. OUT: a file that ends in"
        " .npz, .bvh, .csv, .glb, .vrma or .jsonl, or a folder, where what is there and newer is skipped."
        " A file that is there is kept: the next free name is taken",
    )
    convert.add_argument("--format", type=_format, metavar="SUFFIX", help="of the files in a folder OUT (npz)")
    convert.add_argument("--bvh-style", choices=BVH_STYLES, default="default", help="unit and joint names of .bvh")
    convert.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="so many files at a time")
    convert.add_argument(
        "--force", action="store_true", help="replace files that are there; in a folder, convert them again"
    )
    _add_engine_options(convert)


def _add_take_commands(commands: Commands, debug: OneLineParser) -> None:
    recover = commands.add_parser("recover", parents=[debug], help="finish takes that a crash left behind")
    recover.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="NAME.partial, or a folder of such")
    replay = commands.add_parser("replay", parents=[debug], help="send a take or an OSC log again, in its own time")
    replay.add_argument("take", type=Path, metavar="FILE", help="a take (.npz) or an OSC log (.jsonl)")
    replay.add_argument("--osc", action="append", metavar="URL", required=True, help="where to; may be repeated")
    replay.add_argument("--loop", action="store_true", help="again and again, until Ctrl-C")
    osc_map = commands.add_parser("osc-map", parents=[debug], help="the addresses that an osc:// target gets")
    osc_map.add_argument("--prefix", metavar="/NAME", help="as in osc://HOST:PORT?prefix=/NAME")
    osc_map.add_argument("--send", metavar="GROUP,…", help="as in osc://HOST:PORT?send=root,contacts")


def _add_tool_commands(commands: Commands, debug: OneLineParser) -> None:
    bench = commands.add_parser("bench", parents=[debug], help="speed of each stage, each back end and the whole")
    bench.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    bench.add_argument("--source", metavar="FILE", help="the video to measure with; else the demo clip")
    bench.add_argument("--seconds", type=_seconds, metavar="N", help="of each measurement; else 8")
    _add_engine_options(bench)
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


def _debug_option() -> OneLineParser:
    debug = OneLineParser(add_help=False)
    debug.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error")
    return debug


def build_parser() -> argparse.ArgumentParser:
    """The whole command line but for files without a command; `command` is None for a run."""
    debug = _debug_option()
    parser = OneLineParser(
        prog="vtm",
        parents=[debug],
        usage="vtm [FILE] [options]\n       vtm COMMAND ...",
        description="Motion capture from one webcam, live. Without a command: open the window. FILE is a video that is"
        " played, or a take (.npz) or OSC log (.jsonl) that is replayed.",
        epilog="vtm help COMMAND tells more. Exit codes: 0 done, 1 a failure at run time, 2 wrong usage.",
    )
    _add_run_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="vtm", parser_class=OneLineParser)
    _add_convert(commands, debug)
    _add_take_commands(commands, debug)
    _add_tool_commands(commands, debug)
    return parser


def build_run_parser() -> argparse.ArgumentParser:
    """A run with its options and `words`, what stands there without one."""
    parser = OneLineParser(prog="vtm", parents=[_debug_option()], add_help=False)
    _add_run_options(parser)
    parser.add_argument("words", nargs="*", metavar="FILE")
    return parser


def config_from(options: argparse.Namespace, base: Config) -> Config:
    """`base` with every given option in its place. Raises UsageError for a target that can never work."""
    from engine.osc.own_port import check_own_port
    from engine.osc.receive_port import listen_address
    from engine.osc.targets import parse_targets

    given: dict[str, Any] = {
        "source": getattr(options, "source", None),
        "mirror": options.mirror,
        "rotate_deg": options.rotate,
        "hfov_deg": options.hfov,
        "intrinsics_file": options.intrinsics,
        "height_m": options.height_m,
        "body": options.body,
        "smoothness": options.smoothness,
        "detector": options.detector,
        "detector_size": options.detector_size,
        "backend": options.backend,
        "osc": tuple(options.osc) if getattr(options, "osc", None) else None,
        "osc_rate_hz": getattr(options, "osc_rate", None),
        "vmc_receive": getattr(options, "vmc_receive", None),
        "countdown_s": getattr(options, "countdown", None),
        "record_video": getattr(options, "record_video", None),
    }
    if given["vmc_receive"]:
        listen_address(given["vmc_receive"])
    parse_targets(given["osc"] or ())
    config = dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})
    check_own_port(config.osc, config.vmc_receive)
    return config
