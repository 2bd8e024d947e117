"""The OSC stream of a take as .jsonl: one line per datagram, with its time, to be read by people and sent again.

First line  {"format": "vtm-osc-log", "version": 1, "scheme": "vmc"}
            and "gaps": [{"at_s": 3.2, "lasted_s": 86400.0, "held_s": 10.0}] where times without frames were shortened
The others  {"time": seconds, "bundle": true, "messages": [{"address": "/VMC/Ext/T", "types": "f", "arguments": [0.5]}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import VtmError
from engine.motion.resample import gaps_json, gaps_of
from engine.motion.take import MotionTake, Progress, no_progress
from engine.motion.take_poses import poses_of
from engine.osc.packing import OscMessage, PacketSet
from engine.osc.reading import read_packet
from engine.osc.vmc import VmcEncoder

_FORMAT, _VERSION = "vtm-osc-log", 1
_TELL_EVERY = 500  # poses


@dataclass(frozen=True, slots=True)
class OscLog:
    """A log in memory."""

    scheme: str
    times_s: tuple[float, ...]  # of each datagram, from 0, never falling
    datagrams: tuple[bytes, ...]
    warning: str | None  # one line, when some of the file could not be read


def log_line(time_s: float, datagram: bytes) -> str:
    """One datagram as one line of JSON."""
    messages = [
        {"address": message.address, "types": message.tags, "arguments": message.values}
        for message in read_packet(datagram)
    ]
    return json.dumps({"time": round(time_s, 6), "bundle": datagram.startswith(b"#"), "messages": messages})


def write_osc_log(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the VMC stream of a take, pose by pose. Raises OutputError."""
    encoder, gaps = VmcEncoder(), gaps_of(take)
    marked = {"gaps": gaps_json(gaps)} if gaps else {}
    file.write(json.dumps({"format": _FORMAT, "version": _VERSION, "scheme": "vmc", **marked}).encode() + b"\n")
    for number, pose in enumerate(poses_of(take), start=1):
        for datagram in encoder.encode(pose, pose.captured_at_s):
            file.write(log_line(pose.captured_at_s, datagram).encode() + b"\n")
        if number % _TELL_EVERY == 0:
            progress(number / len(take))


def read_osc_log(path: Path) -> OscLog:
    """Read a log; a line that is cut or wrong is left out and told. Raises VtmError for what is no log at all."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise VtmError(f"cannot read {path}: {error.strerror or error}") from error
    header = _json(lines[0]) if lines else None
    if not isinstance(header, dict) or header.get("format") != _FORMAT or header.get("version") != _VERSION:
        raise VtmError(f"{path} is no OSC log of this version: record one with --record NAME.jsonl")
    times: list[float] = []
    datagrams: list[bytes] = []
    wrong: list[int] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            entry = json.loads(line)
            datagram = _datagram(entry["messages"], bundled=bool(entry["bundle"]))
            time_s = float(entry["time"])
        except (ValueError, KeyError, TypeError, OverflowError):
            wrong.append(number)
            continue
        times.append(max(time_s, times[-1] if times else 0.0))
        datagrams.append(datagram)
    if not datagrams:
        raise VtmError(f"{path} holds no datagram that can be sent")
    warning = f"{path}: left out {len(wrong)} lines that are cut or wrong, the first is {wrong[0]}" if wrong else None
    return OscLog(str(header.get("scheme")), tuple(times), tuple(datagrams), warning)


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _datagram(entries: Iterable[dict[str, Any]], *, bundled: bool) -> bytes:
    """Byte for byte what was logged. Raises ValueError, KeyError, TypeError, OverflowError for what is no packet."""
    messages: list[OscMessage] = []
    floats: list[float] = []
    ints: list[int] = []
    for entry in entries:
        values = list(zip(entry["types"], entry["arguments"], strict=True))
        strings = tuple(str(value) for tag, value in values if tag == "s")
        floats += [float(value) for tag, value in values if tag == "f"]
        ints += [int(value) for tag, value in values if tag == "i"]
        messages.append(OscMessage(str(entry["address"]), str(entry["types"]), strings))
    with np.errstate(over="ignore"):
        numbers = np.array(floats, np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("a number that no float32 can hold")
    return PacketSet([messages], bundled=bundled).pack(numbers.tolist(), np.array(ints, np.int32).tolist())[0]
