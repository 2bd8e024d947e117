"""Datagrams as lines of JSON, fast: the datagrams of a stream share a few layouts, and only numbers are formatted.

A float is printed with nine digits, which are enough to restore the same float32.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from engine.osc.packing import OscMessage, number_places
from engine.osc.reading import ReadMessage, read_packet

_MOST_LAYOUTS = 64
_WORD = 4
_float_text = "%.9g".__mod__


def log_line(time_s: float, datagram: bytes) -> str:
    """Return a datagram as a line of JSON."""
    messages = [
        {"address": message.address, "types": message.tags, "arguments": message.values}
        for message in read_packet(datagram)
    ]
    return json.dumps({"time": round(time_s, 6), "bundle": datagram.startswith(b"#"), "messages": messages})


class LogLines:
    """Formats datagrams; caches their layouts. One thread."""

    def __init__(self) -> None:
        self._layouts: dict[int, list[_Layout]] = {}  # by length
        self._known = 0

    def line(self, time_s: float, datagram: bytes) -> str:
        """Return the same entry as `log_line`. Raises OscFormatError for an invalid OSC packet."""
        words = np.frombuffer(datagram, ">i4") if len(datagram) % _WORD == 0 else np.empty(0, ">i4")
        for layout in self._layouts.get(len(words), ()):
            if (text := layout.line(time_s, words)) is not None:
                return text
        new = _layout_of(datagram, words) if self._known < _MOST_LAYOUTS else None
        if new is not None:
            self._layouts.setdefault(len(words), []).append(new)
            self._known += 1
        return log_line(time_s, datagram)


class _Layout:
    """Positions of a datagram's numbers, and the line around them."""

    def __init__(self, template: str, words: NDArray[np.int32], floats: Sequence[int], ints: Sequence[int]) -> None:
        """`floats`, `ints`: words with numbers; all others equal `words` in every datagram of this layout."""
        self._template = template
        self._floats, self._ints = np.array(floats, np.intp), np.array(ints, np.intp)
        self._rest = np.setdiff1d(np.arange(len(words)), np.concatenate([self._floats, self._ints]))
        self._fixed = words[self._rest].copy()
        places = [*floats, *ints]
        order = sorted(range(len(places)), key=places.__getitem__)
        self._in_order = itemgetter(*order) if len(order) > 1 else tuple

    def line(self, time_s: float, words: NDArray[np.int32]) -> str | None:
        """Return the line; None: the words have another layout, or a number that JSON cannot represent."""
        if not np.array_equal(words[self._rest], self._fixed):
            return None
        floats = words[self._floats].view(">f4").astype(np.float64)
        if not np.isfinite(floats).all():
            return None
        texts = list(map(_float_text, floats.tolist()))
        for at in np.flatnonzero((floats == 0.0) & np.signbit(floats)):
            texts[at] = "-0.0"  # an integer -0 would be read as 0
        texts += map(str, words[self._ints].tolist())
        return self._template % (round(time_s, 6), *self._in_order(texts))


def _layout_of(datagram: bytes, words: NDArray[np.int32]) -> _Layout | None:
    """Return the layout; None: not built like our own packets, so nothing is known about similar ones."""
    bundled = datagram.startswith(b"#")
    read = read_packet(datagram)
    try:
        messages = [OscMessage(each.address, each.tags, _strings(each)) for each in read]
    except ValueError:
        return None
    template, floats, ints = number_places(messages, bundled=bundled)
    numbers = [at // _WORD for at in (*floats, *ints)]
    built = np.frombuffer(template, ">i4")
    if len(built) != len(words) or not np.array_equal(np.delete(built, numbers), np.delete(words, numbers)):
        return None
    entries = ", ".join(_entry_template(message) for message in read)
    text = f'{{"time": %r, "bundle": {json.dumps(bundled)}, "messages": [{entries}]}}'
    return _Layout(text, words, [at // _WORD for at in floats], [at // _WORD for at in ints])


def _strings(message: ReadMessage) -> tuple[str, ...]:
    return tuple(str(value) for tag, value in zip(message.tags, message.values, strict=True) if tag == "s")


def _entry_template(message: ReadMessage) -> str:
    """Return a message's JSON with %s for each number."""
    arguments = ", ".join(
        _escaped(value) if tag == "s" else "%s" for tag, value in zip(message.tags, message.values, strict=True)
    )
    head = f'{{"address": {_escaped(message.address)}, "types": {_escaped(message.tags)}'
    return f'{head}, "arguments": [{arguments}]}}'


def _escaped(value: object) -> str:
    """Return JSON text escaped for a % template."""
    return json.dumps(value).replace("%", "%%")
