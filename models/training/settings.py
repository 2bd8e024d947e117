"""Settings of a training run, stored in its checkpoints and beside the exported weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.synth.randomisation import Randomisation
from models.training.losses import LossWeights


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """A run of `minutes` of training or, if given, of `steps`, which is reproducible.

    Stage 1 gets the fraction `autoencoder_share`, or none if `autoencoder` names a checkpoint that has completed it.
    """

    minutes: float = 60.0
    steps: int = 0
    autoencoder_share: float = 0.08
    autoencoder: str = ""
    batch: int = 128
    learning_rate: float = 1.2e-3
    muon: bool = True  # Muon for the matrices (models.training.optimizer); False: AdamW for everything
    autoencoder_rate: float = 0.5  # factor on TPMAE's learning rate in stage 2; a small one keeps it close to stage 1
    seed: int = 1
    variety: float = 1.0
    hide: float = 0.7  # frequency of missing keypoints (models.synth.noise)
    blind: float = 0.33  # fraction of stage 2's windows without image evidence
    ema_decay: float = 0.999
    report_every: int = 200
    pairs: str = ""  # folder of real pairs (models.training.pairs); empty: virtual cameras only
    pair_share: float = 0.35  # fraction of each batch in stage 2
    aist: str = ""  # folder of AIST++ (models.aist); empty: without it
    aist_share: float = 0.35  # fraction of each batch in stage 2
    start: str = ""  # weights to continue from: a checkpoint, or an exported .onnx, with new motion encoders
    cooldown: float = 0.0  # final fraction of the run in which the rate decays to zero; 0: cosine over all of stage 2
    randomisation: Randomisation = field(default_factory=Randomisation)
    last_frame_only: bool = False  # ablation: no loss on the window's earlier frames
    losses: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if not self.minutes > 0 or not 0 <= self.autoencoder_share < 1:
            raise ValueError(
                f"{self.minutes:g} minutes, {self.autoencoder_share:g} of them for stage 1;"
                " expected above 0 minutes, and 0 to below 1"
            )
        recorded = self.pair_share * bool(self.pairs) + self.aist_share * bool(self.aist)
        if not 0 <= recorded <= 1:
            raise ValueError(f"pairs and AIST++ make up {recorded:g} of each batch; expected at most 1")
        if not 0 <= self.cooldown < 1:
            raise ValueError(f"cooldown is {self.cooldown:g} of the run; expected 0 to below 1")
        if not 0 <= self.blind <= 1:
            raise ValueError(f"windows without image evidence: {self.blind:g} of all; expected 0 to 1")

    @property
    def first_stage(self) -> float:
        """Fraction of the run for stage 1."""
        trained = bool(self.autoencoder) or self.start.endswith(".pt")
        return 0.0 if trained else self.autoencoder_share
