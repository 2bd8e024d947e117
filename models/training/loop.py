"""Both training stages: TPMAE alone, then TPVE jointly with it. With a time budget, checkpoints and resuming."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict
from functools import reduce
from pathlib import Path
from typing import Any

import torch

from models.mocap.library import MotionLibrary
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.losses import (
    alignment_loss,
    frame_weights,
    motion_losses,
    ratio_loss,
    total,
    truth_motion,
)
from models.training.optimizer import Optimizer
from models.training.pairs import PairSampler
from models.training.recorded import Recorded
from models.training.settings import TrainSettings
from models.training.start import load_start, runs_before, trained_autoencoder
from models.training.state import CheckpointError, Ema, Progress, read_checkpoint, save_checkpoint
from models.training.team import ALONE, Team
from models.training.validate import autoencoder_error, cut_errors, guess_last, last_frame_errors, validation_windows
from models.training.visual import fitted
from models.vtm.config import VTMConfig
from models.vtm.direct import make_network
from models.vtm.vtm import VTM, Lifted

Report = Callable[[dict[str, float]], None]


class Trainer:
    """A training run: network, averaged weights, optimiser, progress. `run()` trains until the time is used up.

    recorded    sources in addition to the pairs of the settings
    validation  windows to report on instead of the library's
    team        processes that train together; only the leading one reports and saves
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
        team: Team = ALONE,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.team = team
        self.out = out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = make_network(config).to(self.device)
        self.ema = Ema(self.model, settings.ema_decay)
        self.progress = Progress(stage=1 if settings.first_stage and isinstance(self.model, VTM) else 2)
        if settings.autoencoder and isinstance(self.model, VTM):
            self.model.tpmae.load_state_dict(trained_autoencoder(Path(settings.autoencoder), config))
            self.ema = Ema(self.model, settings.ema_decay)
        if settings.start:
            load_start(self.model, Path(settings.start))
            self.ema = Ema(self.model, settings.ema_decay)
        self._hold_decoders(self.progress.stage == 1)
        self.clips = len(library.names)
        self.optimizer = Optimizer(self.model, muon=settings.muon)
        sampler = MotionSampler(
            library,
            library.clips(validation=False).tolist(),
            rate_hz=config.rate_hz,
            variety=settings.variety,
            poses=settings.randomisation.poses,
        )
        self._maker = WindowMaker(
            sampler, frames=config.window_frames, hide=settings.hide, randomisation=settings.randomisation
        )
        self._backbone_mark = ""  # identifies the backbone's weights; export requires the same
        self._earlier: list[dict[str, Any]] = []  # runs that produced the weights this one started from
        self._recorded = list(recorded)
        if settings.pairs:
            drawn = settings.randomisation
            pairs = PairSampler(
                Path(settings.pairs),
                frames=config.window_frames,
                backbone=config.backbone,
                errors=drawn.recorded,
                changes=drawn.changes,
            )
            self._backbone_mark = pairs.mark
            self._recorded.insert(0, Recorded(pairs, settings.pair_share))
        windows = validation_windows(library, config, 768) if validation is None else validation
        self._validation = fitted(windows, config.backbone)
        cut = validation_windows(library, config, 512, cut=1.0) if validation is None else None
        self._cut = None if cut is None else fitted(cut, config.backbone)

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same config. Raises CheckpointError for another one."""
        data = read_checkpoint(path)
        if data["config"] != self.model.config:
            raise CheckpointError(f"{path}: trained with another config; pass the same options or another --out")
        if "model" not in data:
            raise CheckpointError(f"{path}: only averaged weights; continue with --start-from, not with --resume")
        self.model.load_state_dict(data["model"])
        self.ema.model.load_state_dict(data["ema"])
        self.ema.updates = data["ema_updates"]
        try:
            self.optimizer.load_state_dict(data["optimizer"])
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path}: {error}; pass the same options or another --out") from error
        self.progress = data["progress"]
        self._hold_decoders(self.progress.stage == 1)
        self._earlier = runs_before(data, self._run())

    def save(self, path: Path) -> None:
        """Write a checkpoint, if this process leads."""
        if not self.team.leads:
            return
        run = self._run() | {"earlier": self._earlier}
        save_checkpoint(path, self.model, self.ema, self.optimizer, self.progress, run)

    def _run(self) -> dict[str, Any]:
        """Return the settings of this run, stored in its checkpoints and beside the exported weights."""
        run = {"settings": asdict(self.settings), "device": str(self.device), "processes": self.team.size}
        return run | ({"backbone_weights": self._backbone_mark} if self._backbone_mark else {})

    def run(self, report: Report) -> None:
        """Train stage 1, then stage 2, until the time is used up. Saves a checkpoint with every report."""
        terms: dict[str, float] = {}
        begin = time.perf_counter()
        for batch in self._batches():
            share = self._share()
            if self.progress.stage == 1 and share >= 1:
                self._finish_stage_1()
                share = self._share()
            if share >= 1:
                break
            terms = self._step(batch, share)
            self.progress.step += 1
            self.progress.windows += self.settings.batch
            self.progress.seconds += self.team.lead(time.perf_counter() - begin)
            if self.progress.step % self.settings.report_every == 0:
                self._report(terms, report)
            begin = time.perf_counter()  # validation does not count as training
        if terms:  # empty when a finished run is resumed
            self._report(terms, report)

    def _share(self) -> float:
        """Return the finished fraction of the current stage."""
        settings, first = self.settings, self.settings.first_stage if isinstance(self.model, VTM) else 0.0
        done = (
            self.progress.step / settings.steps if settings.steps else self.progress.seconds / (settings.minutes * 60)
        )
        return done / first if self.progress.stage == 1 else (done - first) / (1 - first)

    def _batches(self) -> Iterator[WindowBatch]:
        """Yield batches in order, while another thread prepares the next one."""
        with ThreadPoolExecutor(1, "vtm-batches", torch.set_num_threads, (1,)) as drawing:
            coming = drawing.submit(self._draw, self.progress.step, self.progress.stage)
            while True:
                windows = coming.result()
                coming = drawing.submit(self._draw, self.progress.step + 1, self.progress.stage)
                yield windows.to(self.device)

    def _draw(self, step: int, stage: int) -> WindowBatch:
        """Return this process's part of a step's batch; in stage 2 it includes recorded windows."""
        rng = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + self.team.seed(step))
        batch = self.team.share(self.settings.batch)
        counts = [int(batch * recorded.share) * (stage == 2) for recorded in self._recorded]
        made = batch - sum(counts)
        parts = [self._maker.make(made, rng)[0]] if made else []
        parts += [r.source.sample(count, rng) for r, count in zip(self._recorded, counts, strict=True) if count]
        windows = reduce(WindowBatch.joined, (fitted(part, self.model.config.backbone) for part in parts))
        return windows.without_evidence(torch.rand(batch, generator=rng) < self.settings.blind)

    def _finish_stage_1(self) -> None:
        """Copy the averaged auto-encoder to stage 2."""
        assert isinstance(self.model, VTM)
        assert isinstance(self.ema.model, VTM)
        self.model.tpmae.load_state_dict(self.ema.model.tpmae.state_dict())
        self.progress.stage = 2
        self._hold_decoders(False)
        self.ema = Ema(self.model, self.settings.ema_decay)  # stage 1's average of TPVE is noise
        self.optimizer = Optimizer(self.model, muon=self.settings.muon)
        self.save(self.out / "stage1.pt")

    def _hold_decoders(self, held: bool) -> None:
        """Freeze TPMAE's decoders while motion encoders are trained for weights that came without them."""
        if isinstance(self.model, VTM) and self.settings.start:
            for name, weight in self.model.tpmae.named_parameters():
                weight.requires_grad_(not held or name.startswith("motion_encoder"))

    def _set_rates(self, share: float) -> None:
        warm = min(1.0, share / 0.02 + 0.05)
        cooldown = self.settings.cooldown
        if cooldown:
            falling = min(1.0, (1 - share) / cooldown) * 0.99 + 0.01
        else:
            falling = 0.5 * (1 + math.cos(math.pi * min(share, 1.0))) * 0.99 + 0.01
        rate = self.settings.learning_rate * warm * falling
        own = 1.0 if self.progress.stage == 1 else self.settings.autoencoder_rate
        self.optimizer.set_rates(rate * own, rate * (self.progress.stage == 2))

    def _step(self, batch: WindowBatch, share: float) -> dict[str, float]:
        self._set_rates(share)
        self.model.train()
        terms = self._rebuilt(batch) if self.progress.stage == 1 else self._stage_2(batch)
        loss = total(terms, self.settings.losses)
        if self.team.sum(float(not torch.isfinite(loss))):  # the same in all processes, so that none waits
            raise CheckpointError(
                f"the loss is {float(loss.detach())} at step {self.progress.step}; resume from {self.out}"
            )
        self.optimizer.step(loss, self.team)
        self.ema.update(self.model)
        return {name: float(term.detach()) for name, term in terms.items()} | {"loss": float(loss.detach())}

    def _half(self) -> Any:
        """Return bfloat16 where it is fast: on a GPU, and on CPUs with instructions for it."""
        fast = self.device.type == "cuda" or torch.backends.cpu.get_cpu_capability() == "AVX512"
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if fast else nullcontext()

    def _stage_2(self, batch: WindowBatch) -> dict[str, torch.Tensor]:
        config, truth = self.model.config, truth_motion(batch, self.model.config.rate_hz)
        with self._half():
            lifted = self.model(batch.keypoints, batch.evidence, batch.box)
        weights = frame_weights(config.window_frames, config.stride, self.device)
        if self.settings.last_frame_only:
            weights = torch.zeros_like(weights)
            weights[-1] = config.window_frames
        ratio = lifted.log_ratio.float().exp()
        spread = None if lifted.log_spread is None else lifted.log_spread.float()
        terms = motion_losses(_full(lifted.motion), truth, batch.joints, ratio, batch, weights, spread)
        terms["bone_ratio"] = ratio_loss(lifted.log_ratio.float(), batch.bone_ratio, batch.seen.float())
        return self._with_manifold(terms, lifted, batch) if isinstance(self.model, VTM) else terms

    def _with_manifold(
        self, terms: dict[str, torch.Tensor], lifted: Lifted, batch: WindowBatch
    ) -> dict[str, torch.Tensor]:
        """Add alignment, and the auto-encoder's own losses on a part of the batch to preserve it."""
        assert isinstance(self.model, VTM)
        with self._half(), torch.no_grad():
            z_upper, z_lower = self.model.tpmae.encode(truth_motion(batch, self.model.config.rate_hz))
        terms["alignment"] = alignment_loss(lifted, z_upper, z_lower).float()
        own = self._rebuilt(batch.first(max(1, len(batch.keypoints) // 8)))
        return {name: term + 0.25 * own[name] if name in own else term for name, term in terms.items()}

    def _rebuilt(self, batch: WindowBatch) -> dict[str, torch.Tensor]:
        """Return TPMAE's reconstruction losses, on the person's own proportions."""
        assert isinstance(self.model, VTM)
        truth = truth_motion(batch, self.model.config.rate_hz)
        with self._half():
            motion, _, _ = self.model.tpmae(truth)
        weights = torch.ones(truth.depth.shape[1], device=self.device)
        return motion_losses(_full(motion), truth, batch.joints, batch.bone_ratio, batch, weights)

    def _report(self, terms: dict[str, float], report: Report) -> None:
        self.optimizer.gather(self.team)
        if not self.team.leads:
            return
        model = self.ema.model.cpu() if self.device.type == "cuda" else self.ema.model
        values: dict[str, float] = {
            "stage": self.progress.stage,
            "step": self.progress.step,
            "minutes": self.progress.seconds / 60,
            "windows": self.progress.windows,
            **terms,
        }
        if isinstance(model, VTM):
            values["ae_mm"] = autoencoder_error(model, self._validation)
        if self.progress.stage == 2:
            values |= last_frame_errors(guess_last(model, self._validation), self._validation)
            alone = last_frame_errors(guess_last(model, self._validation, evidence=False), self._validation)
            values |= {f"alone_{name}": value for name, value in alone.items() if name.endswith("mpjpe_mm")}
            if self._cut is not None:
                found = cut_errors(guess_last(model, self._cut), self._cut)
                values |= {f"cut_{name}": value for name, value in found.items()}
        self.ema.model.to(self.device)
        self.progress.history.append(values)
        self.save(self.out / "last.pt")
        report(values)


def _full(motion: Any) -> Any:
    """Convert motion to float32: losses are never computed in half precision."""
    return type(motion)(*(getattr(motion, name).float() for name in type(motion).__dataclass_fields__))
