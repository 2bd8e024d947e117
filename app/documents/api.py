"""docs/api.md from the docstrings, signatures and fields of vtm_live."""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import vtm_live
from engine.types import Snapshot
from engine.viewpoints.comparison import Comparison

_HEAD = """# The Python package `vtm_live`

<!-- Made from docstrings by `python -m app.documents --write`; do not edit. -->

`pip install .` puts it into your environment. Whole programs are in [examples/](../examples).
"""
_RELATED = (Snapshot, Comparison)
"""Classes of answers that are not in vtm_live.__all__."""


def api_page() -> str:
    """Return the whole page: functions, classes, values, answers, errors."""
    public = {name: getattr(vtm_live, name) for name in vtm_live.__all__}
    errors = {name: item for name, item in public.items() if inspect.isclass(item) and issubclass(item, Exception)}
    functions = {name: item for name, item in public.items() if inspect.isfunction(item)}
    classes = {name: item for name, item in public.items() if inspect.isclass(item) and name not in errors}
    values = {name: item for name, item in public.items() if isinstance(item, tuple)}
    pieces = [_HEAD, _prose(inspect.getdoc(vtm_live) or "")]
    pieces += ["## Functions", *(_function(name, item) for name, item in functions.items())]
    pieces += ["## Classes", *(_class(name, item) for name, item in classes.items())]
    pieces += ["## What is returned", *(_class(item.__name__, item) for item in _RELATED)]
    pieces += ["## Names", *(_names(name, item) for name, item in values.items())]
    pieces += ["## Errors", _errors(errors)]
    return "\n\n".join(piece.strip() for piece in pieces) + "\n"


def _function(name: str, item: Any, owner: str = "") -> str:
    heading = f"{'####' if owner else '###'} {owner}{name}"
    return "\n\n".join([heading, _code(_signature(name, item)), _prose(inspect.getdoc(item) or "")])


def _class(name: str, item: type) -> str:
    pieces = [f"### {name}"]
    if dataclasses.is_dataclass(item):
        pieces += [_prose(inspect.getdoc(item) or ""), _code(_fields(item))]
    else:
        pieces += [_code(_signature(name, vars(item)["__init__"])), _prose(inspect.getdoc(item) or "")]
    rows = []
    for member, thing in vars(item).items():
        if member.startswith("_"):
            continue
        function = thing.__func__ if isinstance(thing, classmethod) else thing
        if isinstance(thing, property):
            rows.append(f"| `{member}` | {_cell(inspect.getdoc(thing) or '')} |")
        elif inspect.isfunction(function):
            pieces.append(_function(member, function, f"{name}."))
    if rows:
        pieces += ["| attribute | |\n|---|---|\n" + "\n".join(rows)]
    return "\n\n".join(pieces)


def _names(name: str, values: tuple[str, ...]) -> str:
    return f"### {name}\n\n{len(values)}: {', '.join(f'`{value}`' for value in values)}"


def _errors(errors: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {item.exit_code} | {_cell(inspect.getdoc(item) or '')} |" for name, item in errors.items()]
    return "| error | exit code of `vtm` | |\n|---|---|---|\n" + "\n".join(rows)


def _signature(name: str, item: Any) -> str:
    """As in the source, without self, one parameter per line where it is long."""
    signature = inspect.signature(item)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    returns = "" if item.__name__ == "__init__" else f" -> {signature.return_annotation}"
    text = f"{name}{signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)}"
    text = re.sub(r": '([^']*)'", r": \1", text) + returns.replace("'", "")
    if len(text) <= 100:
        return text
    inside = re.sub(r", (?=(?:\*\*?)?\w+(?::|,|$)|\*,)", ",\n    ", text[len(name) + 1 : text.rindex(")")])
    return f"{name}(\n    {inside},\n{text[text.rindex(')') :]}"


def _fields(item: type) -> str:
    """The fields with their comments, as they stand in the source."""
    lines = inspect.getsource(item).splitlines()
    names = [field.name for field in dataclasses.fields(item)]
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{names[0]}:"))
    kept = []
    for line in lines[start:]:
        if line.strip().startswith(("def ", "@")):
            break
        kept.append(line.removeprefix("    "))
    return "\n".join(kept).rstrip()


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _prose(text: str) -> str:
    """Paragraphs as they are; what is laid out in columns, or indented as code, stays so."""
    parts: list[str] = []
    for part in text.split("\n\n"):
        if parts and part.startswith("    ") and parts[-1].startswith("    "):
            parts[-1] += "\n\n" + part
        else:
            parts.append(part)
    return "\n\n".join(_paragraph(part) for part in parts)


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return _code(textwrap.dedent(text).strip())
    pieces: list[str] = []
    for aligned, lines in _runs(text.splitlines()):
        pieces.append(f"```text\n{chr(10).join(lines)}\n```" if aligned else "\n".join(lines))
    return "\n\n".join(pieces)


def _runs(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Neighbouring lines that are in columns, or are not."""
    run: list[str] = []
    before = False
    for line in lines:
        aligned = re.match(r"\S[^.]*?\S {2,}\S", line) is not None or (before and line.startswith(" "))
        if run and aligned != before:
            yield before, run
            run = []
        run.append(line)
        before = aligned
    if run:
        yield before, run
