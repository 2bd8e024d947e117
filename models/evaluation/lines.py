"""A row of a table as text."""

from __future__ import annotations

from typing import Any

Lines = list[str]
Table = dict[str, Any]
_NAME = 40


def line(name: str, values: list[float | str | None], digits: int = 1) -> str:
    """Return name and numbers in columns; None leaves its column empty."""
    cells = [
        " " * 10 if value is None else f"{value:>10s}" if isinstance(value, str) else f"{value:10.{digits}f}"
        for value in values
    ]
    return f"  {name.replace('_', ' '):{_NAME}s}" + "".join(cells)
