"""Training and evaluation windows of AIST++: dances as seen by the cameras that filmed them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.aist.cameras import VIEWS
from models.aist.library import AistLibrary
from models.aist.pickles import AistError
from models.aist.sequence import COCO, EVERY, MOTION_HZ
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import quaternion_to_matrix
from models.skeleton import NUM_JOINTS
from models.synth.windows import WindowBatch
from models.training.recorded import MIN_BEFORE, MIN_SEEN, as_windows, augmented
from models.training.recorded_rows import RecordedRows
from models.training.visual import fitted
from models.view import MIN_SCORE
from models.vtm.config import VTMConfig


class AistWindows:
    """Windows of selected dances and views. A window may begin before its dance; its frames there are blank.

    Raises AistError when there are no windows, or the model runs at another rate.
    """

    def __init__(
        self, library: AistLibrary, dances: NDArray[np.int64], views: Sequence[str], config: VTMConfig
    ) -> None:
        if config.rate_hz != MOTION_HZ / EVERY:
            raise AistError(f"a model at {config.rate_hz:g} Hz; expected {MOTION_HZ / EVERY:g} for AIST++")
        self._library = library
        self._tensors = {
            name: torch.from_numpy(getattr(library, name))
            for name in ("quaternions", "root", "contacts", "start", "start_2d", "rays", "scores")
        }
        self._ratio = torch.from_numpy(library.ratio)
        self._rotation = torch.from_numpy(library.rotation)
        self._translation = torch.from_numpy(library.translation)
        self._frames = config.window_frames
        self._backbone = config.backbone
        self._ends = self._find_ends(dances, [VIEWS.index(view) for view in views])
        if not len(self._ends):
            raise AistError(f"nobody is seen in {len(dances)} dances from {', '.join(views)}; are the files complete?")

    def _find_ends(self, dances: NDArray[np.int64], views: list[int]) -> Tensor:
        """Return dance, view and keypoint row (E, 3) of all frames where a window can end."""
        library = self._library
        found = []
        for dance in dances:
            first, count = int(library.start_2d[dance]), int(library.length_2d[dance])
            seen = (library.scores[first : first + count, views] > MIN_SCORE).sum(-1) >= MIN_SEEN  # (M, V)
            seen[:MIN_BEFORE] = False
            row, view = np.nonzero(seen & library.usable[dance, views])
            found.append(np.stack([np.full(len(row), dance), np.array(views)[view], row + first], axis=-1))
        return torch.from_numpy(np.concatenate(found) if found else np.zeros((0, 3), np.int64))

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self._ends)

    def sample(self, batch: int, rng: torch.Generator) -> WindowBatch:
        """Return `batch` training windows: mirrored, rolled and with dropped keypoints, at random."""
        window, inside = self._gather(self._ends[torch.randint(len(self._ends), (batch,), generator=rng)])
        return fitted(augmented(window, inside, rng), self._backbone)

    def fixed(self, count: int, seed: int = 7) -> tuple[WindowBatch, NDArray[np.int64]]:
        """Return `count` unmodified windows (all if there are fewer), always the same, and their dances (n,)."""
        order = torch.randperm(len(self._ends), generator=torch.Generator().manual_seed(seed))
        ends = self._ends[order[:count]]
        window, inside = self._gather(ends)
        scores = window.scores * inside[..., None]
        windows = as_windows(window, scores, torch.ones(len(ends)))
        return fitted(windows, self._backbone), ends[:, 0].numpy()

    def _gather(self, ends: Tensor) -> tuple[RecordedRows, Tensor]:
        """Return the rows (B, T) of windows with these ends (B, 3), and (B, T) bool: the dance has begun."""
        dance, view, end = ends.unbind(-1)
        t = self._tensors
        first = t["start_2d"][dance][:, None]
        row = end[:, None] - torch.arange(self._frames - 1, -1, -1)  # (B, T)
        inside = row >= first
        row = torch.maximum(row, first)
        at = t["start"][dance][:, None] + (row - first) * EVERY
        R = self._rotation[dance, view][:, None]  # (B, 1, 3, 3)
        local = torch.as_tensor(quaternion_to_matrix(t["quaternions"][at]))
        ratio = self._ratio[dance][:, None].expand(*row.shape, NUM_JOINTS)
        joints, _ = forward_kinematics(local, ratio_offsets(ratio), t["root"][at])
        missing = NUM_KEYPOINTS - COCO  # the feet
        rays = torch.nn.functional.pad(t["rays"][row, view[:, None]], (0, 0, 0, missing))
        scores = torch.nn.functional.pad(t["scores"][row, view[:, None]], (0, missing))
        window = RecordedRows(
            rays=rays,
            scores=scores,
            evidence=torch.zeros(*row.shape, NUM_EVIDENCE, 4),
            rotations=torch.cat([(R @ local[:, :, 0])[:, :, None], local[:, :, 1:]], dim=2),
            joints=joints @ R.mT + self._translation[dance, view][:, None, None],
            up=R[..., 1].expand(*row.shape, 3),
            ratio=ratio,
            contacts=t["contacts"][at],
            contact_valid=torch.ones(row.shape, dtype=torch.bool),
        )
        return window, inside
