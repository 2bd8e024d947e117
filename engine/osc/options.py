"""Parse a target's options, the part of its URL after the ?, one by one; unread options are unknown."""

from __future__ import annotations

from collections.abc import Collection


class Options:
    """Options by name. Every reader removes its option; ValueError says in one line what is allowed."""

    def __init__(self, pairs: Collection[tuple[str, str]]) -> None:
        """Raises ValueError for a repeated option."""
        self._left = dict(pairs)
        self._known: list[str] = []
        if len(self._left) != len(pairs):
            raise ValueError("an option is given twice")

    def text(self, name: str, default: str) -> str:
        """Any text."""
        self._known.append(name)
        return self._left.pop(name, default)

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """Read one of the words."""
        value = self.text(name, default)
        if value not in allowed:
            raise ValueError(f"{name}={value} is not one of {', '.join(allowed)}")
        return value

    def several(self, name: str, allowed: Collection[str], default: Collection[str]) -> frozenset[str]:
        """Read some of the words, separated by commas; an empty value is none."""
        words = frozenset(filter(None, self.text(name, ",".join(default)).split(",")))
        wrong = sorted(words - set(allowed))
        if wrong:
            raise ValueError(f"{name}={wrong[0]} is not one of {', '.join(allowed)}")
        return words

    def flag(self, name: str, default: bool) -> bool:
        """0 or 1."""
        return self.choice(name, ("0", "1"), str(int(default))) == "1"

    def number(self, name: str, lowest: float, highest: float, default: float) -> float:
        """Read a number in a range."""
        value = self.text(name, repr(default))
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not lowest <= number <= highest:
            raise ValueError(f"{name}={value} is not a number from {lowest:g} to {highest:g}")
        return number

    def end(self) -> None:
        """Raise ValueError if there is an unknown option left."""
        if self._left:
            raise ValueError(f"unknown option {next(iter(self._left))!r}; known are {', '.join(sorted(self._known))}")
