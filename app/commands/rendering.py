"""What the two commands that draw with the outside renderer share: its options, and how their work ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from engine.errors import VtmError
from engine.takes.video_encoder import EncodeError
from models.mocap.library import LibraryError
from models.npz import NpzError
from models.rendering.renderer import RendererError


def add_renderer(parser: argparse.ArgumentParser, *, required: bool, clips: int, clips_help: str, frames: int) -> None:
    """Add --renderer, --assets, --clips, --seed and --frames."""
    parser.add_argument("--renderer", type=Path, required=required, help="folder of render_humans.py")
    parser.add_argument("--assets", type=Path, help="where it unpacks its body assets (default: beside it)")
    parser.add_argument("--clips", type=int, default=clips, help=clips_help)
    parser.add_argument("--seed", type=int, default=0, help="of the first clip; the next ones count up")
    parser.add_argument("--frames", type=int, default=frames, help="of a clip; default %(default)s")


def finished(work: Callable[[], str]) -> int:
    """Do the work, which returns what to report; return the exit code. A failure is one line on stderr."""
    try:
        line = work()
    except (RendererError, LibraryError, NpzError, VtmError, EncodeError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code if isinstance(error, VtmError) else 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to continue\n")
        return 1
    sys.stderr.write(f"{line}\n")
    return 0
