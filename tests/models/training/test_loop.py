"""A run of a few steps on a tiny library: the loss falls, both stages are passed, a resumed run is the same run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.synth.windows import WindowBatch
from models.training import loop
from models.training.ablations import ABLATIONS
from models.training.loop import Trainer
from models.training.settings import TrainSettings
from models.training.state import CheckpointError, load_network, load_vtm, read_checkpoint, save_weights
from models.training.validate import guess_last, last_frame_errors
from models.vtm.vtm import VTM


class Ticking:
    """A clock that goes on by a second whenever it is read: a step takes one second on it."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 1.0
        return self.now


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def small(patch: pytest.MonkeyPatch) -> None:
    """Budgets in steps, not in the machine's time; validation on few windows; the CPU, where sums are reproducible."""
    whole = loop.validation_windows
    patch.setattr(loop, "time", Ticking())
    patch.setattr(loop, "validation_windows", lambda library, config, _count, **cut: whole(library, config, 24, **cut))
    patch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(autouse=True)
def small_runs(monkeypatch):
    small(monkeypatch)


def settings(steps: int, **changes: float | str) -> TrainSettings:
    values = {"batch": 16, "report_every": 4, "autoencoder_share": 0.25, "learning_rate": 4e-3, "variety": 0.0}
    return TrainSettings(minutes=steps / 60, **(values | changes))


def run(trainer: Trainer, stop_after: int | None = None) -> list[dict[str, float]]:
    reports: list[dict[str, float]] = []

    def report(values: dict[str, float]) -> None:
        reports.append(values)
        if stop_after is not None and values["step"] >= stop_after:
            raise StoppedError

    trainer.run(report)
    return reports


class OneBatch(loop.WindowMaker):
    """Always the same windows: what a small network can learn in a minute."""

    def make(self, batch: int, _rng: torch.Generator) -> tuple:
        return super().make(batch, torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def long_run(library, tiny, tmp_path_factory):
    """64 steps on one batch, once for several tests."""
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        patch.setattr(loop, "WindowMaker", OneBatch)
        out = tmp_path_factory.mktemp("run")
        wanted = settings(64, report_every=4, autoencoder_share=0.375, ema_decay=0.5, learning_rate=2e-2)
        trainer = Trainer(tiny, wanted, library, out)
        return trainer, run(trainer), out


@pytest.mark.slow
def test_both_stages_lower_the_loss(long_run):
    _, reports, _ = long_run
    for stage in (1, 2):
        loss = [values["loss"] for values in reports if values["stage"] == stage]
        assert len(loss) >= 6
        assert loss[-1] < 0.7 * loss[0], stage


@pytest.mark.slow
def test_the_network_learns_to_see(library, tiny, long_run):
    trainer, reports, _ = long_run
    sampler = loop.MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.0)
    windows, _ = OneBatch(sampler, frames=tiny.window_frames).make(16, torch.Generator())
    torch.manual_seed(0)
    learnt, untrained = (
        last_frame_errors(guess_last(model, windows), windows)["mpjpe_mm"]
        for model in (trainer.ema.model, VTM(tiny).eval())
    )
    assert learnt < 0.6 * untrained
    assert {"ae_mm", "mpjpe_mm", "pa_mpjpe_mm", "angle_deg", "hips_deg", "alone_mpjpe_mm"} <= set(reports[-1])


@pytest.mark.slow
def test_stage_1_takes_its_share_and_is_saved(long_run):
    trainer, reports, out = long_run
    stages = [values["stage"] for values in reports]
    assert stages == sorted(stages)
    assert trainer.progress.step == 64
    first = read_checkpoint(out / "stage1.pt")
    assert first["progress"].stage == 2  # what is resumed from here goes on with stage 2
    assert first["progress"].step == 24
    assert read_checkpoint(out / "last.pt")["progress"] == trainer.progress


def test_stage_1_trains_the_auto_encoder_alone(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(8, autoencoder_share=0.99), library, tmp_path)
    before = {name: value.clone() for name, value in trainer.model.named_parameters()}
    run(trainer, None)
    same = {name for name, value in trainer.model.named_parameters() if torch.equal(value, before[name])}
    assert same == {name for name in before if name.startswith("tpve.")}


@pytest.mark.slow
def test_the_same_seed_is_the_same_run_and_another_seed_is_not(library, tiny, tmp_path):
    ends = []
    for seed in (1, 1, 2):
        loop.time.now = 0.0
        trainer = Trainer(tiny, settings(8, seed=seed), library, tmp_path)
        run(trainer)
        ends.append(next(trainer.model.tpve.parameters()).clone())
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


