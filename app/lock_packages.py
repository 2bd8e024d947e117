"""`make lock`: renew the locked versions in app/requirements/, for Python 3.11 to 3.14, Linux, Windows, macOS.

    python app/lock_packages.py             the newest versions that pyproject.toml allows
    python app/lock_packages.py --keep      only what a change of pyproject.toml requires

setup.txt  pip and setuptools, which install the rest       run.txt  the app
torch.txt  torch and its own dependencies: constraints      dev.txt  the app, its tests and checks, without torch

All but torch.txt contain the sha256 of every file; torch comes from several places (app/setup_env.py), so its file
cannot. uv resolves the versions; it is installed temporarily if missing. Run `make test` afterwards.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "requirements"
OLDEST = "3.11"
BUILD_TOOLS = "pip\nsetuptools>=77\n"
OF_A_GPU = re.compile(r"(nvidia|cuda)-|triton\b")
"""Dependencies of some torch builds only, with versions that differ per build."""
_RENEW = "# Made by `make lock` (app/lock_packages.py); do not edit.\n"
_RESOLVE = ("pip", "compile", "--universal", "--python-version", OLDEST, "--fork-strategy", "fewest", "--no-header")


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 0 done, 1 no resolution, 2 wrong usage."""
    if [word for word in arguments if word != "--keep"]:
        sys.stderr.write("usage: python app/lock_packages.py [--keep]\n")
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="vtm-lock-") as scratch:
            lock(uv_command(Path(scratch)), Path(scratch), keep=bool(arguments))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"vtm: {Path(error.cmd[0]).name} failed (see its messages above); nothing was changed\n")
        return 1
    sys.stderr.write(f"vtm: renewed {FOLDER}; now: make test\n")
    return 0


def uv_command(scratch: Path) -> str:
    """Return the uv of .venv or PATH, or install one temporarily."""
    programs = "Scripts" if os.name == "nt" else "bin"
    here = shutil.which("uv", path=str(ROOT / ".venv" / programs)) or shutil.which("uv")
    if here is not None:
        return here
    venv.create(scratch / "uv", with_pip=True)
    folder = scratch / "uv" / programs
    subprocess.run([str(folder / "python"), "-m", "pip", "install", "--quiet", "uv"], check=True)
    return str(folder / "uv")


def lock(uv: str, scratch: Path, *, keep: bool) -> None:
    """Resolve everything at once, so that all files agree, then write each file. Raises CalledProcessError."""
    tools, everything, excluded = scratch / "setup.in", scratch / "everything.txt", scratch / "excluded.txt"
    tools.write_text(BUILD_TOOLS, encoding="utf-8")
    project = str(ROOT / "pyproject.toml")
    wanted = (project, str(tools), "--extra", "dev", "--extra", "rtmpose")
    if keep:  # uv prefers the versions already in its output file
        everything.write_text("\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")), "utf-8")
    _compile(uv, everything, *wanted)
    excluded.write_text("torch\n", encoding="utf-8")
    same = ("--constraints", str(everything))
    hashed = (*same, "--generate-hashes", "--excludes", str(excluded))
    parts = {name: scratch / name for name in ("setup.txt", "run.txt", "dev.txt", "torch.txt")}
    _compile(uv, parts["setup.txt"], str(tools), *hashed)
    _compile(uv, parts["run.txt"], project, "--extra", "rtmpose", *hashed)
    _compile(uv, parts["dev.txt"], project, "--extra", "dev", "--extra", "rtmpose", *hashed)
    others = pinned(parts["dev.txt"]) | pinned(parts["setup.txt"])
    lines = everything.read_text(encoding="utf-8").splitlines()
    only_torch = [line for line in lines if name_of(line) not in {"", *others} and not OF_A_GPU.match(line)]
    parts["torch.txt"].write_text("\n".join(only_torch) + "\n", encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for name, part in parts.items():
        (FOLDER / name).write_text(_RENEW + part.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


def pinned(path: Path) -> set[str]:
    """Return the names of the packages in a lock file."""
    return {name_of(line) for line in path.read_text(encoding="utf-8").splitlines()} - {""}


def name_of(line: str) -> str:
    """Return the name in a line `numpy==2.4.6 ; …`; "" for hashes and comments."""
    found = re.match(r"([A-Za-z0-9._-]+)==", line)
    return found.group(1) if found else ""


def _compile(uv: str, target: Path, *arguments: str) -> None:
    command = [uv, *_RESOLVE, "--no-annotate", "--quiet", "--output-file", str(target), *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
