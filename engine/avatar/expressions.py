"""Names of expressions: VRM 0.x and 1.0 call the same ones differently, and a model has some of them."""

from __future__ import annotations

from collections.abc import Iterable

_PAIRS = (
    ("Joy", "happy"),
    ("Angry", "angry"),
    ("Sorrow", "sad"),
    ("Fun", "relaxed"),
    ("Surprised", "surprised"),
    ("Neutral", "neutral"),
    ("A", "aa"),
    ("I", "ih"),
    ("U", "ou"),
    ("E", "ee"),
    ("O", "oh"),
    ("Blink", "blink"),
    ("Blink_L", "blinkLeft"),
    ("Blink_R", "blinkRight"),
    ("LookUp", "lookUp"),
    ("LookDown", "lookDown"),
    ("LookLeft", "lookLeft"),
    ("LookRight", "lookRight"),
)
"""Presets of VRM 0.x and what VRM 1.0 calls them (vrm-specification, expressions)."""


class ExpressionNames:
    """Finds the name that a model has for an expression."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the model's own names, Avatar.expressions."""
        own = tuple(names)
        self._exact = frozenset(own)
        self._by_name = {name.lower(): name for name in own}
        for pair in _PAIRS:
            for one, other in (pair, pair[::-1]):
                if other.lower() in self._by_name:
                    self._by_name.setdefault(one.lower(), self._by_name[other.lower()])

    def find(self, name: str) -> str | None:
        """Return the model's name for it, whatever the case; None when the model has no such expression."""
        return name if name in self._exact else self._by_name.get(name.lower())

    def only_known(self, values: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
        """Return (name, value) pairs by the model's names, each once; the first of two that mean the same."""
        found: dict[str, float] = {}
        for name, value in values:
            known = self.find(name)
            if known is not None:
                found.setdefault(known, value)
        return tuple(found.items())
