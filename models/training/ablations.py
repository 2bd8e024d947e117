"""Ablations of the model card's table, one per row: `python -m models.train --ablation NAME`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from models.training.settings import TrainSettings
from models.vtm.config import VTMConfig

Change = Callable[[VTMConfig, TrainSettings], tuple[VTMConfig, TrainSettings]]


def _settings(**values: object) -> Change:
    return lambda config, settings: (config, replace(settings, **values))  # type: ignore[arg-type]


def _losses(**values: float) -> Change:
    return lambda config, settings: (config, replace(settings, losses=replace(settings.losses, **values)))


def _config(**values: object) -> Change:
    return lambda config, settings: (replace(config, **values), settings)  # type: ignore[arg-type]


def _randomisation(**parts: dict[str, object]) -> Change:
    """Return a change of the randomisation's parts: keypoints={"level": (1.0, 1.0)}."""

    def change(config: VTMConfig, settings: TrainSettings) -> tuple[VTMConfig, TrainSettings]:
        drawn = settings.randomisation
        changed = {name: replace(getattr(drawn, name), **values) for name, values in parts.items()}
        return config, replace(settings, randomisation=replace(drawn, **changed))

    return change


_SAME_PROPORTIONS: dict[str, object] = dict.fromkeys(
    ("arms", "upper_arm", "forearm", "shoulder_width", "hip_width", "thigh", "shank", "foot", "head", "any_bone"), 0.0
)

ABLATIONS: dict[str, Change] = {
    "no-alignment": _losses(alignment=0.0),
    "no-pretraining": _settings(autoencoder_share=0.0, autoencoder=""),
    "direct": _config(network="direct"),
    "no-pairs": _settings(pairs=""),
    "recorded-poses": _settings(variety=0.0),
    "last-frame-only": _settings(last_frame_only=True),
    "adamw": _settings(muon=False),
    "full-errors": _randomisation(
        keypoints={"level": (1.0, 1.0)},
        landmarks={"level": (1.0, 1.0), "depth_level": (1.0, 1.0)},
        recorded={"as_recorded": 1.0},
    ),
    "separate-errors": _randomisation(
        keypoints={"alike_head": 0.0, "alike_shoulders": 0.0, "alike_hips": 0.0, "alike_foot": 0.0},
        landmarks={"alike_head": 0.0, "alike_hand": 0.0, "alike_foot": 0.0, "alike_shoulders": 0.0},
    ),
    "whole-bodies": _randomisation(cut={"fraction": 0.0}),
    "same-proportions": _randomisation(people=_SAME_PROPORTIONS),
    "recorded-windows": _randomisation(changes={"fraction": 0.0}),
    "recorded-heads": _randomisation(poses={"head": 0.0}),
    "no-confidence": _config(confidence=False),
}
"""What each ablation removes: manifold alignment; stage 1; body parts and manifold; rendered people; pose variety; the
loss on every frame with a past; Muon; errors of varying size; errors shared by several points; cut views; varied body
proportions; other poses of recorded windows; independent head motion; the confidence of parts."""
