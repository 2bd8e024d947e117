"""`python -m vtm_live`; the scripts `vtm` and, without a terminal, `vtm-window`."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from app.cli import main
from app.windowed import main as window_main

__all__ = ["main", "window_main"]

if __name__ == "__main__":
    multiprocessing.freeze_support()  # in a bundle, its own processes start here, too
    bundled = Path(sys.executable).stem if getattr(sys, "frozen", False) else ""
    sys.exit(window_main() if bundled == "vtm-window" else main())
