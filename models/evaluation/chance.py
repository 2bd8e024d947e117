"""Effect of chance on a table by view: with few clips per view, some view looks bad without any reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.predict import F64
from models.evaluation.viewpoints import FEWEST

_DRAWS = 1000
_SEED = 20261


def worst_over_best_by_chance(
    error: F64, clip: NDArray[np.int64], views: Sequence[int], motions: Sequence[str]
) -> dict[str, float] | None:
    """Return the worst-over-best ratio for random permutations of each motion's clips among the views.

    error    (N,) of each frame; clip (N,) index of its clip among C
    views    (C,) and motions (C,) of the clips; motions with one clip are exchanged with each other
    returns  mean: average ratio for a method that is equally good from everywhere;
             share: fraction of permutations with at least the true views' ratio; None for a single view; those with too
             few frames for a mean are not counted
    """
    known = np.bincount(clip, minlength=len(views)) > 0
    sums = np.bincount(clip, error, len(views))[known].astype(np.float64)
    frames = np.bincount(clip, minlength=len(views))[known].astype(np.float64)
    _, view = np.unique(np.asarray(views)[known], return_inverse=True)
    _, motion, clips = np.unique(np.asarray(motions)[known], return_inverse=True, return_counts=True)
    motion[clips[motion] == 1] = -1
    if (np.bincount(view, frames) >= FEWEST).sum() < 2:
        return None
    rng = np.random.default_rng(_SEED)
    seen = _ratio(sums, frames, view)
    drawn = np.array([_ratio(sums, frames, _exchanged(view, motion, rng)) for _ in range(_DRAWS)])
    return {"mean": round(float(drawn.mean()), 3), "share": round(float((drawn >= seen - 1e-9).mean()), 3)}


def _ratio(sums: F64, frames: F64, view: NDArray[np.int64]) -> float:
    """Return the largest divided by the smallest mean of a view; views with too few frames are skipped (none left:
    1)."""
    of_view = np.bincount(view, frames)
    enough = of_view >= FEWEST
    if not enough.any():
        return 1.0
    means = np.bincount(view, sums)[enough] / of_view[enough]
    return float(means.max() / max(means.min(), 1e-9))


def _exchanged(view: NDArray[np.int64], motion: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the views (C,), shuffled among the clips of each motion."""
    shuffled = np.lexsort((rng.random(len(view)), motion))
    result = np.empty_like(view)
    result[np.argsort(motion, kind="stable")] = view[shuffled]
    return result
