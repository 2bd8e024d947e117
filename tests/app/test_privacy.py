"""What leaves the computer: OSC that was asked for, and nothing else. The app runs in the empty home of a new user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.pose2d.weights import cache_folder
from tests.detector_weights import weights_for_tests

ROOT = Path(__file__).parents[2]
HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
HOMES_TOO = ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "TORCH_HOME", "MPLCONFIGDIR")
TARGET = "vmc://127.0.0.1:39549"
RUN = ("-m", "app", "--headless", "--seconds", "3", "--source", "demo", "--osc", TARGET)
OUR_FOLDERS = ("vtm-live",)
SPY = """
import os, sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.connect", "socket.sendto"):
        with open(os.environ["VTM_TEST_SPY"], "a") as file:
            file.write(f"{event} {arguments[-1] if event[7:] in ('bind', 'connect', 'sendto') else arguments[0]}\\n")
sys.addaudithook(watch)
"""


@pytest.fixture
def empty_home(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """An empty folder, and the environment of a user who lives there. The detector's weights are elsewhere."""
    weights_for_tests()
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in (*HOMES, *HOMES_TOO)}
    for name in ("ORT_DISABLE_TELEMETRY", "VTM_CONFIG_DIR", "VTM_LOG_DIR", "DISPLAY", "WAYLAND_DISPLAY"):
        kept.pop(name, None)
    if os.name == "nt":
        kept |= {name: str(home) for name in ("USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    return home, {**kept, "HOME": str(home), "VTM_CACHE": str(cache_folder()), "PYTHONDONTWRITEBYTECODE": "1"}


def foreign_files(home: Path) -> list[str]:
    files = [path.relative_to(home) for path in home.rglob("*") if path.is_file()]
    return sorted(str(path) for path in files if not set(path.parts) & set(OUR_FOLDERS))


def test_a_run_in_an_empty_home_leaves_no_foreign_file_and_asks_for_no_name(empty_home, tmp_path):
    home, environment = empty_home
    site, spied = tmp_path / "site", tmp_path / "spied.txt"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    environment |= {"PYTHONPATH": str(site), "VTM_TEST_SPY": str(spied)}
    ran = subprocess.run([sys.executable, *RUN], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert foreign_files(home) == []
    calls = spied.read_text(encoding="utf-8").splitlines()
    assert calls, "the spy saw no packet: it does not work"
    assert {call for call in calls if "('127.0.0.1', 39549)" not in call} <= {"socket.getaddrinfo 127.0.0.1"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace is Linux'")
def test_native_libraries_open_no_socket_of_their_own(empty_home, tmp_path):
    if shutil.which("strace") is None or subprocess.run(["strace", "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("no strace, or it may not trace here")
    home, environment = empty_home
    trace = tmp_path / "trace.txt"
    strace = ["strace", "-f", "-qq", "-e", "trace=socket,connect,bind", "-e", "signal=none", "-o", str(trace)]
    subprocess.run([*strace, sys.executable, *RUN], cwd=ROOT, env=environment, capture_output=True, check=True)
    calls = trace.read_text(encoding="utf-8")
    ends = set(re.findall(r"(?:connect|bind)\(\d+, (.*?), \d+\)", calls))
    assert ends == {'{sa_family=AF_INET, sin_port=htons(39549), sin_addr=inet_addr("127.0.0.1")}'}
    assert len(re.findall(r"socket\(", calls)) == 1, calls
    assert foreign_files(home) == []


@pytest.mark.parametrize(
    "module", ["app.cli", "engine.pipeline", "engine.pose2d.rtmpose", "models.train", "build_engine"]
)
def test_telemetry_is_off_before_anything_of_ours_is_imported(module):
    if module == "models.train":
        pytest.importorskip("torch")
    code = (
        f"import os, {module}, sys; from models.onnx_session import ort; "
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    )
    hook = (
        "import os, sys\n"
        "def hook(event, arguments):\n"
        "    if event == 'import' and arguments[0].split('.')[0] == 'onnxruntime':\n"
        "        assert os.environ.get('ORT_DISABLE_TELEMETRY') == '1', 'too late'\n"
        "sys.addaudithook(hook)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", hook + code], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize("more", [[], ["--debug"]])
def test_a_terminal_does_not_show_the_password_of_an_address(more):
    address = "http://admin:hunter2@127.0.0.1:9/video?token=hunter2"
    command = [sys.executable, "-m", "app", "--headless", "--seconds", "1", "--source", address, *more]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "http://admin:***@127.0.0.1:9/video?token=***" in ran.stderr
    assert "hunter2" not in ran.stdout + ran.stderr
