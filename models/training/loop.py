"""The two stages: TPMAE alone, then TPVE jointly with it. Time-budgeted, checkpointed, resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import torch

from models.mocap.library import MotionLibrary
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.losses import (
    LossWeights,
    alignment_loss,
    frame_weights,
    last_frames,
    motion_losses,
    ratio_loss,
    total,
    truth_motion,
)
from models.training.pairs import PairSampler
from models.training.recorded import Recorded
from models.training.state import CheckpointError, Ema, Progress, read_checkpoint, save_checkpoint
from models.training.validate import autoencoder_error, guess_last, last_frame_errors, validation_windows
from models.vtm.config import VTMConfig
from models.vtm.vtm import VTM

Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One run. Minutes are of training; stage 1 gets `autoencoder_share` of them."""

    minutes: float = 60.0
    autoencoder_share: float = 0.15
    batch: int = 128
    learning_rate: float = 1.2e-3
    autoencoder_rate: float = 1.0  # of the learning rate, in stage 2; less, and TPMAE stays as pre-trained
    seed: int = 1
    variety: float = 1.0
    hide: float = 0.7  # how often keypoints and landmarks are missing altogether (models.synth.noise)
    ema_decay: float = 0.999
    report_every: int = 200
    pairs: str = ""  # folder of real pairs (models.training.pairs); none: virtual cameras alone
    pair_share: float = 0.35  # of each batch in stage 2
    aist: str = ""  # folder of AIST++ (models.aist); none: without it
    aist_share: float = 0.35  # of each batch in stage 2
    losses: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if not self.minutes > 0 or not 0 <= self.autoencoder_share < 1:
            raise ValueError(f"{self.minutes:g} minutes, {self.autoencoder_share:g} of them for stage 1; expected more")
        recorded = self.pair_share * bool(self.pairs) + self.aist_share * bool(self.aist)
        if not 0 <= recorded <= 1:
            raise ValueError(f"{recorded:g} of each batch are pairs and AIST++; expected at most 1")


