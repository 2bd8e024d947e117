"""Rules for every test: no thread may survive it, and it never touches the user's own settings or takes."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import models  # noqa: F401 - first of all: no test lets ONNX Runtime send telemetry

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

WITHOUT_TORCH = find_spec("torch") is None and (os.environ.get("TORCH") == "none" or "CI" not in os.environ)
"""The app runs without torch and so do its tests; those of training are skipped then. CI asks for that by name."""
_NO_TORCH = "No module named 'torch'"
_ALLOWED_THREADS = ("tqdm", "Dummy-", "pydevd", "asyncio_")
_PATIENCE_S = 3.0


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A test file that needs torch is skipped, with a word, where there is none."""
    report = yield
    if WITHOUT_TORCH and report.failed and _NO_TORCH in str(report.longrepr):
        report.outcome, report.longrepr = "skipped", (str(collector.path), 0, "Skipped: needs torch")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The same for a test, or a fixture of it, that imports torch when it runs."""
    report = yield
    if WITHOUT_TORCH and call.excinfo is not None and _NO_TORCH in str(call.excinfo.value):
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, "Skipped: needs torch")
    return report


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    """A Python thread that a test leaves behind fails it."""
    before = set(threading.enumerate())
    yield
    until_s = time.monotonic() + _PATIENCE_S
    while left := [thread for thread in set(threading.enumerate()) - before if not _allowed(thread)]:
        if time.monotonic() > until_s:
            pytest.fail(f"threads left behind: {[thread.name for thread in left]}")
        time.sleep(0.02)


def _allowed(thread: threading.Thread) -> bool:
    pool_of_dask = "Dask-" in thread.name or thread.name == "IO loop"  # of the process, for as long as it lives
    return thread.name.startswith(_ALLOWED_THREADS) or pool_of_dask or type(thread).__name__ == "TMonitor"


@pytest.fixture(autouse=True)
def own_config_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and log go to a folder of the test."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("VTM_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("VTM_CONFIG_DIR", str(folder))
    monkeypatch.setenv("VTM_LOG_DIR", str(folder / "log"))
    return folder


@pytest.fixture
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names do not resolve, and nobody is asked; addresses do."""
    lookup = socket.getaddrinfo

    def answer(host: str, *args: object, **kwargs: object) -> object:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return lookup(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
