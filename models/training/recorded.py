"""Windows of recorded people: a detector's results in each frame, with the truth; mirrored, rolled, with dropouts.

The renderer's pairs (models.training.pairs) and AIST++ (models.aist) are both converted to such rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS, NUM_KEYPOINTS
from models.rotations import axis_angle_to_matrix, matrix_to_rotation_6d
from models.skeleton import MIRROR_JOINTS
from models.synth.noise import dropped
from models.synth.randomisation import RecordedChanges, RecordedErrors
from models.synth.windows import WindowBatch
from models.training.recorded_errors import with_smaller_errors
from models.training.recorded_rows import RecordedRows
from models.training.reposed import reposed
from models.training.visual import turned_evidence
from models.view import MIN_SCORE, person_view
from models.vtm.backbones import is_map
from models.vtm.mirror import mirrored_evidence

_FLIP = torch.tensor([-1.0, 1.0, 1.0])
_HEIGHT_M = 1.7
_HAND_OF = [KEYPOINT[name.split("_")[0] + "_wrist"] for name in EVIDENCE_NAMES[NUM_KEYPOINTS:]]
_KEYPOINT_OF = [*range(NUM_KEYPOINTS), *_HAND_OF]
MAX_TURN_RAD = 0.4
MIN_SEEN = 6
"""Minimum number of keypoints in the last frame of a window."""
MIN_BEFORE = 8
"""Minimum number of the clip's frames before the last one of a window; frames before the clip are blank."""


class WindowSource(Protocol):
    """A source of windows of recorded people."""

    def sample(self, batch: int, rng: torch.Generator) -> WindowBatch:
        """Return `batch` windows; all randomness comes from `rng`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A source of windows with its fraction of each batch in stage 2."""

    source: WindowSource
    share: float


class RecordedSampler:
    """Sampler of windows of `frames` frames from clips. Frames of a window before its clip are blank."""

    def __init__(
        self,
        rows: Sequence[RecordedRows],
        *,
        frames: int,
        errors: RecordedErrors | None = None,
        changes: RecordedChanges | None = None,
    ) -> None:
        self._errors = errors
        self._changes = changes
        self._rows = RecordedRows(*(torch.cat([getattr(r, f.name) for r in rows]) for f in fields(RecordedRows)))
        lengths = torch.tensor([len(row.rays) for row in rows])
        begin = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
        self._begin_of = begin.repeat_interleave(lengths)  # (F,) first row of each row's clip
        self._frames = frames
        seen = (self._rows.scores > MIN_SCORE).sum(-1) >= MIN_SEEN
        self._ends = torch.nonzero(seen & (torch.arange(len(seen)) - self._begin_of >= MIN_BEFORE))[:, 0]

    def __len__(self) -> int:
        """Return the number of frames a window can end at."""
        return len(self._ends)

    def sample(self, batch: int, rng: torch.Generator) -> WindowBatch:
        """Return `batch` windows, randomly mirrored, rolled in the picture and with dropped keypoints."""
        window, inside = self._windows(batch, rng)
        if self._errors is not None and not is_map(window.evidence):
            window = with_smaller_errors(window, rng, self._errors)
        if self._changes is not None and not is_map(window.evidence):
            window = reposed(window, rng, self._changes)
        return augmented(window, inside, rng)

    def ends(self, step: int) -> Tensor:
        """Return the rows of the last frames of the windows of `every(step)`."""
        return self._ends[::step]

    def every(self, step: int) -> WindowBatch:
        """Return the windows ending at every `step`-th possible frame, as recorded."""
        window, inside = self._ending_at(self.ends(step))
        return as_windows(window, window.scores * inside[..., None], torch.ones(len(inside)))

    def plain(self, batch: int, rng: torch.Generator) -> WindowBatch:
        """Return `batch` windows as recorded."""
        window, inside = self._windows(batch, rng)
        return as_windows(window, window.scores * inside[..., None], torch.ones(batch))

    def _windows(self, batch: int, rng: torch.Generator) -> tuple[RecordedRows, Tensor]:
        """Return random windows, and (B, T) bool: False before the start of the clip."""
        return self._ending_at(self._ends[torch.randint(len(self._ends), (batch,), generator=rng)])

    def _ending_at(self, end: Tensor) -> tuple[RecordedRows, Tensor]:
        """Return the windows that end at these rows."""
        index = end[:, None] - torch.arange(self._frames - 1, -1, -1)
        inside = index >= self._begin_of[end][:, None]
        index = torch.maximum(index, self._begin_of[end][:, None])
        return RecordedRows(*(getattr(self._rows, f.name)[index] for f in fields(RecordedRows))), inside


