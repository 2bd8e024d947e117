"""Parse untrusted JSON strictly: limited size and depth, finite numbers, no duplicate keys; errors are one line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

MAX_BYTES = 4 << 20
MAX_DEPTH = 32
_LONGEST_INTEGER = 40


class JsonError(ValueError):
    """The text is not acceptable JSON. The message does not name the file."""


def read_json(path: Path, *, max_bytes: int = MAX_BYTES, strict: bool = True) -> Any:
    """Read the value in a UTF-8 file. Raises JsonError for its content, OSError when it cannot be read."""
    if path.exists() and not path.is_file():
        raise JsonError("it is no file")  # reading a pipe would block
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise JsonError(f"it is longer than {max_bytes >> 10} kB")
    return parse_json(data, strict=strict)


def parse_json(data: bytes | str, *, strict: bool = True) -> Any:
    """Parse one JSON text. Raises JsonError, one line.

    strict  False: allow infinite and NaN numbers, duplicate keys, any text, deep values; for readers that check every
            value themselves and drop only the bad ones
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        if not strict:
            return json.loads(text, parse_int=_any_integer)
        value = json.loads(
            text, parse_float=_real, parse_int=_integer, parse_constant=_no_number, object_pairs_hook=_table
        )
    except JsonError:
        raise
    except UnicodeDecodeError as error:
        raise JsonError(f"it is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"it is not JSON ({error})") from error
    except RecursionError as error:
        raise JsonError("it is nested too deeply") from error
    _check_values(value)
    return value


def finite_number(value: Any) -> float | None:
    """Return a JSON number as float; None for anything else, including true and false."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _no_number(text: str) -> NoReturn:
    raise JsonError(f"it holds {text}, expected finite numbers")


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _no_number(text[:_LONGEST_INTEGER])
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        _no_number(f"{text[:8]}… ({len(text)} digits)")
    return int(text)


def _any_integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_INTEGER else math.inf


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"it holds {twice[:40]!r} twice")
    return table


def _check_values(value: Any) -> None:
    """Check depth and text, without recursion: callers may recurse and encode."""
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels")
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                deeper += item.keys()
                deeper += item.values()
            elif isinstance(item, list):
                deeper += item
            elif isinstance(item, str) and not item.isascii():
                _check_text(item)
        level, depth = deeper, depth + 1


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise JsonError("it contains an unpaired surrogate") from error
