"""The solver: VTM's camera-frame answer becomes an upright, steady, metric person standing on the floor."""

from engine.solver.solver import Solver

__all__ = ["Solver"]
