"""`python -m models.evaluate`: accuracy tables of the shipped weights, as text or --json."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.aist.library import open_aist
from models.evaluation.checkpoint import open_checkpoint
from models.evaluation.details import details_tables, report_details
from models.evaluation.details_files import BUNDLED
from models.evaluation.picture import check_picture, draw, draw_confidence
from models.evaluation.polar import draw_polar
from models.evaluation.predict import WEIGHTS, Lifter, Predictor
from models.evaluation.report import report
from models.evaluation.tables import DEFAULT, NEED_CHECKPOINT, TABLES, Bench, make_tables
from models.mocap.library import MotionLibrary, open_library
from models.rendering.detail_clip import REST_FRAMES

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "engine" / "sources"
RESERVED = {"vtm", "detector", "sequences", "frames", "windows"}
"""Names of rows and keys that no compared network may have."""

log = logging.getLogger("models.evaluate")


def _peer(text: str) -> tuple[str, Path]:
    """Parse NAME=CHECKPOINT."""
    name, equals, path = text.partition("=")
    if not name or not equals or not path:
        raise argparse.ArgumentTypeError(f"{text!r}; expected NAME=CHECKPOINT")
    if name in RESERVED or name.startswith(("vtm_", "with_", "keypoints_", "network_", "simulated_")):
        raise argparse.ArgumentTypeError(f"{name!r} is a row of the tables; choose another name")
    return name, Path(path)


def _count(text: str) -> int:
    """Parse a positive number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected 1 or more")
    return int(text)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="exported .onnx with its .json beside it")
    parser.add_argument(
        "--checkpoint", type=Path, help=".pt of the same network: adds the look-ahead and latents tables"
    )
    parser.add_argument(
        "--peer", type=_peer, action="append", default=[], metavar="NAME=CHECKPOINT", help="rows beside"
    )
    parser.add_argument("--mocap", type=Path, default=ROOT.parent / "shared" / "data" / "mocap", help="mocap clips")
    parser.add_argument("--cache", type=Path, default=ROOT / "runs" / "mocap.npz", help="compact cache of the clips")
    parser.add_argument("--windows", type=_count, default=2000, help="validation windows")
    parser.add_argument("--clips", type=Path, action="append", help="folder of NAME.mp4 with NAME_truth.npz")
    parser.add_argument("--detections", type=Path, default=ROOT / "runs" / "detections", help="cache of detections")
    parser.add_argument("--aist", type=Path, help="folder of AIST++'s annotations: seen and unseen views")
    parser.add_argument("--aist-cache", type=Path, default=ROOT / "runs" / "aist.npz", help="compact cache of AIST++")
    parser.add_argument(
        "--pairs", type=Path, help="folder as in models.train: compare its errors with the simulated ones"
    )
    parser.add_argument("--threedpw", type=Path, help="folder of 3DPW: evaluate its test sequences as in papers")
    parser.add_argument(
        "--rendered",
        type=Path,
        help="shards of rendered people, kind cuts: evaluate cut views, proportions, confidence",
    )
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument(
        "--agreement", action="store_true", help="check that --checkpoint and --weights agree within 1 mm"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw viewpoints and joints")
    parser.add_argument(
        "--confidence-picture", type=Path, metavar="FILE.png", help="draw predicted against true errors (--rendered)"
    )
    details = parser.add_argument_group("hands and face, on --clips of app.commands.render_details (default: bundled)")
    details.add_argument("--hands", action="store_true", help="only the table of hands (and --face)")
    details.add_argument("--face", action="store_true", help="only the table of faces (and --hands)")
    details.add_argument("--turns", action="store_true", help="one network call per frame, as in live use")
    details.add_argument("--calibrated", action="store_true", help="calibrate the face on each clip's still start")
    details.add_argument("--hand-size", choices=("lite", "full"), default="full", help="default %(default)s")
    parser.add_argument(
        "--polar-picture", type=Path, metavar="FILE.png", help="draw errors by azimuth and elevation (--rendered)"
    )
    parser.add_argument("--threads", type=_count, default=1, help="threads of the networks")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(argv)
    asked = args.tables or ()
    args.tables = set(args.tables or DEFAULT) | ({"agreement"} if args.agreement else set())
    if args.checkpoint is None and (
        "agreement" in args.tables or not (args.tables - set(NEED_CHECKPOINT) or args.peer)
    ):
        parser.error(f"{', '.join(NEED_CHECKPOINT)} need --checkpoint FILE.pt")
    if "errors" in asked and args.pairs is None:
        parser.error("the table of errors needs recorded pairs: pass --pairs FOLDER")
    if "threedpw" in asked and args.threedpw is None:
        parser.error("the table of 3DPW needs the data set: pass --threedpw FOLDER")
    if args.confidence_picture is not None and args.rendered is None:
        parser.error("--confidence-picture draws the table of rendered people: pass --rendered FOLDER")
    if "rendered" in asked and args.rendered is None:
        parser.error("the table of rendered people needs their shards: pass --rendered FOLDER")
    if args.polar_picture is not None and args.rendered is None:
        parser.error("--polar-picture draws the table of rendered people: pass --rendered FOLDER")
    if args.picture is not None and "mocap" not in args.tables:
        parser.error("--picture draws the mocap table; add it to --tables")
    return args


def _library(args: argparse.Namespace) -> MotionLibrary | None:
    if args.cache.exists() or args.mocap.is_dir():
        return open_library(args.mocap, args.cache)
    log.warning("no mocap at %s: its tables are skipped; pass --mocap FOLDER", args.mocap)
    return None


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """Return all requested tables that the available data allow."""
    predictor = Predictor(args.weights, args.threads)
    mirrored = predictor.config.mirrored  # the others like the weights
    peers: dict[str, Lifter] = {name: open_checkpoint(path).mirrored(mirrored) for name, path in args.peer}
    checkpoint = open_checkpoint(args.checkpoint).mirrored(mirrored) if args.checkpoint else None
    if checkpoint is None and not peers and args.tables & set(NEED_CHECKPOINT):
        log.info("without --checkpoint FILE.pt: no tables of look-ahead, single flip and latents")
    needs_library = bool(args.tables - {"clips", "aist", "rendered", "threedpw"})
    bench = Bench(
        predictor,
        args.windows,
        _library(args) if needs_library else None,
        checkpoint,
        peers,
        tuple(args.clips or [DEMO]),
        args.detections,
        open_aist(args.aist, args.aist_cache) if args.aist else None,
        args.pairs,
        args.rendered,
        args.threedpw,
    )
    for name, lifter in bench.networks().items():
        if lifter.config.backbone != "landmarks":
            raise ValueError(f"{name} reads {lifter.config.backbone}; these windows have landmarks: train it on those")
    head = {"weights": args.weights.name, "config": predictor.config.to_dict()}
    return head | make_tables(bench, args.tables)


def _draw(tables: dict[str, Any], out: Path) -> None:
    if "mocap" not in tables:
        log.warning("no mocap table: there is nothing to draw")
        return
    title = f"{tables['weights']}: validation split, {tables['mocap']['windows']} windows, newest frame"
    draw(tables["mocap"]["with_evidence"], title, out)
    log.info("%s", out)


def _draw_confidence(tables: dict[str, Any], out: Path) -> None:
    own = tables.get("rendered", {}).get("vtm", {})
    curves = {f"detector {name}": table["confidence"] for name, table in own.items() if table["confidence"]}
    if not curves:
        log.warning("these weights have no confidence output (format 3): there is nothing to draw")
        return
    draw_confidence(curves, f"{tables['weights']}: predicted and true error of each part, rendered people", out)
    log.info("%s", out)


def _evaluate_details(args: argparse.Namespace) -> dict[str, Any]:
    """Return the tables of hands and face, which need neither weights nor torch. Raises ClipError."""
    options = ["--turns"] if args.turns else []
    options += ["--hand-size", "lite"] if args.hand_size == "lite" else []
    options += ["--rest-frames", str(REST_FRAMES)] if args.calibrated else []
    return details_tables(
        args.clips or [BUNDLED], args.detections, hands=args.hands, face=args.face, options=tuple(options)
    )


def _draw_polar(tables: dict[str, Any], out: Path) -> None:
    own = tables.get("rendered", {}).get("vtm", {})
    wheels = {detector: table["polar"] for detector, table in own.items() if table["polar"]}
    if not wheels:
        log.warning("no whole bodies in these shards: there is nothing to draw")
        return
    draw_polar(wheels, f"{tables['weights']}: true error by camera direction, rendered people", out)
    log.info("%s", out)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 failed (or the runtimes disagree), 2 wrong usage."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    args = _arguments(argv)
    try:
        if args.hands or args.face:
            tables = _evaluate_details(args)
            sys.stdout.write((json.dumps(tables, indent=2) if args.json else report_details(tables)) + "\n")
            return 0
        import torch

        torch.set_num_threads(args.threads)
        for picture in (args.picture, args.confidence_picture, args.polar_picture):
            if picture is not None:
                check_picture(picture)
        tables = evaluate(args)
        if args.picture is not None:
            _draw(tables, args.picture)
        if args.confidence_picture is not None:
            _draw_confidence(tables, args.confidence_picture)
        if args.polar_picture is not None:
            _draw_polar(tables, args.polar_picture)
    except (ValueError, OSError) as error:
        log.error("error: %s", error)
        return 1
    sys.stdout.write((json.dumps(tables, indent=2) if args.json else report(tables)) + "\n")
    if not tables.get("agreement", {"agrees": True})["agrees"]:
        worst = tables["agreement"]["network"]["max_mm"]
        log.error("error: checkpoint and weights differ by %.2f mm, expected less than 1 mm; export again", worst)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