def augmented(window: RecordedRows, inside: Tensor, rng: torch.Generator) -> WindowBatch:
    """Convert (B, T) rows to training windows: mirrored, rolled, with dropped keypoints and another focal length.
    Windows with feature maps are not rolled (models.training.visual).

    inside  (B, T) bool: False before the start of the clip.
    """
    batch = len(window.rays)
    window = _mirrored(window, torch.rand(batch, generator=rng) < 0.5)
    most = 0.0 if is_map(window.evidence) else MAX_TURN_RAD
    window = _turned(window, (torch.rand(batch, generator=rng) * 2 - 1) * most)
    some = torch.rand(batch, generator=rng)[:, None, None] < 0.5
    scores = torch.where(some, dropped(window.scores, rng, 0.7), window.scores) * inside[..., None]
    zoom = torch.exp(torch.randn(batch, generator=rng) * 0.12)
    return as_windows(window, scores, zoom)


def _mirrored(w: RecordedRows, flip: Tensor) -> RecordedRows:
    """Mirror the picture where `flip`: left and right exchanged, x -> -x."""

    def pick(mirrored: Tensor, original: Tensor) -> Tensor:
        return torch.where(flip.view(-1, *[1] * (original.ndim - 1)), mirrored, original)

    joints = list(MIRROR_JOINTS)
    # mirroring the camera's x also mirrors the body's own x
    rotations = w.rotations[:, :, joints] * _FLIP[:, None] * _FLIP
    return RecordedRows(
        rays=pick(w.rays[:, :, list(MIRROR_KEYPOINTS)] * _FLIP[:2], w.rays),
        scores=pick(w.scores[:, :, list(MIRROR_KEYPOINTS)], w.scores),
        evidence=pick(mirrored_evidence(w.evidence), w.evidence),
        rotations=pick(rotations, w.rotations),
        joints=pick(w.joints[:, :, joints] * _FLIP, w.joints),
        up=pick(w.up * _FLIP, w.up),
        ratio=w.ratio,
        contacts=pick(w.contacts.flip(-1), w.contacts),
        contact_valid=w.contact_valid,
    )


def _turned(w: RecordedRows, angle: Tensor) -> RecordedRows:
    """Roll the camera about its axis."""
    zero = torch.zeros_like(angle)
    turn = axis_angle_to_matrix(torch.stack([zero, zero, angle], dim=-1))[:, None]  # (B, 1, 3, 3)
    rotations = w.rotations.clone()
    rotations[:, :, 0] = turn @ rotations[:, :, 0]
    return RecordedRows(
        rays=w.rays @ turn[:, :, :2, :2].mT,
        scores=w.scores,
        evidence=turned_evidence(w.evidence, turn),
        rotations=rotations,
        joints=w.joints @ turn.mT,
        up=(w.up[:, :, None] @ turn.mT)[:, :, 0],
        ratio=w.ratio,
        contacts=w.contacts,
        contact_valid=w.contact_valid,
    )


def as_windows(w: RecordedRows, scores: Tensor, zoom: Tensor) -> WindowBatch:
    """Convert to the person's view, as models.synth.windows does.

    scores  (B, T, 23), the window's or a subset
    zoom    (B,) factor on the rays: the error of the guessed focal length
    """
    view, keypoints = person_view(w.rays * zoom[:, None, None, None], scores)
    to_view = view.rotation.mT
    evidence = w.evidence.float()
    present = evidence[..., -1:] * ((scores > MIN_SCORE).sum(-1) >= 4)[..., None, None]
    hips = to_view[:, None] @ w.rotations[:, :, 0]
    local = torch.cat([hips[:, :, None], w.rotations[:, :, 1:]], dim=2)
    root = w.joints[:, :, 0]
    root = torch.cat([root[..., :2], root[..., 2:] / zoom[:, None, None]], dim=-1) @ to_view.mT
    depth = root[..., 2].clamp(min=0.1)
    size = view.size[:, None]
    return WindowBatch(
        keypoints=keypoints,
        evidence=torch.cat([evidence[..., :-1] * present, present], dim=-1),
        box=view.box,
        rotations_6d=matrix_to_rotation_6d(local),
        root_depth=torch.log(depth * size),
        root_place=(root[..., :2] / depth[..., None] / size[..., None]).clamp(-6, 6),
        bone_ratio=w.ratio[:, -1],
        joints=(w.joints - w.joints[:, :, :1]) @ to_view[:, None].mT,
        up=(to_view @ w.up[:, -1, :, None])[..., 0],
        contacts=w.contacts,
        contact_valid=w.contact_valid[:, -1],
        seen=((scores > MIN_SCORE).sum(-1) >= 4)[:, -3:].any(-1),
    )
