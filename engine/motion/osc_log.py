"""The OSC stream of a take as .jsonl: one line per datagram, with its time, readable and replayable.

First line  {"format": "vtm-osc-log", "version": 1, "scheme": "vmc"}
            and "gaps": [{"at_s": 3.2, "lasted_s": 86400.0, "held_s": 10.0}] where times without frames were shortened
The others  {"time": seconds, "bundle": true, "messages": [{"address": "/VMC/Ext/T", "types": "f", "arguments": [0.5]}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import InputError
from engine.motion.osc_lines import LogLines
from engine.motion.resample import gaps_json, gaps_of
from engine.motion.take import MotionTake, Progress, no_progress
from engine.motion.take_poses import poses_of
from engine.osc.packing import OscMessage, PacketSet
from engine.osc.vmc import VmcEncoder
from models.json_text import JsonError, finite_number, parse_json

_FORMAT, _VERSION = "vtm-osc-log", 1
_TELL_EVERY = 500  # poses
_SCHEMES = ("vmc", "vrchat", "osc")
_LONGEST_LINE = 1 << 20
_MOST_WRONG_LINES = 10_000
_MOST_BYTES = 65_507  # of a UDP datagram
_MOST_HELD_BYTES = 2 << 30
_LATEST_S = 1e6  # eleven days
_LAYOUTS = 64  # kept while reading


@dataclass(frozen=True, slots=True)
class OscLog:
    """A log in memory."""

    scheme: str
    times_s: tuple[float, ...]  # of each datagram, from 0, never decreasing
    datagrams: tuple[bytes, ...]
    warning: str | None  # one line, if parts of the file could not be read


def write_osc_log(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the VMC stream of a take, pose by pose. Raises OutputError."""
    encoder, gaps, lines = VmcEncoder(), gaps_of(take), LogLines()
    marked = {"gaps": gaps_json(gaps)} if gaps else {}
    file.write(json.dumps({"format": _FORMAT, "version": _VERSION, "scheme": "vmc", **marked}).encode() + b"\n")
    for number, pose in enumerate(poses_of(take), start=1):
        for datagram in encoder.encode(pose, pose.captured_at_s):
            file.write(lines.line(pose.captured_at_s, datagram).encode() + b"\n")
        if number % _TELL_EVERY == 0:
            progress(number / len(take))


def read_osc_log(path: Path) -> OscLog:
    """Read a log; a truncated or invalid line is skipped, as reported in `warning`.

    Raises InputError, one line, for a file that is not a log.
    """
    if not path.exists():
        raise InputError(f"there is no file {path}; check the path")
    try:
        with path.open("rb") as file:
            scheme = _scheme(path, file.readline(_LONGEST_LINE))
            return _read_lines(path, scheme, file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _scheme(path: Path, line: bytes) -> str:
    """Return the scheme in the header line. Raises InputError."""
    try:
        header = parse_json(line)
    except JsonError:
        header = None
    if not isinstance(header, dict) or header.get("format") != _FORMAT or header.get("version") != _VERSION:
        raise InputError(f"{path} is not an OSC log of this version: record one with --record NAME.jsonl")
    scheme = header.get("scheme")
    if scheme not in _SCHEMES:
        said = "no scheme" if scheme is None else f"scheme {str(scheme)[:40]!r}"
        raise InputError(f"{path} names {said} in its first line; expected one of {', '.join(_SCHEMES)}")
    return str(scheme)


def _read_lines(path: Path, scheme: str, file: IO[bytes]) -> OscLog:
    """Read the datagrams. Raises InputError when there is none."""
    times: list[float] = []
    datagrams: list[bytes] = []
    wrong: list[int] = []
    held = 0
    for at, line in enumerate(_lines(file), start=2):
        try:
            time_s, datagram = _entry(line)
        except (ValueError, KeyError, TypeError, OverflowError):
            wrong.append(at)
            if len(wrong) > _MOST_WRONG_LINES:
                raise InputError(f"{path} has more than {_MOST_WRONG_LINES} lines that are not datagrams") from None
            continue
        times.append(max(time_s, times[-1] if times else 0.0))
        datagrams.append(datagram)
        held += len(datagram)
        if held > _MOST_HELD_BYTES:
            raise InputError(f"{path} has more than {_MOST_HELD_BYTES / 1e9:.1f} GB of packets: split the log")
    if not datagrams:
        raise InputError(f"{path} has no datagram that can be sent; record a log with --record NAME.jsonl")
    warning = f"{path}: skipped {len(wrong)} truncated or invalid lines, the first is {wrong[0]}" if wrong else None
    return OscLog(scheme, tuple(times), tuple(datagrams), warning)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield line by line. A line that is too long is truncated, so it is invalid JSON and skipped."""
    while line := file.readline(_LONGEST_LINE):
        yield line
        while len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE)


def _entry(line: bytes) -> tuple[float, bytes]:
    """Return time and datagram. Raises ValueError, KeyError, TypeError, OverflowError for an invalid entry."""
    entry = parse_json(line)
    time_s = finite_number(entry["time"])
    if time_s is None or not 0 <= time_s <= _LATEST_S or not isinstance(entry["bundle"], bool):
        raise ValueError("no time or no kind")
    datagram = _datagram(entry["messages"], bundled=entry["bundle"])
    if len(datagram) > _MOST_BYTES:
        raise ValueError("more than a UDP datagram can hold")
    return time_s, datagram


def _fits(tag: str, value: Any) -> bool:
    """Return whether the JSON value matches the OSC type tag; a NUL would end a string early."""
    if tag == "s":
        return isinstance(value, str) and "\0" not in value
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (tag == "f" and isinstance(value, float))


def _datagram(entries: Iterable[dict[str, Any]], *, bundled: bool) -> bytes:
    """Rebuild the logged bytes exactly. Raises ValueError, KeyError, TypeError, OverflowError for an invalid packet."""
    messages: list[OscMessage] = []
    floats: list[float] = []
    ints: list[int] = []
    for entry in entries:
        values = list(zip(entry["types"], entry["arguments"], strict=True))
        if not all(_fits(tag, value) for tag, value in [("s", entry["address"]), *values]):
            raise ValueError("an argument of another type")
        strings = tuple(str(value) for tag, value in values if tag == "s")
        floats += [float(value) for tag, value in values if tag == "f"]
        ints += [int(value) for tag, value in values if tag == "i"]
        messages.append(OscMessage(str(entry["address"]), str(entry["types"]), strings))
    with np.errstate(over="ignore"):
        numbers = np.array(floats, np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("a number that no float32 can hold")
    return _packet(tuple(messages), bundled).pack(numbers.tolist(), np.array(ints, np.int32).tolist())[0]


@lru_cache(_LAYOUTS)
def _packet(messages: tuple[OscMessage, ...], bundled: bool) -> PacketSet:
    """Return the template of a datagram; a log repeats a few of them."""
    return PacketSet([messages], bundled=bundled)
