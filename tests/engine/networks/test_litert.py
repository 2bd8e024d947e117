"""A machine without LiteRT: one line that says what to do, not an ImportError."""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

import pytest

from engine.errors import DetectorError
from engine.networks.litert import Network, why_no_litert


@pytest.mark.parametrize(
    ("system", "processor", "expected"),
    [("darwin", "x86_64", "Macs with Intel processors: use --detector rtmpose"), ("linux", "x86_64", "pip install")],
)
def test_the_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, system: str, processor: str, expected: str) -> None:
    assert why_no_litert() is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    reason = why_no_litert()
    assert reason is not None
    assert expected in reason
    assert "\n" not in reason
    with pytest.raises(DetectorError, match=r"is not installed|does not exist"):
        Network(Path("nowhere.tflite"), threads=1)
