"""Names of expressions, which differ between VRM 0.x and 1.0 and between models."""

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
"""Presets of VRM 0.x and their names in VRM 1.0 (vrm-specification, expressions)."""


class ExpressionNames:
    """Finds a model's name for an expression."""

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
        """Return the model's name for it, ignoring case; None when the model has no such expression."""
        return name if name in self._exact else self._by_name.get(name.lower())

    def only_known(self, values: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
        """Return (name, value) pairs by the model's names, each once; of two synonyms the first."""
        found: dict[str, float] = {}
        for name, value in values:
            known = self.find(name)
            if known is not None:
                found.setdefault(known, value)
        return tuple(found.items())
