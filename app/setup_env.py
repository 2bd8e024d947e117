"""Set-up for `make run`, `make test`, `make check`: environment, packages, libraries, weights. Standard library only.

    python app/setup_env.py run [VTM OPTIONS]     set up, then start the app
    python app/setup_env.py test [PYTEST OPTIONS] set up with what the tests need, then run them (under Xvfb on Linux)
    python app/setup_env.py check [--static]      format, lint, import contracts, types, documents, tests

Packages are those of app/requirements/ (made by app/lock_packages.py), each file checked by its sha256. Tests and
training also use torch: TORCH=cpu (the default) never installs a CUDA build, TORCH=cuda installs the one for this GPU,
TORCH=none skips torch. Runs on the system's python3, even one that is too old (it then says so): no syntax newer than
3.7 here.
A stamp in .venv records what was installed, so that the second start is fast.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "app" / "requirements"
OLDEST, NEWEST = (3, 11), (3, 14)
TORCH_KINDS = ("cpu", "cuda", "none")
MYPY_WITHOUT_TORCH = ["--follow-imports=silent", "-p", "app", "-p", "engine", "-m", "build_engine"]
WINDOW_LIBRARIES = [
    *("libgl1", "libegl1", "libglib2.0-0", "libxkbcommon0", "libfontconfig1", "libdbus-1-3", "libxcb-cursor0"),
    *("libxcb-icccm4", "libxcb-keysyms1", "libxcb-xkb1", "libxkbcommon-x11-0", "libxcb-randr0", "libxcb-shape0"),
    "fonts-dejavu-core",
]
TEST_LIBRARIES = ["xvfb", "xauth", "libgl1-mesa-dri"]


def say(line: str) -> None:
    """Print one line immediately."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def fail(line: str) -> None:
    """Print one line and exit with code 1."""
    say(line)
    raise SystemExit(1)


