"""Rules for every test: no thread may survive it, and it never touches the user's own settings or takes."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import models  # noqa: F401 - first of all: no test lets ONNX Runtime send telemetry

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_ALLOWED_THREADS = ("tqdm", "Dummy-", "pydevd", "asyncio_")
_PATIENCE_S = 3.0


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
    return thread.name.startswith(_ALLOWED_THREADS) or type(thread).__name__ == "TMonitor"


@pytest.fixture(autouse=True)
def own_config_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and log go to a folder of the test."""
    folder = tmp_path_factory.mktemp("config")
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