class Trainer:
    """Holds a run: network, average, optimiser, progress. `run()` trains until the minutes are used up.

    `recorded`: sources beside the pairs of the settings. `validation`: windows to report on in place of the library's.
    """

    def __init__(
        self,
        config: VTMConfig,
        settings: TrainSettings,
        library: MotionLibrary,
        out: Path,
        *,
        recorded: Sequence[Recorded] = (),
        validation: WindowBatch | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.out = out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = VTM(config).to(self.device)
        self.ema = Ema(self.model, settings.ema_decay)
        self.progress = Progress()
        self.clips = len(library.names)
        self.optimizer = self._make_optimizer()
        sampler = MotionSampler(
            library, library.clips(validation=False).tolist(), rate_hz=config.rate_hz, variety=settings.variety
        )
        self._maker = WindowMaker(sampler, frames=config.window_frames, hide=settings.hide)
        self._recorded = list(recorded)
        if settings.pairs:
            pairs = PairSampler(Path(settings.pairs), frames=config.window_frames)
            self._recorded.insert(0, Recorded(pairs, settings.pair_share))
        self._validation = validation_windows(library, config, 768) if validation is None else validation

    def _make_optimizer(self) -> torch.optim.Optimizer:
        groups = [
            {"params": list(self.model.tpmae.parameters()), "rate": 1.0},
            {"params": list(self.model.tpve.parameters()), "rate": 1.0},
        ]
        return torch.optim.AdamW(groups, lr=self.settings.learning_rate, weight_decay=0.01, betas=(0.9, 0.98))

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same config. Raises CheckpointError when it is of another one."""
        data = read_checkpoint(path)
        if data["config"] != self.model.config:
            raise CheckpointError(f"{path}: trained with another config; pass the same options or another --out")
        self.model.load_state_dict(data["model"])
        self.ema.model.load_state_dict(data["ema"])
        self.ema.updates = data["ema_updates"]
        self.optimizer.load_state_dict(data["optimizer"])
        self.progress = data["progress"]

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        run: dict[str, Any] = {"settings": asdict(self.settings), "device": str(self.device)}
        save_checkpoint(path, self.model, self.ema, self.optimizer, self.progress, run)

    def run(self, report: Report) -> None:
        """Stage 1, then stage 2, until the minutes are used up; a checkpoint at every report."""
        budget_s = self.settings.minutes * 60
        split_s = budget_s * self.settings.autoencoder_share
        terms: dict[str, float] = {}
        begin = time.perf_counter()
        for batch in self._batches():
            if self.progress.stage == 1 and self.progress.seconds >= split_s:
                self._finish_stage_1()
            share = (
                self.progress.seconds / split_s
                if self.progress.stage == 1
                else (self.progress.seconds - split_s) / (budget_s - split_s)
            )
            if share >= 1:
                break
            terms = self._step(batch, share)
            self.progress.step += 1
            self.progress.windows += len(batch.keypoints)
            self.progress.seconds += time.perf_counter() - begin
            if self.progress.step % self.settings.report_every == 0:
                self._report(terms, report)
            begin = time.perf_counter()  # validation is not training
        if terms:  # none when a finished run is resumed
            self._report(terms, report)

    def _batches(self) -> Iterator[WindowBatch]:
        """Batches in order; the next one is drawn by another thread while this one is learnt from."""
        with ThreadPoolExecutor(1, thread_name_prefix="vtm-batches") as drawing:
            coming = drawing.submit(self._draw, self.progress.step, self.progress.stage)
            while True:
                windows = coming.result()
                coming = drawing.submit(self._draw, self.progress.step + 1, self.progress.stage)
                yield windows.to(self.device)

    def _draw(self, step: int, stage: int) -> WindowBatch:
        """The batch of a step; in stage 2 shares of it are recorded windows."""
        rng = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + step)
        counts = [int(self.settings.batch * recorded.share) * (stage == 2) for recorded in self._recorded]
        made = self.settings.batch - sum(counts)
        parts = [self._maker.make(made, rng)[0]] if made else []
        parts += [r.source.sample(count, rng) for r, count in zip(self._recorded, counts, strict=True) if count]
        return reduce(WindowBatch.joined, parts)

    def _finish_stage_1(self) -> None:
        """Carry the averaged auto-encoder into stage 2."""
        self.model.tpmae.load_state_dict(self.ema.model.tpmae.state_dict())
        self.save(self.out / "stage1.pt")
        self.progress.stage = 2
        self.optimizer = self._make_optimizer()

    def _set_rates(self, share: float) -> None:
        warm = min(1.0, share / 0.02 + 0.05)
        cosine = 0.5 * (1 + math.cos(math.pi * min(share, 1.0))) * 0.99 + 0.01
        for group, factor in zip(self.optimizer.param_groups, self._group_factors(), strict=True):
            group["lr"] = self.settings.learning_rate * warm * cosine * factor

    def _group_factors(self) -> tuple[float, float]:
        return (1.0, 0.0) if self.progress.stage == 1 else (self.settings.autoencoder_rate, 1.0)

    def _step(self, batch: WindowBatch, share: float) -> dict[str, float]:
        self._set_rates(share)
        self.model.train()
        terms = self._stage_1(batch) if self.progress.stage == 1 else self._stage_2(batch)
        loss = total(terms, self.settings.losses)
        if not torch.isfinite(loss):
            raise CheckpointError(
                f"the loss is {float(loss.detach())} at step {self.progress.step}; resume from {self.out}"
            )
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.ema.update(self.model)
        return {name: float(term.detach()) for name, term in terms.items()} | {"loss": float(loss.detach())}

    def _half(self) -> Any:
        """bfloat16 where it is fast: on a GPU, and on CPUs with the instructions for it."""
        fast = self.device.type == "cuda" or torch.backends.cpu.get_cpu_capability() == "AVX512"
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if fast else nullcontext()

    def _stage_1(self, batch: WindowBatch) -> dict[str, torch.Tensor]:
        truth = truth_motion(batch, self.model.config.rate_hz)
        with self._half():
            motion, _, _ = self.model.tpmae(truth)
        weights = torch.ones(truth.depth.shape[1], device=self.device)
        return motion_losses(_full(motion), truth, batch.joints, batch.bone_ratio, batch, weights)

    def _stage_2(self, batch: WindowBatch) -> dict[str, torch.Tensor]:
        config, truth = self.model.config, truth_motion(batch, self.model.config.rate_hz)
        small = batch.first(max(1, len(batch.keypoints) // 8))  # keeps the auto-encoder what it was
        with self._half():
            lifted = self.model(batch.keypoints, batch.evidence, batch.box)
            rebuilt, _, _ = self.model.tpmae(truth_motion(small, self.model.config.rate_hz))
            with torch.no_grad():
                z_upper, z_lower = self.model.tpmae.encode(truth)
        frames = config.decoded_frames
        terms = motion_losses(
            _full(lifted.motion),
            last_frames(truth, frames),
            batch.joints[:, -frames:],
            lifted.log_ratio.float().exp(),
            batch,
            frame_weights(frames, self.device),
        )
        terms["alignment"] = alignment_loss(lifted, z_upper, z_lower, config.decoded_tokens).float()
        terms["bone_ratio"] = ratio_loss(lifted.log_ratio.float(), batch.bone_ratio, batch.seen.float())
        own = motion_losses(
            _full(rebuilt),
            truth_motion(small, self.model.config.rate_hz),
            small.joints,
            small.bone_ratio,
            small,
            torch.ones(truth.depth.shape[1], device=self.device),
        )
        return {name: term + 0.25 * own[name] if name in own else term for name, term in terms.items()}

    def _report(self, terms: dict[str, float], report: Report) -> None:
        model = self.ema.model.cpu() if self.device.type == "cuda" else self.ema.model
        values: dict[str, float] = {
            "stage": self.progress.stage,
            "step": self.progress.step,
            "minutes": self.progress.seconds / 60,
            "windows": self.progress.windows,
            **terms,
            "ae_mm": autoencoder_error(model, self._validation),
        }
        if self.progress.stage == 2:
            values |= last_frame_errors(guess_last(model, self._validation), self._validation)
            alone = last_frame_errors(guess_last(model, self._validation, evidence=False), self._validation)
            values |= {f"alone_{name}": value for name, value in alone.items() if name.endswith("mpjpe_mm")}
        self.ema.model.to(self.device)
        self.progress.history.append(values)
        self.save(self.out / "last.pt")
        report(values)


def _full(motion: Any) -> Any:
    """The same motion in float32: losses are never taken in half precision."""
    return type(motion)(*(getattr(motion, name).float() for name in type(motion).__dataclass_fields__))
