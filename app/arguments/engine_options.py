"""Options that become the Config of a pipeline: picture, lens, performer, detector, back end."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from app.arguments.values import field_of_view, height, pictures_fps, rotation, smoothness
from app.performers import with_performer
from app.settings import load_settings
from engine.config import BACKENDS, BODIES, DETAILS, DETECTOR_SIZES, DETECTORS, Config


def add_engine_options(parser: argparse.ArgumentParser, *, cameras: int = 1) -> None:
    """Add the options. `cameras=2`: options of picture and lens may be given once per camera."""
    action = "store" if cameras == 1 else "append"
    parser.add_argument(
        "--fps",
        type=pictures_fps,
        metavar="HZ",
        help="frame rate of a folder or pattern of pictures (30); videos have timestamps",
    )
    parser.add_argument("--mirror", action=argparse.BooleanOptionalAction, default=None, help="mirror the picture")
    parser.add_argument(
        "--rotate",
        action=action,
        type=rotation,
        metavar="auto|0|90|180|270",
        help="rotate the picture clockwise; auto: by 180 if the performer is upside down",
    )
    lens = parser.add_mutually_exclusive_group()
    lens.add_argument(
        "--hfov", action=action, type=field_of_view, metavar="DEG", help="field of view of the picture's longer side"
    )
    lens.add_argument("--intrinsics", action=action, metavar="FILE", help=".json with fx, fy, cx, cy in pixels")
    parser.add_argument("--height-m", type=height, metavar="H", help="the performer's height in metres")
    parser.add_argument(
        "--performer", metavar="NAME", help="use height and measured lengths of this performer in the settings"
    )
    parser.add_argument("--body", choices=BODIES, help="lower body: as tracked, or a standing or seated stance (auto)")
    parser.add_argument(
        "--smoothness", type=smoothness, metavar="S", help="dance, standard, calm, or a number: 0 prompt .. 1 smooth"
    )
    parser.add_argument("--hands", choices=DETAILS, help="track fingers and wrists; auto: if there is time for them")
    parser.add_argument(
        "--face", choices=DETAILS, help="track expression, eyes and head; auto: if there is time for them"
    )
    parser.add_argument("--detector", choices=DETECTORS, help="2D keypoint detector")
    parser.add_argument(
        "--detector-size",
        choices=DETECTOR_SIZES,
        help="BlazePose model; auto: what the camera's frame rate allows; heavy for files",
    )
    parser.add_argument("--backend", choices=BACKENDS, help="what runs the VTM network")


def config_from(options: argparse.Namespace, base: Config) -> Config:
    """Return `base` with every given option applied. Raises UsageError for an invalid target."""
    from engine.osc.own_port import check_own_port
    from engine.osc.receive_port import listen_address
    from engine.osc.targets import parse_targets

    if getattr(options, "performer", None):
        base = with_performer(base, load_settings()[0], options.performer)
    given: dict[str, Any] = {
        "source": getattr(options, "source", None),
        "pictures_fps": options.fps,
        "mirror": options.mirror,
        "rotate_deg": options.rotate,
        "hfov_deg": options.hfov,
        "intrinsics_file": options.intrinsics,
        "height_m": options.height_m,
        "body": options.body,
        "smoothness": options.smoothness,
        "hands": options.hands,
        "face": options.face,
        "detector": options.detector,
        "detector_size": options.detector_size,
        "backend": options.backend,
        "osc": tuple(options.osc) if getattr(options, "osc", None) else None,
        "osc_rate_hz": getattr(options, "osc_rate", None),
        "vmc_receive": getattr(options, "vmc_receive", None),
        "countdown_s": getattr(options, "countdown", None),
        "record_video": getattr(options, "record_video", None),
        "take_style": getattr(options, "take_style", None),
    }
    if given["vmc_receive"]:
        listen_address(given["vmc_receive"])
    parse_targets(given["osc"] or ())
    config = dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})
    check_own_port(config.osc, config.vmc_receive)
    return config