@pytest.mark.slow
@pytest.mark.parametrize("stop", [4, 12], ids=["in stage 1", "in stage 2"])
def test_a_run_that_is_stopped_and_resumed_ends_where_it_would_have_ended(library, tiny, tmp_path, stop):
    whole = Trainer(tiny, settings(16, autoencoder_share=0.5), library, tmp_path / "whole")
    run(whole)
    part = Trainer(tiny, settings(16, autoencoder_share=0.5), library, tmp_path / "part")
    with pytest.raises(StoppedError):
        run(part, stop_after=stop)
    again = Trainer(tiny, settings(16, autoencoder_share=0.5), library, tmp_path / "part")
    again.resume(tmp_path / "part" / "last.pt")
    assert again.progress.step == stop
    run(again)
    assert again.progress.step == whole.progress.step == 16
    assert again.progress.seconds == whole.progress.seconds
    for name, value in whole.ema.model.state_dict().items():
        assert torch.equal(again.ema.model.state_dict()[name], value), name
    assert again.progress.history == whole.progress.history


def test_a_finished_run_can_be_resumed_and_has_nothing_to_do(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(8), library, tmp_path)
    run(trainer)
    again = Trainer(tiny, settings(8), library, tmp_path)
    again.resume(tmp_path / "last.pt")
    assert run(again) == []
    assert again.progress.step == 8


def test_a_share_of_every_batch_has_keypoints_alone(library, tiny, tmp_path):
    for share, least, most in ((0.0, 0, 0), (0.5, 2, 14), (1.0, 16, 16)):
        trainer = Trainer(tiny, settings(8, blind=share), library, tmp_path)
        blind = ~trainer._draw(step=3, stage=2).evidence.flatten(1).any(-1)
        assert least <= int(blind.sum()) <= most


def test_a_checkpoint_tells_the_runs_it_went_on_from(library, tiny, tmp_path):
    run(Trainer(tiny, settings(8), library, tmp_path))
    for steps in (12, 12):  # going on with other settings, then resuming the same
        trainer = Trainer(tiny, settings(steps, blind=0.5), library, tmp_path)
        trainer.resume(tmp_path / "last.pt")
        run(trainer)
        trainer.save(tmp_path / "last.pt")
    told = read_checkpoint(tmp_path / "last.pt")["run"]
    assert told["settings"]["blind"] == 0.5
    assert [(r["until_step"], r["settings"]["blind"]) for r in told["earlier"]] == [(8, settings(8).blind)]


def test_a_checkpoint_of_another_config_is_refused(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(8), library, tmp_path)
    trainer.save(tmp_path / "last.pt")
    other = Trainer(replace(tiny, latent=24), settings(8), library, tmp_path)
    with pytest.raises(CheckpointError, match=r"last\.pt: trained with another config"):
        other.resume(tmp_path / "last.pt")


def test_a_loss_that_is_not_a_number_stops_the_run_in_one_line(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(8), library, tmp_path)
    with torch.no_grad():
        next(trainer.model.tpmae.parameters()).fill_(float("nan"))
    with pytest.raises(CheckpointError, match="the loss is nan at step 0") as error:
        run(trainer)
    assert "\n" not in str(error.value)


def test_no_validation_clip_is_ever_drawn_for_training(library, tiny, tmp_path):
    seen: list[int] = []

    class Watching(loop.MotionSampler):
        def __init__(self, library: object, clips: list[int], **options: float) -> None:
            seen.extend(clips)
            super().__init__(library, clips, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "MotionSampler", Watching)
        Trainer(tiny, settings(8), library, tmp_path)
    assert set(seen) == {0, 1, 3, 4, 6, 7, 8}


@pytest.mark.parametrize("changes", [{"minutes": 0.0}, {"minutes": -1.0}, {"autoencoder_share": 1.0}])
def test_a_run_without_time_for_its_stages_is_refused(changes):
    with pytest.raises(ValueError, match="expected above 0"):
        TrainSettings(**changes)


def test_reports_are_made_every_so_many_steps_and_kept_in_the_checkpoint(library, tiny, tmp_path: Path):
    trainer = Trainer(tiny, settings(10, report_every=4), library, tmp_path)
    steps = [values["step"] for values in run(trainer)]
    assert steps == [4, 8, 10]
    assert [values["step"] for values in read_checkpoint(tmp_path / "last.pt")["progress"].history] == steps


def test_a_run_of_so_many_steps_has_them_whatever_the_clock_says(library, tiny, tmp_path):
    trainer = Trainer(tiny, replace(settings(1000, autoencoder_share=0.5), steps=8, report_every=3), library, tmp_path)
    reports = run(trainer)
    assert trainer.progress.step == 8
    assert [(values["step"], values["stage"]) for values in reports] == [(3, 1), (6, 2), (8, 2)]


