"""Parser of every command: wrong usage gives one line and exit code 2."""

from __future__ import annotations

import argparse
from typing import NoReturn, TypeAlias

from engine.errors import UsageError


class OneLineParser(argparse.ArgumentParser):
    """An argparse parser that reports errors in a single line with the next step."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"
