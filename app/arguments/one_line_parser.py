"""The parser of every command: wrong usage is one line, exit code 2."""

from __future__ import annotations

import argparse
from typing import NoReturn, TypeAlias

from engine.errors import UsageError


class OneLineParser(argparse.ArgumentParser):
    """argparse whose errors are a single line with the next step in it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"
