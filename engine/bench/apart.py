"""Measures the chain in a process of its own: with the memory of a live run, whatever was measured before."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from engine.bench.chain import Measured, Run, measure
from engine.config import Config
from engine.errors import ModelError


def measure_apart(config: Config, run: Run) -> Measured:
    """As `engine.bench.chain.measure`, in a new process. Raises what it raises, ModelError when the process dies."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measure, config, run).result()
        except BrokenProcessPool as error:
            raise ModelError("the process that is measured has died; run vtm --debug for the reason") from error