def test_an_auto_encoder_that_has_been_trained_is_taken_over_and_stage_1_left_out(library, tiny, tmp_path):
    first = Trainer(tiny, settings(8), library, tmp_path)
    run(first)
    path = str(tmp_path / "last.pt")
    second = Trainer(tiny, replace(settings(8, autoencoder=path, seed=5), steps=4), library, tmp_path / "second")
    theirs = first.ema.model.tpmae.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in second.model.tpmae.state_dict().items())
    assert {values["stage"] for values in run(second)} == {2}
    with pytest.raises(CheckpointError, match="no TPMAE of this config in it; leave --autoencoder out"):
        Trainer(replace(tiny, latent=24), settings(8, autoencoder=path), library, tmp_path)


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_every_ablation_trains_and_loads_again(library, tiny, tmp_path, name):
    usual = replace(settings(4, variety=1.0), steps=4)
    config, wanted = ABLATIONS[name](tiny, usual)
    assert (config, wanted) != (tiny, usual) or name == "no-pairs"
    trainer = Trainer(config, wanted, library, tmp_path)
    reports = run(trainer)
    assert ("alignment" in reports[-1]) == (name != "direct")
    assert ("ae_mm" in reports[-1]) == (name != "direct")
    model, data = load_network(tmp_path / "last.pt")
    assert type(model) is type(trainer.model)
    assert data["run"]["settings"]["variety"] == wanted.variety
    if name == "direct":
        with pytest.raises(CheckpointError, match="contains the plain regression, not VTM"):
            load_vtm(tmp_path / "last.pt")


def test_the_last_frame_alone_is_learnt_from_where_the_ablation_says_so(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(4, last_frame_only=True), library, tmp_path)
    trainer.progress.stage = 2
    batch = trainer._draw(0, 2)
    earlier = replace(batch, joints=torch.cat([batch.joints[:, :-1] + 1.0, batch.joints[:, -1:]], dim=1))

    def position(windows: WindowBatch) -> float:
        return float(trainer._stage_2(windows)["position"].detach())

    change = position(earlier) - position(batch)  # of the auto-encoder's own term
    trainer.settings = replace(trainer.settings, last_frame_only=False)
    assert position(earlier) - position(batch) > 2 * change


def test_a_run_starts_from_the_averaged_weights_of_a_checkpoint_and_goes_straight_to_stage_2(library, tiny, tmp_path):
    first = Trainer(tiny, settings(4), library, tmp_path / "first")
    with torch.no_grad():
        for value in first.ema.model.parameters():
            value.add_(0.1)
    first.save(tmp_path / "start.pt")
    second = Trainer(tiny, settings(4, start=str(tmp_path / "start.pt")), library, tmp_path / "second")
    assert second.progress.stage == 2
    for name, value in first.ema.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], value), name
        assert torch.equal(second.ema.model.state_dict()[name], value), name


def test_weights_kept_small_are_started_from_and_not_resumed(library, tiny, tmp_path):
    first = Trainer(tiny, settings(4), library, tmp_path)
    first.save(tmp_path / "whole.pt")
    save_weights(tmp_path / "kept.pt", read_checkpoint(tmp_path / "whole.pt"))
    again = Trainer(tiny, settings(4, start=str(tmp_path / "kept.pt")), library, tmp_path)
    assert again.progress.stage == 2
    with pytest.raises(CheckpointError, match="continue with --start-from"):
        again.resume(tmp_path / "kept.pt")


def test_motion_encoders_that_came_without_weights_are_learnt_against_decoders_that_stay(
    library, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "load_start", lambda _model, _path: None)
    trainer = Trainer(tiny, settings(8, start="old.onnx", autoencoder_share=0.5), library, tmp_path)
    assert trainer.progress.stage == 1
    before = {name: value.clone() for name, value in trainer.model.named_parameters()}
    with pytest.raises(StoppedError):
        run(trainer, 4)
    changed = {name for name, value in trainer.model.named_parameters() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("tpmae.motion_encoder") for name in changed)
    assert all(value.requires_grad for value in trainer.model.parameters()) == (trainer.progress.stage == 2)
    run(trainer)
    assert all(value.requires_grad for value in trainer.model.parameters())


def test_with_a_cooldown_the_rate_stays_and_then_falls_to_almost_nothing(library, tiny, tmp_path):
    trainer = Trainer(tiny, settings(8, cooldown=0.4), library, tmp_path)
    rates = {}
    for share in (0.2, 0.59, 0.8, 1.0):
        trainer._set_rates(share)
        rates[share] = trainer.optimizer._parts[0].param_groups[0]["lr"]
    assert rates[0.2] == pytest.approx(rates[0.59])
    assert rates[0.8] == pytest.approx(0.505 * rates[0.2])
    assert rates[1.0] == pytest.approx(0.01 * rates[0.2])
    with pytest.raises(ValueError, match="cooldown is 1 of the run"):
        settings(8, cooldown=1.0)


def test_validation_tells_cut_views_and_the_confidence_of_legs_seen_and_unseen(library, tiny, tmp_path):
    reports = run(Trainer(tiny, settings(4, autoencoder_share=0.0), library, tmp_path))
    assert {"cut_arms_to_hips_mm", "cut_arms_to_neck_mm", "cut_lean_deg", "cut_head_deg"} <= set(reports[-1])
    assert 0 <= reports[-1]["cut_leg_unseen_confidence"] <= 1