def check_python(action: str = "run") -> None:
    """Exit with one line if this Python cannot run the app."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = sys.version.split()[0]
        again = f"py -3.12 app\\setup_env.py {action}" if os.name == "nt" else f"make {action} PYTHON=/its/path"
        fail(f"vtm: Python 3.11 to 3.14 is needed, this is {found}: install one, then: {again}")


def is_root() -> bool:
    """Return whether this is the superuser of a Unix system."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing_libraries(names: list[str]) -> list[str]:
    """Return the Debian packages that are not installed. Newer releases add t64 to some names."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]
    asked = [*names, *(name + "t64" for name in names)]
    answer = subprocess.run([*query, *asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    installed = {line.split()[0] for line in answer.stdout.decode().splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed and name + "t64" not in installed]


def apt_install(names: list[str], why: str) -> None:
    """Install Debian packages as root; otherwise print one line on what to install, and continue."""
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
            say(f"vtm: apt-get {command[0]} failed ({code}); continuing without")
            return


def venv_python() -> Path:
    """Return the interpreter of the virtual environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def why_not_usable() -> str:
    """Return why the environment in .venv must be recreated; "" if it is good."""
    question = "import pip, sys; print(*sys.version_info[:2])"
    asked = subprocess.run(
        [str(venv_python()), "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    if asked.returncode:
        return "no longer runs"
    version = tuple(int(number) for number in asked.stdout.split())
    if version != sys.version_info[:2]:
        return "has Python {}.{}".format(*version)
    settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    made = [line for line in settings.splitlines() if line.startswith("command = ")]
    return "was made in another folder" if made and not made[0].endswith(str(VENV)) else ""


def make_venv() -> None:
    """Create .venv; recreate it, with a message, when its Python is gone, another version, or it was moved."""
    if venv_python().exists():
        reason = why_not_usable()
        if not reason:
            return
        say(f"vtm: the environment in .venv {reason}; recreating it")
    if VENV.exists():
        shutil.rmtree(str(VENV))
    say(f"vtm: creating the environment .venv with Python {sys.version.split()[0]}")
    if sys.platform == "linux" and subprocess.call(
        [sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL
    ):
        apt_install(["python3-venv"], "Python's venv module")
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]):
        shutil.rmtree(str(VENV), ignore_errors=True)
        fail(
            "vtm: python -m venv failed (see above); on Debian or Ubuntu: apt-get install python3-venv, then try again"
        )


def install(extra: str) -> None:
    """Install the locked packages, once per state of lock and project. `extra`: "" or "dev"."""
    lock = LOCKS / ("dev.txt" if extra else "run.txt")
    files = [ROOT / "pyproject.toml", LOCKS / "setup.txt", lock]
    if installed(extra or "run", files):
        return
    say("vtm: installing packages (the first time takes a few minutes)")
    locked = ["--no-deps", "--require-hashes", "-r"]
    for arguments in (
        [*locked, str(LOCKS / "setup.txt")],
        [*locked, str(lock)],
        ["--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if pip_install(arguments):
            fail(
                f"vtm: pip could not install {arguments[-1]} (see its messages above); check the network and run again"
            )
    installed(extra or "run", files, now=True)


def installed(what: str, files: list[Path], now: bool = False) -> bool:
    """Return whether `what` was installed with `files` as they are; `now`: it just was."""
    parts = [path.read_text(encoding="utf-8") for path in files] + [sys.version, str(ROOT)]
    state = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    stamp = VENV / ("stamp-" + what)
    if now:
        stamp.write_text(state, encoding="utf-8")
    return stamp.exists() and stamp.read_text(encoding="utf-8") == state


def pip_install(arguments: list[str]) -> int:
    """Run pip and return its exit code."""
    quiet = ["--quiet"] if os.environ.get("CI") else []
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *quiet]
    environment = dict(os.environ, PYTHONWARNINGS="ignore")  # of setuptools, about editable installations
    return subprocess.call([*pip, *arguments], stdin=subprocess.DEVNULL, env=environment)


def torch_kind() -> str:
    """Return the kind of torch requested by TORCH in the environment."""
    kind = os.environ.get("TORCH") or "cpu"
    if kind not in TORCH_KINDS:
        fail(f"vtm: TORCH is {kind}, expected one of {', '.join(TORCH_KINDS)}")
    return kind


def install_torch() -> None:
    """Install torch for tests and training; if it is not available, print a line, and what needs it is skipped.

    Some indexes only offer a CUDA build of several GB. Then uv fetches the CPU build from PyTorch's own index.
    """
    kind, lock = torch_kind(), LOCKS / "torch.txt"
    if kind == "none":
        say("vtm: TORCH=none: the tests that need torch are skipped")
        return
    if installed("torch-" + kind, [lock]):
        return
    locked = [line for line in lock.read_text(encoding="utf-8").splitlines() if line.startswith("torch==")]
    if kind == "cpu" and pip_offers_cpu_build(locked[0]):
        failed = pip_install([locked[0], "-c", str(lock)])
    else:
        uv = [str(venv_python()), "-m", "uv", "pip", "install", "--python", str(venv_python())]
        build = ["--torch-backend", "cpu" if kind == "cpu" else "auto"]
        failed = subprocess.call([*uv, *build, locked[0], "-c", str(lock)], stdin=subprocess.DEVNULL)
    if failed:
        say(f"vtm: no {kind} build of {locked[0]} could be installed (see above): the tests that need it are skipped")
        return
    for other in TORCH_KINDS:
        (VENV / ("stamp-torch-" + other)).write_text("", encoding="utf-8")
    installed("torch-" + kind, [lock], now=True)


def pip_offers_cpu_build(requirement: str) -> bool:
    """Return whether pip would install a build without CUDA: always on Windows and macOS."""
    if sys.platform != "linux":
        return True
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    look = ["--dry-run", "--ignore-installed", "--no-deps", "--report", "-", requirement]
    asked = subprocess.run([*pip, *look], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    try:
        needs = json.loads(asked.stdout.decode())["install"][0]["metadata"].get("requires_dist", [])
    except (ValueError, LookupError):
        return False
    return not any(need.startswith(("nvidia", "cuda")) for need in needs)


def prepare(extra: str, libraries: list[str]) -> None:
    """Do the whole set-up: system libraries, environment, packages, detector weights."""
    if sys.platform == "linux":
        apt_install(libraries, "libraries for the window")
    make_venv()
    install(extra)
    if extra:
        install_torch()
    subprocess.call(
        [str(venv_python()), "-m", "app", "fetch", *([] if extra else ["--body-only"])], cwd=str(ROOT)
    )  # it reports its own failure; the app repeats it


def under_xvfb(command: list[str]) -> list[str]:
    """Return the command wrapped in a virtual display where available; without one the OpenGL tests are skipped."""
    if sys.platform != "linux":
        return command
    if not shutil.which("xvfb-run"):
        say("vtm: no xvfb-run: the tests of OpenGL views are skipped")
        return command
    return ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *command]


def run_app(arguments: list[str]) -> int:
    """Set up and start `vtm`; on Unix it replaces this process, so that Ctrl-C reaches only it."""
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


def run_check(arguments: list[str]) -> int:
    """Format, lint, import contracts, types, documents, fast tests; stops at the first that fails."""
    if arguments not in ([], ["--static"]):
        say("usage: python app/setup_env.py check [--static]")
        return 2
    prepare("dev", [*WINDOW_LIBRARIES, *TEST_LIBRARIES])
    python = [str(venv_python()), "-m"]
    with_torch = subprocess.call([*python[:1], "-c", "import torch"], stderr=subprocess.DEVNULL) == 0
    steps = [
        [*python, "ruff", "format", "--check"],
        [*python, "ruff", "check"],
        [str(venv_python().with_name("lint-imports")), "--no-logo", "--no-cache"],
        [*python, "mypy", *([] if with_torch else MYPY_WITHOUT_TORCH)],
        [*python, "app.documents"],
    ]
    if not arguments:
        steps.append(under_xvfb([*python, "pytest", "-q", "-m", "not slow"]))
    for step in steps:
        say("vtm: " + " ".join(step[step.index("-m") + 1 :] if "-m" in step else step))
        code = subprocess.call(step, cwd=str(ROOT))
        if code:
            return code
    return 0


def main(arguments: list[str]) -> int:
    """Run `run`, `test` or `check`; return the exit code."""
    if not arguments or arguments[0] not in ("run", "test", "check"):
        say("usage: python app/setup_env.py run|test|check [options]")
        return 2
    check_python(arguments[0])
    if arguments[0] == "run":
        return run_app(arguments[1:])
    return run_tests(arguments[1:]) if arguments[0] == "test" else run_check(arguments[1:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
