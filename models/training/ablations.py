"""What the ablation table of the model card leaves out, one choice a row: `python -m models.train --ablation NAME`."""

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


ABLATIONS: dict[str, Change] = {
    "no-alignment": _losses(alignment=0.0),
    "no-pretraining": _settings(autoencoder_share=0.0, autoencoder=""),
    "direct": _config(network="direct"),
    "no-pairs": _settings(pairs=""),
    "recorded-poses": _settings(variety=0.0),
    "last-frame-only": _settings(last_frame_only=True),
    "adamw": _settings(muon=False),
}
"""manifold alignment; stage 1; parts and manifold altogether; rendered people; pose variety; the loss on every frame
that has a past; Muon."""
