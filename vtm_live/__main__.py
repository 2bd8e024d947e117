"""`python -m vtm_live`; the scripts `vtm` and, without a terminal, `vtm-window`."""

from __future__ import annotations

import sys

from app.cli import main
from app.windowed import main as window_main

__all__ = ["main", "window_main"]

if __name__ == "__main__":
    sys.exit(main())
