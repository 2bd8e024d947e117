"""Set-up for `make run`, `make test`, `make check`: environment, packages, libraries, weights. Standard library only.

    python app/setup_env.py run [VTM OPTIONS]     set up, then start the app
    python app/setup_env.py test [PYTEST OPTIONS] set up with what the tests need, then run them (under Xvfb on Linux)
    python app/setup_env.py check                 format, lint, types, import table, fast tests

Runs on the system's python3, also one that is too old (it then says so): no syntax newer than 3.7 in this file.
A stamp in .venv holds what was installed, so that the second start takes no time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 11), (3, 13)
RTMLIB = "rtmlib==0.0.16"
"""Installed without its dependencies: it asks for two more OpenCV builds, with a second Qt inside."""
WINDOW_LIBRARIES = [
    *("libgl1", "libegl1", "libglib2.0-0", "libxkbcommon0", "libfontconfig1", "libdbus-1-3", "libxcb-cursor0"),
    *("libxcb-icccm4", "libxcb-keysyms1", "libxcb-xkb1", "libxkbcommon-x11-0", "libxcb-randr0", "libxcb-shape0"),
    "fonts-dejavu-core",
]
TEST_LIBRARIES = ["xvfb", "xauth", "libgl1-mesa-dri"]


def say(line: str) -> None:
    """One line to the user, at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def fail(line: str) -> None:
    """One line, then out with exit code 1."""
    say(line)
    raise SystemExit(1)


def check_python() -> None:
    """Stop with one line on a Python that cannot run the app."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = sys.version.split()[0]
        fail(f"vtm: Python 3.11 to 3.13 is needed, this is {found}: install one, then: make run PYTHON=/its/path")


def is_root() -> bool:
    """True for the superuser of a Unix system."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing_libraries(names: list[str]) -> list[str]:
    """Those Debian packages that are not installed. Newer releases spell some names with t64."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]
    asked = [*names, *(name + "t64" for name in names)]
    answer = subprocess.run([*query, *asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    installed = {line.split()[0] for line in answer.stdout.decode().splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed and name + "t64" not in installed]


def apt_install(names: list[str], why: str) -> None:
    """Install Debian packages as root; otherwise say in one line what to install, and go on."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return
    missing = missing_libraries(names)
    if not missing:
        return
    if not is_root():
        say(f"vtm: {why}: please run: sudo apt-get install {' '.join(missing)}")
        return
    say(f"vtm: installing system packages ({why}): {' '.join(missing)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        code = subprocess.call(
            ["apt-get", *command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        if code:
            say(f"vtm: apt-get {command[0]} failed ({code}); going on without")
            return


def venv_python() -> Path:
    """The interpreter inside the virtual environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_venv() -> None:
    """Create .venv, or again when its interpreter no longer runs."""
    if venv_python().exists():
        if subprocess.call([str(venv_python()), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
            return
        say("vtm: the environment in .venv does not run any more; making it again")
        shutil.rmtree(VENV)
    say(f"vtm: making the environment .venv with Python {sys.version.split()[0]}")
    if sys.platform == "linux" and subprocess.call(
        [sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL
    ):
        apt_install(["python3-venv"], "Python's venv module")
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]):
        shutil.rmtree(VENV, ignore_errors=True)
        fail("vtm: python -m venv failed (see above); on Debian or Ubuntu: apt-get install python3-venv, then again")


def install(extra: str) -> None:
    """Install the packages, once for each state of pyproject.toml. `extra`: "" or "dev"."""
    parts = [(ROOT / "pyproject.toml").read_text(encoding="utf-8"), RTMLIB, sys.version, str(ROOT), extra]
    state = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    stamp = VENV / ("stamp-" + (extra or "run"))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    say("vtm: installing packages (the first time takes some minutes)")
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if os.environ.get("CI"):
        pip.append("--quiet")
    target = str(ROOT) + (f"[{extra}]" if extra else "")
    for arguments in (["-e", target], ["--no-deps", RTMLIB]):
        if subprocess.call([*pip, *arguments], stdin=subprocess.DEVNULL):
            fail(
                f"vtm: pip could not install {arguments[-1]} (its own words are above); check the network and run again"
            )
    stamp.write_text(state, encoding="utf-8")


def prepare(extra: str, libraries: list[str]) -> None:
    """All set-up: interpreter, system libraries, environment, packages, detector weights."""
    check_python()
    if sys.platform == "linux":
        apt_install(libraries, "libraries for the window")
    make_venv()
    install(extra)
    subprocess.call(
        [str(venv_python()), "-m", "app", "fetch"], cwd=str(ROOT)
    )  # it names its own failure; the app repeats it


def under_xvfb(command: list[str]) -> list[str]:
    """The command with a virtual display around it, where that exists; without one the OpenGL tests are skipped."""
    if sys.platform != "linux":
        return command
    if not shutil.which("xvfb-run"):
        say("vtm: no xvfb-run: the tests of OpenGL views are skipped")
        return command
    return ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *command]


def run_app(arguments: list[str]) -> int:
    """Set up and start `vtm`; on Unix it takes this process's place, so that Ctrl-C reaches it alone."""
    prepare("", WINDOW_LIBRARIES)
    command = [str(venv_python()), "-m", "app", *arguments]
    os.chdir(str(ROOT))
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def run_tests(arguments: list[str]) -> int:
    """Set up and run pytest."""
    prepare("dev", [*WINDOW_LIBRARIES, *TEST_LIBRARIES])
    return subprocess.call(under_xvfb([str(venv_python()), "-m", "pytest", *arguments]), cwd=str(ROOT))


def run_check() -> int:
    """Format, lint, types, then the import table with the fast tests; stops at the first that fails."""
    prepare("dev", [*WINDOW_LIBRARIES, *TEST_LIBRARIES])
    python = [str(venv_python()), "-m"]
    steps = (
        [*python, "ruff", "format", "--check"],
        [*python, "ruff", "check"],
        [*python, "mypy"],
        under_xvfb([*python, "pytest", "-q", "-m", "not slow"]),
    )
    for step in steps:
        say("vtm: " + " ".join(step[step.index("-m") + 1 :] if "-m" in step else step))
        code = subprocess.call(step, cwd=str(ROOT))
        if code:
            return code
    return 0


def main(arguments: list[str]) -> int:
    """`run`, `test` or `check`; returns the exit code."""
    if not arguments or arguments[0] not in ("run", "test", "check"):
        say("usage: python app/setup_env.py run|test|check [options]")
        return 2
    if arguments[0] == "run":
        return run_app(arguments[1:])
    return run_tests(arguments[1:]) if arguments[0] == "test" else run_check()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
