"""Memory goes back to the system where the C library keeps it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
from pathlib import Path
from engine.networks.memory import give_memory_back
def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
blocks = [bytes([n % 251]) * 2000 for n in range(50_000)]
last, full = blocks[-1], resident_mb()
del blocks
kept = resident_mb()
give_memory_back()
print(full - kept, kept - resident_mb(), len(last))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_memory_that_was_freed_below_memory_in_use_goes_back():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    by_itself_mb, given_back_mb, _ = map(float, run.stdout.split())
    assert by_itself_mb < 20
    assert given_back_mb > 70
